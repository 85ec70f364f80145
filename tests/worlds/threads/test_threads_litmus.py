# SPDX-License-Identifier: GPL-2.0-only
"""The scheduler itself: litmus tests allow what sequential consistency allows, or x86-TSO."""

from __future__ import annotations

import pytest

from pyfuzz.target import catalogue
from pyfuzz.worlds.threads.module import ThreadsModule, load

# At least as many as the registers in the longest test: every schedule.
ALL = 7


@pytest.fixture(scope="module")
def module() -> ThreadsModule:
    return load(catalogue.get("v6.15"))


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        # Registers a, b as a + 2 b.  Store buffering: not both 0.
        ("SB", {0b01, 0b10, 0b11}),
        # Message passing: a, the flag, is not seen without b, the data.
        ("MP", {0b00, 0b10, 0b11}),
        # Load buffering: not both 1.
        ("LB", {0b00, 0b01, 0b10}),
        # Coherence: a second read of a word sees nothing older.
        ("CoRR", {0b00, 0b10, 0b11}),
        # a: both additions counted, b: one was lost.
        ("mutex", {0b01}),
        ("no-mutex", {0b01, 0b10}),
        # A fiber that waits with cpu_relax() continues when the word changes, and sees the data.
        ("spin", {0b01}),
    ],
)
@pytest.mark.parametrize("prune", [True, False])
def test_litmus_every_schedule_outcomes_are_those_of_sequential_consistency(
    module: ThreadsModule, name: str, allowed: set[int], prune: bool
) -> None:
    outcomes, result = module.litmus(name, ALL, prune=prune)

    assert result.complete
    assert allowed == outcomes


# Without and with store buffers: registers as above.
SB = {0b01, 0b10, 0b11}
BUFFERED = [
    ("SB", SB, {0b00, *SB}),
    ("SB+plain", SB, {0b00, *SB}),
    # A full barrier, or any locked instruction, in both: as without buffers.
    ("SB+mb", SB, SB),
    ("SB+locked", SB, SB),
    # In one of the two it is not enough, and a release is none on x86.
    ("SB+half", SB, {0b00, *SB}),
    # Each sees its own store (a, c), and neither need see the other's (b, d).
    ("forwarding", {0b0111, 0b1101, 0b1111}, {0b0101, 0b0111, 0b1101, 0b1111}),
    # Stores reach memory in their order: what was overwritten is not seen behind a later one.
    ("two-stores", {0b00, 0b01, 0b10}, {0b00, 0b01, 0b10}),
    ("MP", {0b00, 0b10, 0b11}, {0b00, 0b10, 0b11}),
    ("LB", {0b00, 0b01, 0b10}, {0b00, 0b01, 0b10}),
    ("CoRR", {0b00, 0b10, 0b11}, {0b00, 0b10, 0b11}),
    ("mutex", {0b01}, {0b01}),
    ("no-mutex", {0b01, 0b10}, {0b01, 0b10}),
    ("spin", {0b01}, {0b01}),
]


@pytest.mark.parametrize(("name", "without", "with_buffers"), BUFFERED)
@pytest.mark.parametrize("prune", [True, False])
def test_litmus_with_store_buffers_outcomes_are_those_of_tso(
    module: ThreadsModule, name: str, without: set[int], with_buffers: set[int], prune: bool
) -> None:
    assert without == module.litmus(name, ALL, prune=prune)[0]

    outcomes, result = module.litmus(name, ALL, prune=prune, tso=True)

    assert result.complete
    assert with_buffers == outcomes


def test_litmus_iriw_with_store_buffers_readers_still_agree(module: ThreadsModule) -> None:
    outcomes, result = module.litmus("IRIW", 4, tso=True)

    assert result.complete
    assert 0b0101 not in outcomes


def test_litmus_iriw_readers_agree_on_the_order_of_writes(module: ThreadsModule) -> None:
    outcomes, result = module.litmus("IRIW", ALL)

    # First reader x then not y, second reader y then not x.
    assert result.complete
    assert {0b0101} == set(range(16)) - outcomes


def test_litmus_one_switch_less_than_an_outcome_needs_does_not_show_it(
    module: ThreadsModule,
) -> None:
    assert {0b01, 0b10} == module.litmus("SB", 0)[0]
    assert 0b11 in module.litmus("SB", 1)[0]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pass-ordered", None),
        ("pass-relaxed", "not ordered in the kernel's memory model, though they are on x86"),
        ("pass-unordered", "by fiber 0 are not ordered"),
    ],
)
def test_race_between_plain_accesses_is_told_by_memory_model(
    module: ThreadsModule, name: str, message: str | None
) -> None:
    findings = module.litmus(name, ALL)[1].findings

    if message is None:
        assert () == findings
    else:
        assert ["data-race"] == [finding.kind.value for finding in findings]
        assert findings[0].message.endswith(message)


@pytest.mark.parametrize("name", ["SB", "IRIW", "spin", "no-mutex"])
def test_pruning_keeps_every_order_of_dependent_accesses(module: ThreadsModule, name: str) -> None:
    pruned = module.litmus(name, 3)[1]
    whole = module.litmus(name, 3, prune=False)[1]

    assert whole.schedules > pruned.schedules
    assert (whole.outcomes, whole.outcomes_hash) == (pruned.outcomes, pruned.outcomes_hash)
