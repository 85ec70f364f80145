# SPDX-License-Identifier: GPL-2.0-only
"""The workers of a campaign: their strategies, supervision, and the end of unfit ones."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from campaigns import options, quiet
from plants import Edit, plant

from pyfuzz import paths
from pyfuzz.campaign import worker_process
from pyfuzz.campaign.campaign import Campaign, Progress
from pyfuzz.campaign.strategy import CHECKER, STRATEGIES, deal
from pyfuzz.campaign.supervisor import Supervisor
from pyfuzz.kinds import Kind
from pyfuzz.module import builder, compiled
from pyfuzz.target.catalogue import Target

FREE = "	kmem_cache_free(pte_list_desc_cache, head);\n"
ERROR = "KVM_BUG_ON_DATA_CORRUPTION(true, kvm);"
# Freed memory is read, but the value is not used: nothing faults.
USE_AFTER_FREE = Edit("ports/headdesc.h", FREE, FREE + "	READ_ONCE(head->tail_count);\n")
# Touches 600 MiB and never frees them.
GROWS = Edit(
    "ports/headdesc.h",
    ERROR,
    "extern void *malloc(unsigned long); extern void *memset(void *, int, unsigned long);"
    "static void *volatile kept; kept = memset(malloc(600UL << 20), 1, 600UL << 20);" + ERROR,
)
# Waits forever without using processor time.
STANDS_STILL = Edit("ports/headdesc.h", ERROR, "extern int pause(void); for (;;) pause();")


def test_workers_have_names_and_ways_of_their_own() -> None:
    dealt = deal(2 * len(STRATEGIES))
    assert len({name for name, _ in dealt}) == len(dealt)
    assert [strategy for _, strategy in dealt] == [*STRATEGIES, *STRATEGIES]
    assert ("structure", "structure-2") == (dealt[0][0], dealt[len(STRATEGIES)][0])


def test_the_page_on_campaigns_has_every_strategy() -> None:
    text = (paths.ROOT / "docs" / "campaigns.md").read_text()
    rows = [f"| `{one.name}` | {one.summary} |" for one in STRATEGIES]
    assert [line for line in text.splitlines() if line.startswith("| `")][: len(rows)] == rows


@pytest.mark.slow
def test_every_strategy_fuzzes_and_its_arguments_are_the_engines(tmp_path: Path) -> None:
    some = options(tmp_path / "run", "v6.6", workers=len(STRATEGIES), runs=6000)
    progress = Campaign(some, quiet).run()

    assert (None, []) == (progress.trouble, progress.notes)
    assert 6000 == progress.counts.executions
    assert [s.name for s in STRATEGIES] == [worker.name for worker in progress.workers]
    logs = [p.read_text() for p in (tmp_path / "run" / "workers").glob("*/log.1")]
    assert [] == [log for log in logs if "WARNING: unrecognized flag" in log]


def test_values_worker_sees_comparisons(tmp_path: Path) -> None:
    some = options(tmp_path / "run", "v6.6", workers=len(STRATEGIES), runs=6000)
    module = builder.build(some.target, "values")
    assert b"__sanitizer_cov_trace_const_cmp" in module.read_bytes()
    assert compiled.load(some.target, "fuzz").traits.counters > 0
    assert b"trace_const_cmp" not in builder.build(some.target, "fuzz").read_bytes()


@pytest.mark.slow
def test_default_campaign_finds_a_memory_error_that_does_not_fault(tmp_path: Path) -> None:
    planted = plant("v6.6", tmp_path, USE_AFTER_FREE)
    some = replace(options(tmp_path / "run", check=True), target=planted)
    progress = Campaign(some, quiet).run()

    assert {Kind.HOST_FAULT} == {finding.kind for finding in progress.findings}
    assert all("use-after-poison" in finding.message for finding in progress.findings)
    for finding in progress.findings:
        assert ("sanitize", [CHECKER], True) == (
            finding.flavour,
            list(finding.by_worker),
            finding.minimized,
        )
        assert finding.artifact is not None
        assert "--sanitize" in finding.artifact.read_text()


@pytest.mark.slow
def test_sanitizer_worker_runs_all_that_is_kept_and_does_not_count(tmp_path: Path) -> None:
    progress = Campaign(options(tmp_path / "run", "bug", check=True), quiet).run()

    *_, checker = progress.workers
    assert (4000, True) == (progress.counts.executions, checker.checks)
    assert checker.counts.executions > 50
    assert [] == progress.notes
    assert all(CHECKER not in finding.by_worker for finding in progress.findings)


@pytest.mark.slow
def test_worker_that_grows_past_its_limit_is_a_finding(tmp_path: Path) -> None:
    planted = plant("v6.6", tmp_path, GROWS)
    some = replace(options(tmp_path / "run", memory_mb=500), target=planted)

    def grown(progress: Progress) -> list[Kind]:
        text = "used more than 500 MiB of memory"
        return [finding.kind for finding in progress.findings if text in finding.message]

    def until_found(progress: Progress, phase: str) -> None:
        if grown(progress):
            raise KeyboardInterrupt

    progress = Campaign(some, until_found).run()
    # Touching that much takes time: on a slow machine it is a hang, too.
    assert {Kind.HOST_FAULT} == set(grown(progress))
    assert any("MiB of memory, 500 are allowed" in note for note in progress.notes)


def test_worker_that_stands_still_is_ended_and_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "STUCK_WAITING_S", 0.5)
    monkeypatch.setattr("pyfuzz.campaign.supervisor._CONFIRM_S", 2.0)
    planted = plant("v6.6", tmp_path, STANDS_STILL)

    def until_found(progress: Progress, phase: str) -> None:
        if progress.findings:
            raise KeyboardInterrupt

    some = replace(options(tmp_path / "run"), target=planted)
    progress = Campaign(some, until_found).run()
    assert [Kind.HANG] == [finding.kind for finding in progress.findings]
    assert any("made no progress" in note for note in progress.notes)


def test_worker_that_is_still_being_compiled_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = next(at for at, strategy in enumerate(STRATEGIES) if strategy.flavour != "fuzz")
    compiled, build = Event(), builder.build

    def slowly(target: Target, flavour: str = "fuzz") -> Path:
        assert flavour == "fuzz" or compiled.wait(120)
        return build(target, "fuzz")

    def until_all_run(progress: Progress, phase: str) -> None:
        done = {worker.name: worker.counts.executions for worker in progress.workers}
        if done.get(STRATEGIES[first + 1].name):
            if not compiled.is_set():
                assert 0 == done[STRATEGIES[first].name]
            compiled.set()
        if all(done.values()) and len(done) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(builder, "build", slowly)
    some = options(tmp_path / "run", "v6.6", workers=2, first_worker=first, runs=None)
    progress = Campaign(some, until_all_run).run()

    assert (True, None) == (progress.interrupted, progress.trouble)


@pytest.mark.slow
def test_worker_that_is_stopped_for_a_moment_goes_on(tmp_path: Path) -> None:
    stopped: list[int] = []

    def stop_once(progress: Progress, phase: str) -> None:
        if progress.counts.executions and not stopped:
            assert isinstance(running.supervisor, Supervisor)
            (worker,) = running.supervisor.fuzzing
            assert worker._process is not None
            os.kill(worker._process.pid, signal.SIGSTOP)
            os.kill(worker._process.pid, signal.SIGCONT)
            stopped.append(1)

    running = Campaign(options(tmp_path / "run", "v6.6", runs=20_000), stop_once)
    progress = running.run()
    assert ([1], [], 20_000) == (stopped, progress.notes, progress.counts.executions)


def test_campaign_that_is_to_stop_on_a_finding_stops(tmp_path: Path) -> None:
    some = options(tmp_path / "run", "bug", runs=None, stop_on_finding=True)
    progress = Campaign(some, quiet).run()
    assert ("finding", None, False) == (progress.verdict, progress.trouble, progress.interrupted)
    assert all(finding.minimized for finding in progress.findings)


def test_note_that_comes_again_is_counted() -> None:
    progress = Progress(options(Path("run")))
    for _ in range(3):
        progress.note("worker bytes died of SIGKILL and was restarted")
    progress.note("another")
    assert [
        "worker bytes died of SIGKILL and was restarted (3 times)",
        "another",
    ] == progress.notes
