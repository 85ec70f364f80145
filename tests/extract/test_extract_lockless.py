# SPDX-License-Identifier: GPL-2.0-only
"""Walkers without mmu_lock are taken for the world threads, and for no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up import WALKER, text

from pyfuzz.extract import Extraction, extract
from pyfuzz.worlds.threads.event import EventKind
from pyfuzz.worlds.threads.module import load
from pyfuzz.worlds.threads.operation import Operation, Sequence, What

AGE = (Operation(What.AGE),)


def with_walker(folder: Path, walker: str = WALKER) -> Extraction:
    path = folder / "mmu.c"
    path.write_text(text("v7") + walker, "utf-8")
    return extract(path)


def test_extract_walker_is_taken_for_the_world_threads_alone(tmp_path: Path) -> None:
    extraction = with_walker(tmp_path)

    generated = extraction.target.source.read_text("latin-1")
    before, behind = generated.split("#ifdef PYFUZZ_THREADS\n", 1)
    assert "look_at_frames" not in before
    assert "look_at_frames(&pyfuzz_kvms[vm]" in behind
    assert "age" not in {missing.operation for missing in extraction.missing}


@pytest.mark.slow
def test_extracted_walker_runs_beside_a_writer_and_nothing_is_found(tmp_path: Path) -> None:
    module = load(with_walker(tmp_path).target)

    result = module.search(Sequence(15, ((Operation(What.ZAP_ALL),), AGE)), 2)

    assert result.complete
    assert result.words > 15
    assert () == result.findings


def test_extracted_walker_clears_a_bit_of_an_spte_in_one_step(tmp_path: Path) -> None:
    module = load(with_walker(tmp_path).target)

    module.run_sequence(Sequence(1, (AGE,)))

    kinds = {event.kind for event in module.events() if event.word == "s0"}
    assert {EventKind.MARKED_READ, EventKind.ATOMIC} == kinds


@pytest.mark.slow
def test_extracted_walker_without_its_lock_is_found(tmp_path: Path) -> None:
    unlocked = WALKER.replace("__kvm_rmap_lock(rmap_head)", "kvm_rmap_get(rmap_head)")
    module = load(with_walker(tmp_path, unlocked).target)

    found = module.search(Sequence(2, ((Operation(What.ZAP_ALL),), AGE)), 1).findings

    assert {"lock-rule", "use-after-free"} == {finding.kind.value for finding in found}


def test_extract_walker_that_goes_by_what_is_unknown_is_left_out(tmp_path: Path) -> None:
    unknown = WALKER.replace("READ_ONCE(*spte)", "oracle_of(spte)")

    extraction = with_walker(tmp_path, unknown)

    reasons = {missing.operation: missing.reason for missing in extraction.missing}
    assert "look_at_frames depends on oracle_of, which is unknown" == reasons["age"]
    assert not load(extraction.target).can(What.AGE)
