# SPDX-License-Identifier: GPL-2.0-only
"""Campaigns that are killed, on a full disk, with damaged files, two at once: nothing is lost.

``make fault-tests`` runs these twenty times in a row.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from campaigns import options, places, quiet, wait_for
from cli_process import pyfuzz, start

from pyfuzz.campaign.campaign import Campaign, Progress
from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module.shared import Shared
from pyfuzz.sequence import container


def left_behind(folder: Path) -> set[tuple[Kind, str, int]]:
    """Return the findings in the workers' regions of a killed campaign."""
    found: set[tuple[Kind, str, int]] = set()
    for path in folder.glob("workers/*/shared.*"):
        with Shared(path) as region:
            found |= {(s.kind, s.function, s.line) for s in region.slots(ended=True)}
    return found


def stored_in(folder: Path) -> list[Path]:
    """Return the files of a folder; what a killed campaign was writing has no name yet."""
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def whole_files(folder: Path) -> bool:
    """Whether every stored file matches its name, or can be read."""
    for path in stored_in(folder / "corpus"):
        digest = hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
        if path.name != digest:
            return False
    for path in stored_in(folder / "findings"):
        container.read(path)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("after", ["corpus", "findings"])
def test_killed_process_group_loses_nothing(tmp_path: Path, after: str) -> None:
    run = tmp_path / "run"
    process = start("fuzz", "bug", "--time", "5m", "--out", "run", folder=tmp_path)
    wait_for(lambda: bool(list((run / after).glob("[!.]*"))))
    pids = [process.pid, *children_of(process.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not any(alive(pid) for pid in pids))
    before = left_behind(run)

    progress = Campaign(options(run, "bug", runs=1), quiet).run()

    assert before <= places(progress)
    assert all(finding.artifact for finding in progress.findings)
    assert whole_files(run)


@pytest.mark.slow
def test_ten_kills_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    """Of the whole group: while it starts, fuzzes, or takes up what the last kill left."""
    run, moments = tmp_path / "run", random.Random(7)
    seen: set[tuple[Kind, str, int]] = set()
    stored: set[str] = set()
    for number in range(10):
        process = start(
            "fuzz", "bug", "--time", "5m", "--workers", "2", "--out", "run", folder=tmp_path
        )
        # Workers' regions of the last campaign count: the next may be killed while it reads them.
        more = 0 if number % 5 == 4 else moments.randrange(1, 4000)
        wait_for(partial(has_begun, process.pid, run, more))
        kill(process, descendants_of(process.pid))

        seen |= left_behind(run)
        inputs = {path.name for path in stored_in(run / "corpus")}
        assert stored <= inputs, f"kill {number} lost inputs"
        assert whole_files(run)
        stored = inputs

    progress = Campaign(options(run, "bug", runs=1), quiet).run()

    assert seen and stored
    assert seen <= places(progress)
    assert all(finding.artifact for finding in progress.findings)


@pytest.mark.slow
def test_nothing_is_left_running_after_the_supervisor_alone_is_killed(tmp_path: Path) -> None:
    process = start(
        "fuzz", "bug", "--time", "5m", "--workers", "2", "--out", "run", folder=tmp_path
    )
    wait_for(lambda: executions(tmp_path / "run") > 0)
    others = descendants_of(process.pid)

    kill(process, [])

    assert len(others) >= 2
    wait_for(lambda: not any(alive(pid) for pid in others))


def kill(process: subprocess.Popen[str], others: list[int]) -> None:
    """Kill a command, and then others; return when all of them are dead."""
    for pid in (process.pid, *others):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not any(alive(pid) for pid in others))


def has_begun(pid: int, folder: Path, number: int) -> bool:
    """Whether a campaign has processes, and its folder that many executions."""
    ready = (folder / "corpus").is_dir() and (folder / "findings").is_dir()
    return ready and bool(children_of(pid)) and executions(folder) >= number


def executions(folder: Path) -> int:
    """Return how many inputs the workers of a running or killed campaign have run."""
    total = 0
    for path in folder.glob("workers/*/shared.*"):
        with suppress(OSError, UsageError), Shared(path) as region:
            total += region.counts().executions
    return total


def descendants_of(pid: int) -> list[int]:
    """Return the processes below a process that are alive."""
    found = []
    for child in children_of(pid):
        found += [child, *descendants_of(child)]
    return found


def children_of(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []  # it has ended
    return [int(child) for child in text.split()]


def alive(pid: int) -> bool:
    try:
        return "Z" != Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@contextmanager
def disk_that_fills_up() -> Iterator[Callable[[Progress, str], None]]:
    """A watcher that fills the disk once the workers fuzz, for files of this process.

    From then on no file may have more than a few bytes.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(progress: Progress, phase: str) -> None:
        if phase == "fuzzing":
            resource.setrlimit(resource.RLIMIT_FSIZE, (3, hard))

    try:
        yield fill
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.slow
def test_disk_that_fills_up_loses_nothing(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with disk_that_fills_up() as fill:
        progress = Campaign(options(run, "bug", runs=30_000), fill).run()

    assert isinstance(progress.trouble, UsageError)
    assert "can no longer be written" in str(progress.trouble)
    assert "\n" not in str(progress.trouble)
    assert Kind.HOST_BUG in {kind for kind, _, _ in places(progress)}
    assert whole_files(run)
    again = Campaign(options(run, "bug", runs=1), quiet).run()
    assert places(progress) <= places(again)
    assert all(finding.artifact and finding.count for finding in again.findings)


@pytest.mark.slow
def test_damaged_corpus_file_is_put_aside_and_said(tmp_path: Path) -> None:
    run = tmp_path / "run"
    Campaign(options(run), quiet).run()
    victim = max((run / "corpus").iterdir(), key=lambda path: path.stat().st_size)
    victim.write_bytes(b"\xff" * 7)

    progress = Campaign(options(run, runs=200), quiet).run()

    assert [note for note in progress.notes if victim.name in note and "damaged" in note]
    assert (run / "damaged" / victim.name).read_bytes() == b"\xff" * 7
    assert whole_files(run)


@pytest.mark.slow
def test_two_campaigns_on_a_folder_are_one_and_a_line(tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = start("fuzz", "bug", "--time", "5m", "--out", "run", folder=tmp_path)
    wait_for(lambda: bool(list((run / "findings").glob("[!.]*.seq"))))
    second = pyfuzz("fuzz", "bug", "--runs", "10", "--out", "run", folder=tmp_path)
    running = process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)

    assert (2, True) == (second.returncode, running)
    assert "is in use by another campaign" in second.stderr.splitlines()[-1]
    assert whole_files(run)


@pytest.mark.slow
def test_second_campaign_keeps_the_findings_of_the_first(tmp_path: Path) -> None:
    run = tmp_path / "run"
    first = Campaign(options(run, "bug", runs=8000), quiet).run()
    before = {f.stem: f.count for f in first.findings}
    second = Campaign(options(run, "bug", runs=8000, seed=2), quiet).run()
    after = {f.stem: f.count for f in second.findings}

    assert (False, True) == (first.resumed, second.resumed)
    assert before.keys() <= after.keys()
    assert all(after[stem] > count for stem, count in before.items())
    assert all(f.minimized for f in second.findings)
    assert {f.artifact for f in second.findings} <= set((run / "findings").iterdir())


@pytest.mark.slow
def test_findings_file_that_is_damaged_is_put_aside_and_said(tmp_path: Path) -> None:
    run = tmp_path / "run"
    Campaign(options(run, "bug"), quiet).run()
    (run / "findings.json").write_text('{"findings": 1, "list": [{"kind": "host-bug"')
    progress = Campaign(options(run, "bug"), quiet).run()

    assert [note for note in progress.notes if "findings.json cannot be read" in note]
    assert (run / "findings.damaged").is_file()
    assert Kind.HOST_BUG in {kind for kind, _, _ in places(progress)}


@pytest.mark.slow
def test_one_bug_with_two_lines_is_one_finding(tmp_path: Path) -> None:
    progress = Campaign(options(tmp_path / "run", "bug", runs=20_000), quiet).run()
    stored = json.loads((tmp_path / "run" / "findings.json").read_text())["list"]

    assert len(stored) == len(progress.findings)
    artifacts = {path.stem for path in (tmp_path / "run" / "findings").iterdir()}
    assert {finding.stem for finding in progress.findings} == artifacts
