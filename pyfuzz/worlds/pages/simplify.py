# SPDX-License-Identifier: GPL-2.0-only
"""Propose simpler forms of a sequence, for the minimiser to try.

Simpler: fewer operations, then simpler words, then fewer bits, then smaller
numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pyfuzz.worlds.pages.operation import (
    TABLES,
    Access,
    Bits,
    Mode,
    Opcode,
    Operands,
    Operation,
    problem,
)

Pass = Callable[[list[Operation]], Iterator[list[Operation]]]
Size = tuple[int, tuple[tuple[int, ...], ...]]

# Simplest first: touching pages, then what KVM is told of, then the host's operations.
_RANKS: dict[Opcode, int] = {
    opcode: rank
    for rank, opcode in enumerate(
        (Opcode.ACCESS, Opcode.WRITE, Opcode.POKE, *(op for op in Opcode if op > Opcode.POKE))
    )
}
_PLAINER: dict[Opcode, tuple[Opcode, ...]] = {
    Opcode.POKE: (Opcode.WRITE,),
    Opcode.ZAP_RANGE: (Opcode.UNMAP,),
}


def size(operations: list[Operation]) -> Size:
    """Return what the minimiser minimises: a total order on sequences."""
    return len(operations), tuple(_measure(op) for op in operations)


def _measure(op: Operation) -> tuple[int, ...]:
    mode = 0 if op.mode == Mode.LEVEL4 else op.mode + 1
    return (
        _RANKS[op.opcode],
        op.bits.bit_count(),
        op.bits,
        op.vm,
        op.vcpu,
        op.space,
        # A read is simpler than a write, and a write than a fetch.
        op.access,
        mode,
        op.page,
        op.level,
        op.frame,
        op.slot,
        op.size,
        op.on,
        op.number,
    )


def _each(
    operations: list[Operation], forms: Callable[[Operation], Iterator[Operation]]
) -> Iterator[list[Operation]]:
    for at, op in enumerate(operations):
        for form in forms(op):
            if form != op and problem(form) is None:
                yield [*operations[:at], form, *operations[at + 1 :]]


def _all(
    operations: list[Operation], form: Callable[[Operation], Operation]
) -> Iterator[list[Operation]]:
    candidate = [form(op) for op in operations]
    if all(problem(op) is None for op in candidate):
        yield candidate


def _smaller(value: int, low: int = 0) -> Iterator[int]:
    """Propose smaller numbers, the smallest first, then closer and closer to value."""
    distance = value - low
    while distance > 0:
        yield value - distance
        distance //= 2


def plainer_opcodes(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Replace operations of the host by operations of the guest."""

    def forms(op: Operation) -> Iterator[Operation]:
        for opcode in _PLAINER.get(op.opcode, ()):
            yield replace(op, opcode=opcode)

    return _each(operations, forms)


def one_vm_one_vcpu(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Move everything to vm0, cpu0 and the normal address space."""
    yield from _all(operations, lambda op: replace(op, vm=0))
    yield from _all(operations, lambda op: replace(op, vcpu=0))
    yield from _all(operations, lambda op: replace(op, vm=0, vcpu=0))

    def forms(op: Operation) -> Iterator[Operation]:
        yield replace(op, vm=0)
        yield replace(op, vcpu=0)
        yield replace(op, space=0)
        if op.opcode is Opcode.MODE:
            yield replace(op, mode=int(Mode.LEVEL4), on=0)
            yield replace(op, mode=int(Mode.LEVEL4))
            yield replace(op, on=0)

    yield from _each(operations, forms)


def fewer_bits(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Write plain entries, and read instead of writing or executing."""

    def forms(op: Operation) -> Iterator[Operation]:
        if op.form.operands is Operands.ENTRY:
            yield replace(op, bits=0, frame=op.frame % TABLES if op.level > 1 else op.frame)
            for bit in Bits:
                if op.bits & bit and bit != Bits.ANY_FRAME:
                    yield replace(op, bits=op.bits & ~bit)
        if op.form.operands is Operands.ACCESS:
            yield replace(op, access=int(Access.READ))
            yield replace(op, access=op.access & ~Access.USER)
            yield replace(op, access=int(Access.WRITE))

    return _each(operations, forms)


def lower_pages(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Use low pages: first for all operations on a page at once, then one by one."""
    pages = sorted({op.page for op in operations if "page" in op.form.operands.members})
    for page in pages:
        for low in _smaller(page):
            yield from _all(
                operations,
                lambda op, page=page, low=low: (  # type: ignore[misc]
                    replace(op, page=low) if op.page == page else op
                ),
            )

    def forms(op: Operation) -> Iterator[Operation]:
        for low in _smaller(op.page):
            yield replace(op, page=low)
        # The same entry, named by the first page behind it.
        for mask in (0x30, 0x3C):
            yield replace(op, page=op.page & mask)

    yield from _each(operations, forms)


def lower_numbers(operations: list[Operation]) -> Iterator[list[Operation]]:
    """Use low frames, slots, levels and numbers."""

    def forms(op: Operation) -> Iterator[Operation]:
        for name in ("frame", "slot", "size", "on", "number"):
            for low in _smaller(getattr(op, name)):
                yield replace(op, **{name: low})  # type: ignore[arg-type]
        for level in range(1, op.level):
            yield replace(op, level=level)

    return _each(operations, forms)


PASSES: tuple[Pass, ...] = (
    plainer_opcodes,
    one_vm_one_vcpu,
    fewer_bits,
    lower_pages,
    lower_numbers,
)
