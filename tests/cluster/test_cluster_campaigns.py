# SPDX-License-Identifier: GPL-2.0-only
"""Campaigns on Dask workers of this machine, as a user starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_process import COMMAND, environment, pyfuzz, start

from bench.dask_here import DaskHere, is_slice, slices_below, wait_for

pytestmark = pytest.mark.slow
pytest.importorskip("distributed", reason="distributed is not installed")

PLAIN = ("--seed", "1", "--no-report", "--no-sanitizer-worker", "--out", "run", "--json")


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskHere]:
    """A scheduler on loopback, without workers yet."""
    folder = tmp_path / "dask"
    folder.mkdir()
    cluster = DaskHere(folder)
    yield cluster
    cluster.close()


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return a campaign's summary and ``code`` once it has ended."""
    out, text = process.communicate(timeout=600)
    assert out, text
    said: dict[str, Any] = json.loads(out)
    return {**said, "code": process.returncode}


def told(share: Path) -> list[dict[str, Any]]:
    """Return the heartbeats of slices that have fuzzed."""
    beats = [json.loads(path.read_text()) for path in share.glob("*/hosts/c????????-[0-9]*.json")]
    return [beat for beat in beats if beat["executions"]]


def test_campaign_on_two_dask_workers_ends_with_the_first_finding(tmp_path: Path) -> None:
    options = ("--cluster", "local:2", "--time", "10m", "--stop-on-finding")
    said = result(start("fuzz", "rfc-v2", *PLAIN, *options, folder=tmp_path))

    assert (1, "finding", None, []) == tuple(
        said[key] for key in ("code", "verdict", "error", "notes")
    )
    assert said["seconds"] < 600
    assert {"slice-1", "slice-2"} == {worker["name"] for worker in said["by_worker"]}
    assert said["executions"] == sum(worker["executions"] for worker in said["by_worker"]) > 0
    first = said["findings"][0]
    assert first["minimized"] and (tmp_path / first["artifact"]).is_file()
    assert {"slice-1", "slice-2"} & set(first["by_worker"])
    replayed = pyfuzz("replay", first["artifact"], "--target", "rfc-v2", folder=tmp_path)
    assert 1 == replayed.returncode, replayed.stderr


def test_dask_worker_that_is_killed_is_a_note_and_costs_nothing_that_was_found(
    tmp_path: Path,
) -> None:
    share = tmp_path / "share"
    # It ends by itself, so that findings are minimised: long enough for a busy machine.
    options = ("--cluster", "local:2", "--share", str(share), "--time", "2m")
    process = start("fuzz", "rfc-v2", *PLAIN, *options, folder=tmp_path)
    wait_for(lambda: len(told(share)) >= 2)
    of = slices_below(process.pid)
    killed = next(iter(of))
    before = {path.name for path in share.glob("*/inputs/[!.]*")}
    os.kill(of[killed], signal.SIGKILL)

    wait_for(lambda: not is_slice(killed))
    said = result(process)

    assert (1, None, False) == tuple(said[key] for key in ("code", "error", "interrupted"))
    assert any("a Dask worker on 127.0.0.1 was lost" in note for note in said["notes"]), said
    assert 3 <= sum(worker["started"] for worker in said["by_worker"])
    assert before <= {path.name for path in share.glob("*/inputs/[!.]*")}
    places = Counter((one["kind"], tuple(one["operations"])) for one in said["findings"])
    assert {1} == set(places.values()), "no finding twice"
    assert not [pid for pid in of if is_slice(pid)]


def test_scheduler_that_is_killed_ends_the_campaign_with_what_was_found(
    tmp_path: Path, dask: DaskHere
) -> None:
    dask.add_worker()
    share = tmp_path / "share"
    options = ("--cluster", dask.address, "--share", str(share), "--time", "30m")
    process = start("fuzz", "rfc-v2", *PLAIN, *options, folder=tmp_path)
    wait_for(lambda: bool(told(share)) and any(share.glob("*/findings/[!.]*.json")))
    (running,) = slices_below(dask.workers[0].pid)
    dask.scheduler.kill()

    said = result(process)

    assert (1, "finding", None) == tuple(said[key] for key in ("code", "verdict", "error"))
    assert any("the scheduler was lost" in note for note in said["notes"]), said["notes"]
    assert any("ended before its time" in note for note in said["notes"]), said["notes"]
    dask.workers[0].kill()
    wait_for(lambda: not is_slice(running))


def test_interrupted_campaign_ends_its_slices(tmp_path: Path, dask: DaskHere) -> None:
    dask.add_worker()
    share = tmp_path / "share"
    options = ("--cluster", dask.address, "--share", str(share), "--time", "5m")
    process = start("fuzz", "rfc-v2", *PLAIN, *options, folder=tmp_path)
    wait_for(lambda: bool(told(share)))
    (running,) = slices_below(dask.workers[0].pid)
    process.send_signal(signal.SIGINT)

    said = result(process)

    assert (130, True) == (said["code"], said["interrupted"])
    assert said["executions"] > 0
    wait_for(lambda: not is_slice(running))


@pytest.mark.skipif(
    subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode != 0,
    reason="a small file system cannot be mounted here",
)
def test_share_that_fills_up_costs_no_finding(tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    mount = f"mount -t tmpfs -o size=16k none {share}"
    command = [*COMMAND, "fuzz", "rfc-v2", *PLAIN, "--cluster", "local:2", "--time", "45s"]
    command += ["--share", str(share)]
    process = subprocess.Popen(
        ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "-", *command],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    said = result(process)

    assert (1, None) == (said["code"], said["error"])
    assert any("No space left on device" in note for note in said["notes"]), said["notes"]
    found = {(one["kind"], one["function"]) for one in said["findings"]}
    assert {("host-fault", "pte_list_remove"), ("lost-entry", "pte_list_remove")} <= found
    assert {"slice-1", "slice-2"} == {one["name"] for one in said["by_worker"] if one["executions"]}


def test_scheduler_on_loopback_that_listens_elsewhere_too_is_refused(tmp_path: Path) -> None:
    open_to_all = DaskHere(tmp_path, host="0.0.0.0")
    try:
        options = ("--cluster", open_to_all.address, "--share", str(tmp_path / "share"))
        done = pyfuzz("fuzz", "rfc-v2", *options, folder=tmp_path)
    finally:
        open_to_all.close()

    assert 2 == done.returncode
    assert "the scheduler listens on" in done.stderr and "neither TLS nor loopback" in done.stderr
