# SPDX-License-Identifier: GPL-2.0-only
"""Targets that do what no kernel does: end the process, close its files, write elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from campaigns import options, quiet
from hostile import at_load, call, on_error
from plants import plant

from pyfuzz.campaign.campaign import Campaign, Progress
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module import confine
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.binary import encode
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import parse
from pyfuzz.target.catalogue import EXTRACTED

STRAY = Input(encode(parse("add vm0 f0 s0 x2\nremove vm0 f0 s9", "stray")))


EXIT = call(231)  # exit_group(0)
CLOSE = f"for (long fd = 0; fd < 256; fd++) {call(3, 'fd')}"
WAIT = f"for (;;) {call(34)}"  # pause()
BLOCK = f"{{ unsigned long all = ~0ul; {call(14, '2', '&all', '0')}; }}"
SMASH = "{ volatile char few[8]; for (int i = 0; i < 4096; i++) few[i] = 0x41; }"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (EXIT, "exited with 0"),
        (CLOSE, "exited with"),
        (f"{CLOSE}; {WAIT}", "closed its files"),
        (f"{BLOCK}; {WAIT}", "did not end within"),
    ],
)
def test_target_that_ends_its_process_is_a_finding_when_replayed(
    tmp_path: Path, code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if said == "closed its files":
        monkeypatch.setattr("pyfuzz.replay.runner._ENDING_S", 0.5)
    limit_s = 3 if WAIT in code else 60
    with Runner(plant("v6.6", tmp_path, on_error(code)), limit_s=limit_s) as runner:
        (finding,) = runner.run(STRAY)
    assert Kind.HANG == finding.kind if "end" in said else Kind.HOST_FAULT == finding.kind
    assert said in finding.message


def test_smashed_stack_is_a_finding(tmp_path: Path) -> None:
    with Runner(plant("v6.6", tmp_path, on_error(SMASH)), limit_s=60) as runner:
        findings = runner.run(STRAY)
    assert {Kind.HOST_FAULT} == {finding.kind for finding in findings}


def until_found(progress: Progress, phase: str) -> None:
    if progress.findings:
        raise KeyboardInterrupt


@pytest.mark.parametrize("runs", [4000, None])
def test_worker_that_the_target_ends_with_0_is_a_finding(tmp_path: Path, runs: int | None) -> None:
    planted = plant("v6.6", tmp_path / "src", on_error(EXIT))
    some = replace(options(tmp_path / "run", runs=runs), target=planted)
    progress = Campaign(some, until_found).run()
    assert [Kind.HOST_FAULT] == [finding.kind for finding in progress.findings]
    assert "exited with 0" in progress.findings[0].message
    assert any("ended with exit code 0 and was restarted" in note for note in progress.notes)


def test_target_that_ends_the_worker_before_it_fuzzes_is_no_clean_run(tmp_path: Path) -> None:
    planted = plant("v6.6", tmp_path / "src", at_load(EXIT))
    progress = Campaign(replace(options(tmp_path / "run"), target=planted), quiet).run()
    assert isinstance(progress.trouble, HarnessError)
    assert "ended with exit code 0 before it fuzzed" in str(progress.trouble)


def test_kernel_that_ends_the_child_when_it_is_loaded_is_to_blame(tmp_path: Path) -> None:
    planted = replace(plant("v6.6", tmp_path, at_load(EXIT)), generation=EXTRACTED)
    with pytest.raises(UsageError, match="ran before it was called: look for constructors"):
        Runner(planted)


@pytest.mark.slow
@pytest.mark.skipif(not confine.landlock_version(), reason="this kernel has no Landlock")
def test_constructor_writes_only_into_the_workers_own_folder(tmp_path: Path) -> None:
    names = [tmp_path / "outside", tmp_path / "run" / "findings.json", tmp_path / "run" / "stop"]
    own = tmp_path / "run" / "workers" / "structure" / "own"
    code = "; ".join(call(2, f'"{name}"', "0102", "0666") for name in [*names, own])
    planted = plant("v6.6", tmp_path / "src", at_load(code))
    progress = Campaign(replace(options(tmp_path / "run", runs=300), target=planted), quiet).run()
    assert (None, 300) == (progress.trouble, progress.counts.executions)
    assert own.exists()
    assert not names[0].exists()
    assert not names[2].exists()
    assert (tmp_path / "run" / "findings.json").read_text().startswith("{")
