# SPDX-License-Identifier: GPL-2.0-only
"""Campaigns end to end: what they find, and that nothing found is ever lost."""

from __future__ import annotations

import json
import os
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from campaigns import options, places, quiet, wait_for
from cli_process import pyfuzz, start
from plants import Edit, plant
from selection import mostly_slow

from pyfuzz.campaign import campaign, supervisor
from pyfuzz.campaign.campaign import Campaign, Progress
from pyfuzz.campaign.supervisor import Supervisor
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module import compiler
from pyfuzz.module.shared import Shared
from pyfuzz.sequence import container

CONTRACT = {
    "target", "source", "flavour", "seed", "workers", "executions", "operations", "seconds",
    "executions_per_second", "operations_per_second", "edges", "corpus", "out", "verdict",
    "findings",
}  # fmt: skip
FINDING = {
    "kind", "message", "count", "first_execution", "first_seconds", "operations", "artifact",
    "known",
}  # fmt: skip


ENDS = Edit(
    "ports/headdesc.h",
    "KVM_BUG_ON_DATA_CORRUPTION(true, kvm);",
    "extern void _exit(int); _exit(7);",
)


@pytest.fixture
def as_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave findings as they were found, since minimising takes time."""
    monkeypatch.setattr(campaign, "shorten", lambda *_: iter(()))


def test_json_of_a_campaign_keeps_the_contract(tmp_path: Path) -> None:
    done = pyfuzz("fuzz", "bug", "--runs", "1000", "--seed", "1", "--json", folder=tmp_path)
    told = json.loads(done.stdout)
    assert (1, "finding", 1000) == (done.returncode, told["verdict"], told["executions"])
    assert told.keys() >= CONTRACT
    assert all(finding.keys() >= FINDING for finding in told["findings"])
    artifact = tmp_path / told["findings"][0]["artifact"]
    assert len(container.read(artifact).operations) == len(told["findings"][0]["operations"])


@pytest.mark.slow
def test_campaign_that_finds_known_things_only_ends_well(tmp_path: Path) -> None:
    done = pyfuzz("fuzz", "--runs", "20000", "--seed", "1", "--out", "run", folder=tmp_path)
    assert (0, True) == (done.returncode, "verdict: known: nothing new" in done.stdout)
    assert "known: up to 6.3" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_clean_campaign_says_so(tmp_path: Path) -> None:
    progress = Campaign(options(tmp_path / "run", "v6.6"), quiet).run()
    assert ("clean", []) == (progress.verdict, progress.findings)


@pytest.mark.slow
def test_same_seed_and_runs_give_the_same_findings(tmp_path: Path, as_found: None) -> None:
    one, two = (
        Campaign(options(tmp_path / name, "rfc-v2", runs=8000, seed=7), quiet).run()
        for name in ("one", "two")
    )
    assert [(f.stem, f.count, f.first_execution) for f in one.findings] == [
        (f.stem, f.count, f.first_execution) for f in two.findings
    ]
    assert one.findings


@pytest.mark.slow
def test_two_workers_share_the_runs_and_the_corpus(tmp_path: Path) -> None:
    progress = Campaign(options(tmp_path / "run", workers=2, runs=6000), quiet).run()
    assert 6000 == progress.counts.executions
    assert len(list((tmp_path / "run" / "corpus").iterdir())) == progress.corpus > 0


def test_engine_sees_the_states_besides_the_targets_own_edges(tmp_path: Path) -> None:
    progress = Campaign(options(tmp_path / "run", "v6.6"), quiet).run()
    log = (tmp_path / "run" / "workers" / "structure" / "log.1").read_text()
    seen = max(int(number) for number in re.findall(r"\bcov: (\d+)", log))
    assert progress.greeting is not None
    assert progress.greeting.counters < seen <= progress.counts.edges + progress.counts.states


@pytest.mark.slow
def test_second_campaign_in_a_folder_begins_with_its_corpus(tmp_path: Path) -> None:
    first = Campaign(options(tmp_path / "run", runs=8000), quiet).run()
    second = Campaign(options(tmp_path / "run", runs=first.corpus + 1), quiet).run()
    assert second.counts.edges == first.counts.edges > 0


def test_worker_that_is_killed_is_replaced_and_its_counts_stay(tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_once(progress: Progress, phase: str) -> None:
        if not progress.findings:
            return
        assert isinstance(running.supervisor, Supervisor)
        (worker,) = running.supervisor.fuzzing
        if not killed:
            assert worker._process is not None
            os.kill(worker._process.pid, signal.SIGKILL)
            killed.append(progress.counts.executions)
        if progress.counts.executions > killed[0] and worker.started == 2:
            raise KeyboardInterrupt

    running = Campaign(options(tmp_path / "run", "bug", runs=None), kill_once)
    progress = running.run()

    assert progress.counts.executions > killed[0] > 0
    assert any("died of SIGKILL and was restarted" in note for note in progress.notes)
    assert {Kind.HOST_BUG, Kind.COUNT_CONTRACT} >= {kind for kind, _, _ in places(progress)}


@pytest.mark.slow
def test_input_that_ends_the_process_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_EARLY_DEATHS", 2)
    # The harness cannot contain this: the target ends the process on an error.
    planted = plant("v6.6", tmp_path, ENDS)
    progress = Campaign(replace(options(tmp_path / "run"), target=planted), quiet).run()

    (finding,) = progress.findings
    assert (Kind.HOST_FAULT, 2) == (finding.kind, finding.count)
    assert "exited with 7" in finding.message
    assert any("was abandoned" in note for note in progress.notes)


def test_uninstrumented_target_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "COVERAGE", "-DPYFUZZ_NO_COVERAGE")
    progress = Campaign(options(tmp_path / "run"), quiet).run()
    assert isinstance(progress.trouble, HarnessError)
    assert "no coverage counters" in str(progress.trouble)


@pytest.mark.slow
def test_sanitize_campaign_runs(tmp_path: Path) -> None:
    progress = Campaign(options(tmp_path / "run", flavour="sanitize", runs=2000), quiet).run()
    assert (2000, None) == (progress.counts.executions, progress.trouble)


@pytest.mark.parametrize(
    "number", mostly_slow([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], signal.SIGTERM)
)
def test_interrupt_ends_with_the_summary_and_code_130(
    tmp_path: Path, number: int, request: pytest.FixtureRequest
) -> None:
    # Under nohup SIGHUP is ignored, which a child inherits and pyfuzz respects.
    before = signal.signal(number, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(number, before))
    process = start("fuzz", "bug", "--time", "5m", "--out", "run", folder=tmp_path)
    wait_for(lambda: bool(list((tmp_path / "run" / "findings").glob("host-bug*.seq"))))
    process.send_signal(number)
    stdout, _ = process.communicate(timeout=300)
    assert 130 == process.returncode
    assert "(interrupted)" in stdout
    assert "NEW: host-bug in pte_list_remove" in stdout


def test_interrupt_leaves_no_worker_behind(tmp_path: Path) -> None:
    process = start("fuzz", "--time", "5m", "--out", "run", folder=tmp_path)
    shared = tmp_path / "run" / "workers" / "structure" / "shared.1"
    wait_for(lambda: bool(list((tmp_path / "run" / "workers" / "structure" / "corpus").glob("*"))))
    process.kill()
    process.communicate()
    before = Shared(shared).counts().executions
    wait_for(lambda: not _anyone_runs(str(tmp_path)))
    assert Shared(shared).counts().executions >= before


def _anyone_runs(text: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes():
                return True
        except OSError:
            continue
    return False


def test_out_that_cannot_be_written_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = pyfuzz("fuzz", "--runs", "10", "--out", "file/run", folder=tmp_path)
    assert 2 == done.returncode
    assert "file/run cannot be written" in done.stderr.splitlines()[-1]


def test_full_disk_in_a_campaign_loses_no_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(campaign, "write_artifact", no_room)
    progress = Campaign(options(tmp_path / "run", "bug"), quiet).run()
    assert isinstance(progress.trouble, UsageError)
    assert "No space left on device" in str(progress.trouble)
    assert Kind.HOST_BUG in {kind for kind, _, _ in places(progress)}
