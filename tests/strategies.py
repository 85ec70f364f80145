# SPDX-License-Identifier: GPL-2.0-only
"""Hypothesis strategies for operations, shared by the tests of sequences and models."""

from __future__ import annotations

from hypothesis import strategies as st

from pyfuzz.operation import (
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
}


@st.composite
def operations(draw: st.DrawFn, repeats: st.SearchStrategy[int] | None = None) -> Operation:
    """Draw a valid operation; its count comes from ``repeats`` (default: 1 to 2200)."""
    opcode = draw(st.sampled_from(Opcode))
    form = FORMS[opcode]
    vm = draw(st.integers(0, 3))
    operand = draw(_OPERANDS[form.operand])
    if opcode is Opcode.CONTEXT and operand < Context.VCPU0:
        vm = 0
    head, head_vm = draw(_HEADS[form.heads]), vm
    if opcode is Opcode.REMOVE_STRAY and draw(st.booleans()):
        head, head_vm = head % 4, draw(st.integers(0, 3))
    count = draw(repeats or st.integers(1, 2200)) if form.repeats else 1
    return Operation(opcode, vm, head, head_vm, operand, count)
