# SPDX-License-Identifier: GPL-2.0-only
"""Findings are distinguished by what their sequences do, not by their numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from pyfuzz.finding.shape import bugs, same_bug, shape
from pyfuzz.kinds import Kind
from pyfuzz.sequence.text import parse
from pyfuzz.worlds.lists.operation import Context, Opcode, Operation

MANY = "add vm0 f0 s0 x2\nremove vm0 f0 s9"


def shape_of(text: str) -> tuple[str, ...]:
    return shape(parse(text, "test"))


@dataclass
class Found:
    kind: Kind
    function: str
    operations: list[Operation]


def found(text: str, kind: Kind = Kind.LOST_ENTRY, function: str = "pte_list_remove") -> Found:
    return Found(kind, function, parse(text, "test"))


def test_shape_of_a_sequence_names_what_each_step_does() -> None:
    text = """
    context vm2 cpu1
    add vm1 f7 s20 x2
    remove vm1 f7 s9
    remove vm1 f7 #0
    parent-add vm1 p3 s4
    remove vm1 f7 s4
    remove vm0 vm1:f2 s4
    remove vm1 f3 #0
    context kworker
    destroy vm1
    """

    assert shape_of(text) == (
        "context v0",
        "add v1 f0 x2",
        "remove v1 f0 a stray",
        "remove v1 f0 a member",
        "parent-add v1 p0",
        "remove v1 f0 of another list",
        "remove v2 in v1 f1 a stray",
        "context kworker",
        "destroy v1",
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("add vm0 f0 s0\nremove vm0 f0 s9", "add vm3 f5 s100\nremove vm3 f5 s2000"),
        ("add vm0 f0 s0 x2", "add vm0 f0 s7\nadd vm0 f0 s3"),
        ("add vm0 f0 s4\nremove vm0 f0 #0", "add vm0 f0 s4\nremove vm0 f0 s4"),
        ("context vm1 cpu0\nremove vm0 f0 s9", "context vm2 cpu1\nremove vm1 f0 s9"),
        ("create vm0\nremove vm0 f0 s1", "remove vm0 f0 #0\nremove vm0 f0 s1"),
    ],
)
def test_sequences_that_differ_in_numbers_have_one_shape(one: str, other: str) -> None:
    assert shape_of(one) == shape_of(other)
    assert same_bug(found(one), found(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("remove vm0 f0 s9", "add vm0 f0 s0\nremove vm0 f0 s9"),
        ("add vm0 f0 s0\nremove vm0 f0 s9", "add vm0 f0 s0 x2\nremove vm0 f0 s9"),
        ("add vm0 f0 s0\nremove vm0 f0 s9", "add vm0 f1 s0\nremove vm0 f0 s9"),
        ("add vm0 f0 s0\nremove vm0 f0 s9", "add vm1 f0 s0\nremove vm0 f0 s9"),
        ("add vm0 f0 s0\nremove vm0 f0 s0", "add vm0 f0 s0\nremove vm0 f0 s1"),
        ("context kworker\nremove vm0 f0 s9", "context vm1 cpu0\nremove vm0 f0 s9"),
        ("context vm0 cpu0\nremove vm0 f0 s9", "context vm1 cpu0\nremove vm0 f0 s9"),
        ("add vm1 f0 s0\nremove vm0 vm1:f0 s0", "add vm0 f0 s0\nremove vm0 f1 s0"),
    ],
)
def test_sequences_that_do_other_things_have_other_shapes(one: str, other: str) -> None:
    assert shape_of(one) != shape_of(other)
    assert not same_bug(found(one), found(other))


def test_findings_of_another_kind_or_function_are_other_bugs() -> None:
    text = "remove vm0 f0 s9"

    assert not same_bug(found(text), found(text, Kind.HOST_BUG))
    assert not same_bug(found(text), found(text, function="rmap_remove"))


def test_findings_that_are_one_bug_come_together_in_their_order() -> None:
    single = "add vm0 f0 s0\nremove vm0 f0 s9"
    other = found(single, function="rmap_remove")
    first, second, many = found(single), found("add vm1 f2 s5\nremove vm1 f2 s8"), found(MANY)

    assert bugs([first, many, other, second]) == [[first, second], [many], [other]]


def with_vms(op: Operation, order: list[int]) -> Operation:
    if op.opcode is Opcode.CONTEXT and op.operand < Context.VCPU0:
        return op
    return replace(op, vm=order[op.vm], head_vm=order[op.head_vm])


@given(strategies.busy_sequences(), st.permutations(range(4)))
def test_shape_after_the_vms_are_renamed_is_the_same(
    operations: list[Operation], order: list[int]
) -> None:
    renamed = [with_vms(op, order) for op in operations]

    assert shape(operations) == shape(renamed)


def test_shape_of_a_fault_has_its_name() -> None:
    text = "add vm2 f3 s9 x2\nfault vm2 f3 head-zero\n"

    assert ("add v0 f0 x2", "fault head-zero v0 f0") == shape(parse(text, "test"))
