# SPDX-License-Identifier: GPL-2.0-only
"""The outcome of a fault: each is planted, and what the fault did not cause never counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from plants import Edit, plant

from pyfuzz.containment import search
from pyfuzz.kinds import Kind
from pyfuzz.module import compiled
from pyfuzz.module.results import Containment, Outcome
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.binary import encode
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.lists import faults
from pyfuzz.worlds.lists.operation import Opcode

TARGETS = ("bug", "rfc-v3", "rfc-v4", "v6.6", "hardened")
DEATH, DETECTED, SILENT = Outcome.HOST_DEATH, Outcome.DETECTED, Outcome.SILENT
SPREAD = Outcome.SPREAD


def outcome(port: str | Target, text: str) -> Containment:
    module = compiled.load(catalogue.get(port) if isinstance(port, str) else port)
    module.set_hang_limit(20)
    module.run(encode(parse(text, "test")), faults=True)
    result = module.containment()
    assert result is not None, f"no fault was planted by {text}"
    return result


HEAD_ZERO = "add vm0 f0 s0 x2\nfault vm0 f0 head-zero\n"

PLANTED = {
    # An entry is removed twice: the error that the series is about.
    "fault vm0 f0 double-zap": (DEATH, DETECTED, DETECTED, DETECTED, DETECTED),
    # A head of 0 looks like an empty list.
    "add vm0 f0 s0 x2\nfault vm0 f0 head-zero": (SILENT,) * 5,
    # The tear-down clears what the slot points to.
    "add vm1 f0 s0\nadd vm0 f0 s0 x2\nfault vm0 f0 slot-other-vm": (SPREAD,) * 5,
    # The iterator checks whether the SPTE is present.
    "add vm0 f0 s0 x2\nfault vm0 f0 spte-cleared\niterate vm0 f0": (
        *(DEATH,) * 4,
        DETECTED,
    ),
    # v4 bugs the VM; then the list with the stale entry is walked.
    "add vm0 f0 s0 x2\nfault vm0 f0 wrong-gfn\niterate vm0 f0": (*(DEATH,) * 4, DETECTED),
    # Only one entry, of the wrong list: v3 drops it.
    "add vm0 f0 s0\nadd vm0 f1 s1\nfault vm0 f0 wrong-gfn\nremove vm0 f1 s1": (
        DEATH,
        DETECTED,
        DETECTED,
        DETECTED,
        DETECTED,
    ),
    # The second entry outlives the first, and its SPTE is not present.
    "add vm0 p0 s0\nfault vm0 p0 add-twice\nparent-unlink vm0 p0": (*(DEATH,) * 4, DETECTED),
    # The cache is not topped up, and there is no memory.
    "fault vm0 f0 alloc-fails\nadd vm0 f0 s0 x2": (*(DEATH,) * 4, DETECTED),
    # The series says that it is not there; the merged code uses slot -1.
    "add vm0 f0 s0 x15\nfault vm0 f0 count-zero\nremove vm0 f0 s0": (
        DEATH,
        DETECTED,
        DETECTED,
        DEATH,
        DETECTED,
    ),
    # An endless loop, until the processor time is used up.
    "add vm0 f0 s0 x2\nfault vm0 f0 more-self\ncount vm0 f0": (
        DEATH,
        DEATH,
        DEATH,
        DEATH,
        DETECTED,
    ),
}


@pytest.mark.parametrize("port", TARGETS)
@pytest.mark.parametrize("text", PLANTED)
def test_outcome_of_a_planted_scenario_is_the_right_one(port: str, text: str) -> None:
    assert outcome(port, text).outcome is PLANTED[text][TARGETS.index(port)]


def test_planted_scenarios_are_of_every_group() -> None:
    planted = {faults.FAULTS[op.fault].group for text in PLANTED for op in parse(text, "test")
               if op.opcode is Opcode.FAULT}  # fmt: skip
    assert set(faults.Group) == planted


@pytest.mark.parametrize("port", TARGETS)
def test_memory_report_of_a_freed_descriptor_is_seen_by_the_sanitize_flavour(port: str) -> None:
    payload = encode(parse("add vm0 f0 s0 x2\nfault vm0 f0 freed-linked", "test"))
    with Runner(catalogue.get(port), "sanitize") as runner:
        results = [runner.call(search.run_one, payload) for _ in range(3)]
    assert [result.report for result in results] == ["AddressSanitizer: use-after-poison"] * 3
    assert {result.outcome for result in results} <= {Outcome.MEMORY, DEATH}


def test_memory_report_of_slot_minus_one_is_the_merged_codes() -> None:
    text = "add vm0 f0 s0 x15\nfault vm0 f0 count-zero\nremove vm0 f0 s0"
    payload = encode(parse(text, "test"))
    with Runner(catalogue.get("v6.6"), "sanitize") as runner:
        result = runner.call(search.run_one, payload)
    with Runner(catalogue.get("hardened"), "sanitize") as runner:
        hardened = runner.call(search.run_one, payload)
    assert (result.outcome, result.bugged) == (Outcome.MEMORY, True)
    assert "array-index-out-of-bounds: index -1" in result.report
    assert (hardened.outcome, hardened.report) == (DETECTED, None)


NOT_ITS_DOING = {
    "a VM bugged in another's place before the fault": (
        "rfc-v2",
        "context vm1 cpu0\nremove vm0 f0 s9\ncontext own\nfault vm2 f0 double-zap",
        DETECTED,
    ),
    "an entry that an innocent VM loses by its own mistake": (
        "rfc-v3",
        "add vm1 f0 s0\nadd vm0 f0 s0 x2\nfault vm0 f0 head-zero\nremove vm1 f0 s9",
        SILENT,
    ),
    "the host's death by a mistake of the sequence's own": (
        "bug",
        "add vm0 f0 s0 x2\nfault vm0 f0 head-zero\nremove vm1 f0 s9",
        SILENT,
    ),
    "a flag that the VM has for a mistake of the sequence's own": (
        "rfc-v4",
        "add vm0 f0 s0 x2\nfault vm0 f0 head-zero\nremove vm0 f1 s9",
        SILENT,
    ),
    "a flag from before the fault": ("rfc-v4", "remove vm0 f1 s9\nfault vm0 f0 double-zap", SILENT),
    "a number that is known to be wrong": (
        "rfc-v4",
        HEAD_ZERO + "add vm1 f0 s0 x20\nremove vm1 f0 s0\nadd vm1 f0 s30",
        SILENT,
    ),
    "a line in the log for each error": (
        "rfc-v3",
        "fault vm0 f0 double-zap\nfault vm0 f0 double-zap\nfault vm0 f0 double-zap",
        DETECTED,
    ),
    "damage to the VM with the fault": (
        "v6.6",
        "add vm0 f0 s0 x30\nfault vm0 f0 more-null\nadd vm0 f0 s50 x20\nremove vm0 f0 #5",
        DETECTED,
    ),
}


@pytest.mark.parametrize("what", NOT_ITS_DOING)
def test_outcome_does_not_count(what: str) -> None:
    port, text, expected = NOT_ITS_DOING[what]
    assert outcome(port, text).outcome is expected


def test_mistakes_of_the_sequence_are_counted() -> None:
    result = outcome("rfc-v4", "fault vm0 f0 double-zap\nremove vm0 f0 s1 x3\nremove vm1 f0 s1")
    assert result.mistakes == 4


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("fault vm0 f0 double-zap", 0),
        ("add vm0 f0 s0 x2\nfault vm0 f0 head-zero\nremove vm0 f0 s0", 1),
        ("add vm0 f0 s0 x2\nfault vm0 f0 head-zero\ncount vm0 f0 x3\nremove vm0 f0 s0", 4),
        ("add vm0 f0 s0 x2\nfault vm0 f0 head-zero\ncount vm1 f0 x3\nremove vm0 f0 s0", 1),
        ("add vm0 f0 s0 x2\nfault vm0 f0 head-zero\ncount vm0 f0", None),
    ],
)
def test_steps_to_the_flag_are_those_of_the_vm_with_the_fault(text: str, steps: int | None) -> None:
    assert outcome("rfc-v4", text).steps_to_flag == steps


def test_wrong_vm_bugged_for_a_fault_is_spread_and_not_the_right_vm() -> None:
    text = "add vm0 f0 s0\nfault vm0 f0 running-other"
    v2, v4 = outcome("rfc-v2", text), outcome("rfc-v4", text)
    assert (v2.outcome, v2.wrong_vm, v2.bugged, v2.innocents_work) == (SPREAD, True, False, False)
    assert (v4.outcome, v4.wrong_vm, v4.bugged, v4.innocents_work) == (DETECTED, False, True, True)


def test_running_none_is_the_death_of_v2_alone() -> None:
    text = "add vm0 f0 s0\nfault vm0 f0 running-none"
    assert [outcome(port, text).outcome for port in ("rfc-v2", "rfc-v3")] == [DEATH, DETECTED]


def test_descriptors_left_behind_are_counted() -> None:
    result = outcome("v6.6", "add vm0 f0 s0 x30\nfault vm0 f0 head-zero\ndestroy vm0")
    assert (result.destroyed, result.emptied, result.leaked) == (True, True, 3)


@pytest.mark.parametrize(
    ("text", "stale"),
    [
        (f"{HEAD_ZERO}zap-all vm0 f0", 2),
        ("add vm0 p0 s0 x2\nfault vm0 p0 head-zero\nparent-unlink vm0 p0", 2),
        (f"{HEAD_ZERO}destroy vm0", 0),  # its guest no longer runs
        ("add vm0 f0 s0 x3\nfault vm0 f0 slot-twice\nzap-all vm0 f0", 1),
        ("add vm1 f0 s0\nadd vm0 f0 s0 x2\nfault vm0 f0 double-zap\nzap-all vm0 f0", 0),
    ],
)
def test_sptes_that_outlive_a_zap_of_their_list_are_counted(text: str, stale: int) -> None:
    assert outcome("v6.6", text).stale == stale


def test_target_that_returns_after_an_error_leaves_what_it_does_not_touch() -> None:
    result = outcome("hardened", "add vm0 f0 s0 x2\nfault vm0 f0 count-zero\nzap-all vm0 f0")
    assert (result.outcome, result.stale) == (DETECTED, 2)


def test_vm_that_keeps_its_lists_when_destroyed_is_seen() -> None:
    result = outcome("hardened", "add vm0 f0 s0 x30\nfault vm0 f0 count-zero")
    assert (result.outcome, result.destroyed, result.emptied) == (DETECTED, True, False)
    assert (result.leaked, result.innocents_work) == (3, True)


def test_descriptor_in_an_innocent_cache_that_is_written_to_is_spread() -> None:
    text = "add vm0 f0 s0 x30\nfault vm0 f0 reused-linked\nadd vm0 f0 s40"
    result = outcome("v6.6", text)
    assert result.evidence is not None
    assert (result.evidence.kind, result.evidence.operation) == (Kind.WRONG_VM, 2)
    assert "vm1's cache" in result.evidence.message


def test_write_to_what_is_freed_is_spread(tmp_path: Path) -> None:
    free = "	kmem_cache_free(pte_list_desc_cache, head);\n"
    target = plant(
        "v6.6", tmp_path, Edit("ports/headdesc.h", free, f"{free}	head->more = NULL;\n")
    )
    result = outcome(target, "fault vm0 f0 double-zap\nadd vm0 f0 s0 x2\nremove vm0 f0 s0 x2")
    assert result.outcome is SPREAD
    assert result.evidence is not None
    assert result.evidence.message == "a freed descriptor was written to"


def test_sequence_goes_on_after_harm_to_the_worst_of_it() -> None:
    text = "add vm1 f0 s0 x2\nadd vm0 f0 s0 x2\nfault vm0 f0 head-other-vm\nzap-all vm0 f0"
    result = outcome("v6.6", f"{text}\niterate vm1 f0")
    assert result.outcome is DEATH
    assert result.evidence is not None
    assert result.evidence.operation == 4


@pytest.mark.parametrize("port", TARGETS)
def test_replayed_step_by_step_or_at_once_comes_to_the_same(port: str) -> None:
    module = compiled.load(catalogue.get(port))
    module.set_hang_limit(20)
    for text in PLANTED:
        ops = parse(text, "test")
        module.begin()
        for number, op in enumerate(ops):
            for step in range(op.repeat):
                module.step(op, number, step)
        module.end(len(ops))
        assert module.containment() == outcome(port, text), text
