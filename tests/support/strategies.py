# SPDX-License-Identifier: GPL-2.0-only
"""Hypothesis strategies for operations, shared by the tests of sequences and models."""

from __future__ import annotations

from hypothesis import strategies as st

from pyfuzz.worlds.lists.faults import FAULTS
from pyfuzz.worlds.lists.operation import (
    FORMS,
    FRAME_HEADS,
    HEADS,
    SPTES,
    Context,
    Heads,
    Opcode,
    Operand,
    Operation,
)

_HEADS = {
    Heads.NONE: st.just(0),
    Heads.ANY: st.integers(0, HEADS - 1),
    Heads.FRAME: st.integers(0, FRAME_HEADS - 1),
    Heads.PARENT: st.integers(FRAME_HEADS, HEADS - 1),
}
_OPERANDS = {
    Operand.NONE: st.just(0),
    Operand.SPTE: st.integers(0, SPTES - 1),
    Operand.MEMBER: st.integers(0, SPTES - 1),
    Operand.VCPU: st.integers(0, 1),
    Operand.CONTEXT: st.integers(0, 3),
    Operand.FAULT: st.integers(0, SPTES - 1),
}


@st.composite
def operations(
    draw: st.DrawFn, repeats: st.SearchStrategy[int] | None = None, *, faults: bool = False
) -> Operation:
    """Draw a valid operation; its count comes from ``repeats`` (default: 1 to 2200)."""
    opcode = draw(st.sampled_from([op for op in Opcode if faults or op is not Opcode.FAULT]))
    form = FORMS[opcode]
    vm = draw(st.integers(0, 3))
    operand = draw(_OPERANDS[form.operand])
    if opcode is Opcode.CONTEXT and operand < Context.VCPU0:
        vm = 0
    head, head_vm = draw(_HEADS[form.heads]), vm
    if opcode is Opcode.REMOVE_STRAY and draw(st.booleans()):
        head, head_vm = head % 4, draw(st.integers(0, 3))
    counts = st.integers(1, 2200) if repeats is None else repeats
    count = draw(counts) if form.repeats else 1
    fault = draw(st.integers(0, len(FAULTS) - 1)) if opcode is Opcode.FAULT else 0
    return Operation(opcode, vm, head, head_vm, operand, count, fault)


@st.composite
def busy_operations(draw: st.DrawFn, *, faults: bool = False) -> Operation:
    """Draw an operation on one of few lists, so that operations interact."""
    op = draw(operations(st.sampled_from((1, 1, 1, 1, 2, 3, 14, 15, 40)), faults=faults))
    vm = draw(st.sampled_from((0, 0, 0, 1, 2)))
    if op.opcode is Opcode.CONTEXT and op.operand < Context.VCPU0:
        vm = 0
    head = {
        Heads.NONE: 0,
        Heads.ANY: draw(st.sampled_from((0, 0, 1, 16))),
        Heads.FRAME: draw(st.sampled_from((0, 0, 1, 15))),
        Heads.PARENT: 16,
    }[op.form.heads]
    head_vm = vm
    if op.opcode is Opcode.REMOVE_STRAY and head < FRAME_HEADS:
        head_vm = draw(st.sampled_from((vm, vm, 0, 1)))
    if head_vm != vm:
        head %= 4
    operand = op.operand
    if op.form.operand in (Operand.SPTE, Operand.MEMBER):
        operand = draw(st.integers(0, 30))
    return Operation(op.opcode, vm, head, head_vm, operand, op.repeat, op.fault)


def busy_sequences(*, faults: bool = False) -> st.SearchStrategy[list[Operation]]:
    """Draw sequences that build lists, break into them and make mistakes."""
    return st.lists(busy_operations(faults=faults), max_size=30)
