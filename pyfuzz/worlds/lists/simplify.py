# SPDX-License-Identifier: GPL-2.0-only
"""Proposes simpler forms of a sequence for the minimiser to try.

Simpler: fewer operations, then fewer steps, then simpler operations, then smaller
numbers; exact SPTEs (``s3``) rather than entries by position (``#k``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import accumulate

from pyfuzz.worlds.lists.binary import ENCODABLE_REPEATS
from pyfuzz.worlds.lists.model import Model
from pyfuzz.worlds.lists.operation import (
    FRAME_HEADS,
    Context,
    Heads,
    Opcode,
    Operand,
    Operation,
    problem,
)

Pass = Callable[[list[Operation]], Iterator[list[Operation]]]

# For an opcode, the plainer ones to try.
_PLAINER: dict[Opcode, tuple[Opcode, ...]] = {
    Opcode.PARENT_ADD: (Opcode.ADD,),
    Opcode.RMAP_ADD: (Opcode.ADD,),
    Opcode.PARENT_REMOVE: (Opcode.REMOVE,),
    Opcode.PARENT_REMOVE_STRAY: (Opcode.REMOVE_STRAY,),
    Opcode.PARENT_DROP: (Opcode.REMOVE, Opcode.PARENT_REMOVE),
    Opcode.PARENT_UNLINK: (Opcode.ZAP_ALL,),
    Opcode.RMAP_REMOVE: (Opcode.REMOVE,),
    Opcode.RMAP_REMOVE_STRAY: (Opcode.REMOVE_STRAY,),
    Opcode.RMAP_REMOVE_OFF: (Opcode.RMAP_REMOVE_STRAY,),
    Opcode.ZAP_ONE: (Opcode.REMOVE,),
    Opcode.ZAP_ONE_STRAY: (Opcode.REMOVE_STRAY,),
}
# Which opcode names the SPTE that another one chooses as a member.
_EXACT: dict[Opcode, Opcode] = {
    Opcode.REMOVE: Opcode.REMOVE_STRAY,
    Opcode.ZAP_ONE: Opcode.ZAP_ONE_STRAY,
    Opcode.PARENT_REMOVE: Opcode.PARENT_REMOVE_STRAY,
    Opcode.RMAP_REMOVE: Opcode.RMAP_REMOVE_STRAY,
}
_RANKS: dict[Opcode, int] = {
    opcode: rank
    for rank, opcode in enumerate(
        (
            Opcode.ADD,
            Opcode.REMOVE_STRAY,
            Opcode.REMOVE,
            Opcode.ZAP_ALL,
            Opcode.ZAP_ONE_STRAY,
            Opcode.ZAP_ONE,
            Opcode.COUNT,
            Opcode.ITERATE,
            Opcode.PARENT_ADD,
            Opcode.PARENT_REMOVE_STRAY,
            Opcode.PARENT_REMOVE,
            Opcode.PARENT_DROP,
            Opcode.PARENT_UNLINK,
            Opcode.RMAP_ADD,
            Opcode.RMAP_REMOVE_STRAY,
            Opcode.RMAP_REMOVE,
            Opcode.RMAP_REMOVE_OFF,
            Opcode.ENTER,
            Opcode.CONTEXT,
            Opcode.CREATE,
            Opcode.DESTROY,
            Opcode.FAULT,
        )
    )
}
Size = tuple[int, int, tuple[tuple[int, ...], ...]]


def size(operations: list[Operation]) -> Size:
    """Return what the minimiser makes smaller: a total order on sequences."""
    return (
        len(operations),
        sum(op.repeat for op in operations),
        tuple(
            (
                _RANKS[op.opcode],
                op.head_vm != op.vm,
                op.vm,
                op.head_vm,
                op.head,
                op.operand,
                op.repeat,
                op.fault,
            )
            for op in operations
        ),
    )


def _each(
    operations: list[Operation], forms: Callable[[Operation], Iterator[Operation]]
) -> Iterator[list[Operation]]:
    """Replace one operation at a time by each of its forms that is valid."""
    for at, op in enumerate(operations):
        for form in forms(op):
            if form != op and problem(form) is None:
                yield [*operations[:at], form, *operations[at + 1 :]]


def _smaller(value: int, low: int) -> Iterator[int]:
    """Propose smaller numbers, the smallest first, then ever nearer to value."""
    distance = value - low
    while distance > 0:
        yield value - distance
        distance //= 2


def merge(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Let one operation do what two do, by its count."""
    for first, op in enumerate(operations):
        for second in range(first + 1, len(operations)):
            other = operations[second]
            if (op.opcode, op.vm, op.head, op.head_vm) != (
                other.opcode,
                other.vm,
                other.head,
                other.head_vm,
            ):
                continue
            total = op.repeat + other.repeat
            count = next((n for n in ENCODABLE_REPEATS if n >= total), None)
            if count is not None and op.form.repeats:
                merged = replace(op, repeat=count)
                rest = [*operations[first + 1 : second], *operations[second + 1 :]]
                yield [*operations[:first], merged, *rest]


def lower_repeats(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Repeat less often, by counts that have a code."""

    def forms(op: Operation) -> Iterator[Operation]:
        index = ENCODABLE_REPEATS.index(op.repeat)
        for lower in _smaller(index, 0):
            yield replace(op, repeat=ENCODABLE_REPEATS[lower])

    return _each(operations, forms)


def plainer_opcodes(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Use the raw function instead of its caller."""

    def forms(op: Operation) -> Iterator[Operation]:
        for opcode in _PLAINER.get(op.opcode, ()):
            plain = replace(op, opcode=opcode)
            if plain.form.operand is Operand.NONE:
                plain = replace(plain, operand=0)
            yield plain

    yield from _each(operations, forms)
    # A list is used by plain words throughout, or not at all.
    for op in operations:
        if op.opcode in _PLAINER:
            yield [
                replace(other, opcode=_PLAINER[other.opcode][0])
                if other.opcode in _PLAINER and (other.vm, other.head) == (op.vm, op.head)
                else other
                for other in operations
            ]


def exact_sptes(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Name the SPTE that a member stands for, where the operation runs once."""
    model = Model(frozenset(Opcode), recycles=True)
    chosen: dict[int, int] = {}
    for at, op in enumerate(operations):
        for step in range(op.repeat):
            prediction = model.predict(op, step)
            model.apply(prediction)
            if op.opcode in _EXACT and op.repeat == 1 and prediction.spte is not None:
                chosen[at] = prediction.spte
    for at, spte in chosen.items():
        exact = replace(operations[at], opcode=_EXACT[operations[at].opcode], operand=spte)
        yield [*operations[:at], exact, *operations[at + 1 :]]


def _renamed(
    operations: list[Operation], form: Callable[[Operation], Operation]
) -> Iterator[list[Operation]]:
    """Replace all operations at once, if all of them stay valid."""
    candidate = [form(op) for op in operations]
    if all(problem(op) is None for op in candidate):
        yield candidate


def lower_vms(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Number the VMs from 0 in the order of their use, then try lower ones one by one."""
    order: dict[int, int] = {}
    for op in operations:
        if _has_vm(op):
            order.setdefault(op.vm, len(order))
            order.setdefault(op.head_vm, len(order))

    def rename(op: Operation) -> Operation:
        return replace(op, vm=order[op.vm], head_vm=order[op.head_vm]) if _has_vm(op) else op

    def forms(op: Operation) -> Iterator[Operation]:
        if _has_vm(op):
            for vm in range(op.vm):
                yield replace(op, vm=vm, head_vm=vm if op.head_vm == op.vm else op.head_vm)
            if op.head_vm != op.vm:
                yield replace(op, head_vm=op.vm)
                yield replace(op, vm=op.head_vm)
                for vm in range(op.head_vm):
                    yield replace(op, head_vm=vm)

    yield from _renamed(operations, rename)
    yield from _each(operations, forms)


def _has_vm(op: Operation) -> bool:
    return not (op.opcode is Opcode.CONTEXT and op.operand < Context.VCPU0)


def lower_heads(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Number the heads from f0, or from p0, in the order of their use; then one by one."""
    used = dict.fromkeys(op.head for op in operations if op.form.heads is not Heads.NONE)
    frames = [head for head in used if head < FRAME_HEADS]
    parents = [head for head in used if head >= FRAME_HEADS]
    for first, heads in ((0, list(used)), (0, frames), (FRAME_HEADS, parents)):
        yield from _renamed(operations, _head_renamer(heads, first))

    def forms(op: Operation) -> Iterator[Operation]:
        if op.form.heads is not Heads.NONE:
            for head in range(op.head):
                yield replace(op, head=head)

    yield from _each(operations, forms)


def _head_renamer(heads: list[int], first: int) -> Callable[[Operation], Operation]:
    def rename(op: Operation) -> Operation:
        if op.form.heads is Heads.NONE or op.head not in heads:
            return op
        return replace(op, head=first + heads.index(op.head))

    return rename


def lower_operands(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Number the SPTEs from 0, keeping or closing the gaps; then one by one."""
    widths: dict[int, int] = {}
    for op in operations:
        if op.form.operand is Operand.SPTE:
            widths[op.operand] = max(widths.get(op.operand, 0), op.repeat)
    if widths:
        lowest = min(widths)
        yield from _renamed(operations, _spte_renamer({s: s - lowest for s in widths}))
        ends = accumulate(widths.values(), initial=0)
        yield from _renamed(operations, _spte_renamer(dict(zip(widths, ends, strict=False))))
        yield from _renamed(operations, _spte_renamer({s: n for n, s in enumerate(widths)}))

    def forms(op: Operation) -> Iterator[Operation]:
        for operand in _smaller(op.operand, 0):
            yield replace(op, operand=operand)

    yield from _each(operations, forms)


def _spte_renamer(numbers: dict[int, int]) -> Callable[[Operation], Operation]:
    def rename(op: Operation) -> Operation:
        if op.form.operand is not Operand.SPTE:
            return op
        return replace(op, operand=numbers[op.operand])

    return rename


PASSES: tuple[Pass, ...] = (
    merge,
    lower_repeats,
    plainer_opcodes,
    exact_sptes,
    lower_vms,
    lower_heads,
    lower_operands,
)
