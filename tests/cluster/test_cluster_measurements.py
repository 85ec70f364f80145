# SPDX-License-Identifier: GPL-2.0-only
"""Mutants, containment and searches on Dask workers: the results are those of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_process import COMMAND, environment, pyfuzz

from bench.dask_here import DaskHere, below, wait_for

pytestmark = pytest.mark.slow
pytest.importorskip("distributed", reason="distributed is not installed")

# What may differ between two runs.
_TIMES = {"seconds", "processor_s", "processor_seconds", "transitions_per_second"}
_TIMES |= {"restricted_mean_s", "bytes"}
MUTANTS = ("mutants", "rfc-v2", "--only", "zap-one-twice", "--only", "zap-one-keeps-spte")
CELLS = ("containment", "rfc-v4", "v6.6", "--fault", "add-twice", "--fault", "head-freed")
SCOPES = ("--scope", "heads", "--scope", "vms")
UNCUT = ("--time", "30m")  # however slow the machine is


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskHere]:
    """A scheduler on loopback, without workers yet."""
    folder = tmp_path / "dask"
    folder.mkdir()
    cluster = DaskHere(folder)
    yield cluster
    cluster.close()


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_times(one) for key, one in value.items() if key not in _TIMES}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def result(folder: Path, *words: str) -> tuple[int, Any]:
    done = pyfuzz(*words, "--json", folder=folder)
    return done.returncode, without_times(json.loads(done.stdout or done.stderr))


@pytest.mark.parametrize(
    "words",
    [
        (*MUTANTS, "--trials", "2"),
        (*CELLS, "--runs", "60"),
        ("exhaust", "rfc-v2", *SCOPES, "--entries", "4", *UNCUT),
        ("compare", "rfc-v4", "v6.6", "--exhaust", "--scope", "vms", "--scope", "grown", *UNCUT),
    ],
    ids=lambda words: str(words[0]),
)
def test_result_on_a_cluster_is_that_of_this_machine(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    assert result(tmp_path, *words) == result(tmp_path, *words, "--cluster", "local:2")


def test_mutants_that_need_a_second_thread_are_tried_on_a_cluster(tmp_path: Path) -> None:
    words = ("mutants", "--world", "threads", "--only", NAME, "--json", "--cluster", "local:1")
    done = pyfuzz(*words, folder=tmp_path)
    assert (0, 1) == (done.returncode, json.loads(done.stdout)["detected"]), done.stderr


NAME = "lock-relaxed"


def pieces_below(process: int) -> dict[int, str]:
    """Return a process's descendants that do a piece, or run a trial's program."""
    found = {}
    for pid in below(process):
        try:
            found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has ended
    return {pid: words for pid, words in found.items() if ".piece " in words or "/native/" in words}


def runs(pid: int) -> bool:
    """Tell whether a process has not ended."""
    return Path(f"/proc/{pid}/exe").exists()


def long(folder: Path, address: str) -> subprocess.Popen[bytes]:
    """Start trials that take minutes; what the command says is in ``said``."""
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(
            [*COMMAND, *MUTANTS, "--trials", "1000", "--cluster", address],
            cwd=folder,
            env=environment(),
            stdout=said,
            stderr=said,
        )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_command_that_is_ended_leaves_nothing_running(
    tmp_path: Path, dask: DaskHere, how: signal.Signals
) -> None:
    dask.add_worker()
    process = long(tmp_path, dask.address)
    wait_for(lambda: bool(pieces_below(dask.workers[0].pid)), 300)
    running = pieces_below(dask.workers[0].pid)
    process.send_signal(how)

    assert 130 == process.wait(300)
    wait_for(lambda: not any(map(runs, running)))


def test_dask_worker_that_is_killed_is_a_note_and_its_trial_is_run_again(
    tmp_path: Path, dask: DaskHere
) -> None:
    dask.add_worker()
    process = long(tmp_path, dask.address)
    of = dask.workers[0].pid
    wait_for(lambda: bool(pieces_below(of)), 300)
    running = pieces_below(of)
    piece = next(pid for pid, words in running.items() if ".piece " in words)
    (worker,) = [int(one) for one in status(piece, "PPid")]
    os.kill(worker, signal.SIGKILL)

    wait_for(lambda: not any(map(runs, running)))
    wait_for(lambda: bool(pieces_below(of)))
    note = "a Dask worker on 127.0.0.1 was lost; its pieces are done again"
    wait_for(lambda: note in (tmp_path / "said").read_text())
    process.send_signal(signal.SIGINT)
    assert 130 == process.wait(300)


def status(pid: int, key: str) -> list[str]:
    """Return a line of a process's status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith(f"{key}:")]
