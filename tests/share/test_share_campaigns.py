# SPDX-License-Identifier: GPL-2.0-only
"""Campaigns with a share: each gets what the others found, and no share stops one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from campaigns import options
from cli_process import environment, pyfuzz

from pyfuzz.campaign.campaign import Campaign, Progress
from pyfuzz.corpus.entry import name_of
from pyfuzz.sequence.binary import encode
from pyfuzz.sequence.input import DEFAULT
from pyfuzz.sequence.text import parse
from pyfuzz.share import objects
from pyfuzz.share.identity import target_hash
from pyfuzz.share.link import Link
from pyfuzz.share.store import FINDINGS, HOSTS, INPUTS, Store
from pyfuzz.target import catalogue

KEY = target_hash(catalogue.get("rfc-v2"), DEFAULT)
# Too special to be found by chance within a second.
SPECIAL = encode(parse("add vm1 f3 s5 x7\nremove vm1 f3 s2\nadd vm1 f2 s9 x3\n", "a test"))


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let child processes import the package that is tested."""
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])


def campaign(out: Path, place: Path | str, until: Callable[[Progress], bool]) -> Progress:
    """Run a campaign with a share until something is so, however slow the machine is."""

    def look(progress: Progress, phase: str) -> None:
        if phase == "fuzzing" and until(progress):
            raise KeyboardInterrupt

    some = options(out, "rfc-v2", seconds=300.0, runs=None, shared=True)
    link = Link(str(place), some, limit_s=120, interval_s=0.2, last_after_ctrl_c_s=120)
    return Campaign(some, look, link).run()


@pytest.mark.slow
def test_second_campaign_gets_inputs_of_the_first(tmp_path: Path) -> None:
    place = tmp_path / "place"
    Store(str(place)).write(KEY, INPUTS, name_of(SPECIAL), SPECIAL)
    arrived = tmp_path / "run" / "workers" / "share" / "corpus" / name_of(SPECIAL)

    progress = campaign(
        tmp_path / "run", place, lambda so_far: arrived.exists() and bool(so_far.findings)
    )

    assert (None, []) == (progress.trouble, progress.notes)
    assert arrived.read_bytes() == SPECIAL
    store = Store(str(place))
    there = {one.name for one in store.objects(KEY, INPUTS)}
    assert len(there) > 1 and not list((place / KEY).rglob(".*"))
    (beat,) = store.objects(KEY, HOSTS)
    host = objects.checked_host(store.read(KEY, HOSTS, beat.name, 1 << 20))
    assert host.ended and host.executions == progress.counts.executions and host.received == 1
    signatures = {
        objects.checked_finding(one.name, store.read(KEY, FINDINGS, one.name, 1 << 20)).signature
        for one in store.objects(KEY, FINDINGS)
    }
    assert {f"{finding.signature:016x}" for finding in progress.findings} <= signatures


@pytest.mark.slow
def test_garbage_in_a_share_is_one_note_and_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "place"
    store = Store(str(place))
    for number, data in enumerate((b"truncated", bytes(1 << 20), b"")):
        store.write(KEY, INPUTS, name_of(b"%d" % number), data)
        store.write(KEY, FINDINGS, f"{number:064x}.json", data)
    os.mkfifo(place / KEY / INPUTS / name_of(b"a FIFO"))

    progress = campaign(tmp_path / "run", place, lambda so_far: bool(so_far.notes))

    assert progress.trouble is None
    (note,) = progress.notes
    assert note.startswith("the share has garbage, which is left alone; the first is ")
    assert not (tmp_path / "run" / "corpus" / name_of(b"0")).exists()


@pytest.mark.slow
def test_share_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    place = tmp_path / "file" / "place"
    progress = campaign(
        tmp_path / "run", place, lambda so_far: bool(so_far.notes and so_far.findings)
    )

    assert progress.trouble is None and progress.findings
    (note,) = progress.notes
    assert "failed and is tried again" in note


def test_carrier_whose_store_never_answers_ends_itself() -> None:
    code = (
        "import os, time; from pyfuzz.share.carrier import Watchdog\n"
        "with Watchdog(os.getppid(), 0.2).limit(): time.sleep(60)"
    )
    assert (
        3 == subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nothing://x", "which fsspec does not know"),
        ("zip::file:///x", "must be a folder or one URL"),
        ("gs://bucket/x", "needs a package that is not installed"),
    ],
)
def test_share_that_cannot_work_is_refused_at_once(tmp_path: Path, url: str, words: str) -> None:
    done = pyfuzz("fuzz", "--runs", "1", "--share", url, folder=tmp_path)

    assert (2, True) == (done.returncode, words in done.stderr), done.stderr


def test_link_that_has_not_begun_follows_nobody(tmp_path: Path) -> None:
    link = Link(str(tmp_path), options(tmp_path / "run"), follow="c0123-")

    # A campaign that could not start asks all the same, and must end with its own reason.
    assert (False, {}) == (link.catch_up(0.1), link.followed())


def test_campaign_without_a_share_imports_nothing_for_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pyfuzz.cli.group import run\n"
        "run(['fuzz', '--runs', '20', '--no-sanitizer-worker', '--no-report', '--out', 'run'])\n"
        "print([name for name in ('fsspec', 'distributed', 'pyfuzz.share') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "[]" == done.stdout.splitlines()[-1]
