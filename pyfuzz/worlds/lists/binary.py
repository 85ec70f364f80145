# SPDX-License-Identifier: GPL-2.0-only
"""The binary form of the lists world.

Four bytes an operation; every byte string decodes, see docs/sequences.md:

    byte 0   bits 0-4 code, bits 5-6 VM, bit 7 a fault
    byte 1   bits 0-4 head code, bits 5-7 bits 8-10 of the operand
    byte 2   bits 0-7 of the operand
    byte 3   repeat code

Bit 7 means something only where faults are on; a fault's number has its bits
0-4 in the code and its bit 5 in bit 0 of byte 3.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from pyfuzz import tables
from pyfuzz.worlds.lists.faults import FAULTS
from pyfuzz.worlds.lists.operation import (
    FORMS,
    FRAME_HEADS,
    HEADS,
    SPTES,
    VMS,
    Context,
    Heads,
    Opcode,
    Operand,
    Operation,
    check,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

OPERATION_BYTES = 4

# The codes of the first byte, in the order of the opcodes, as many as each has a share.
_OPCODES: tuple[Opcode, ...] = tuple(op for op in Opcode for _ in range(FORMS[op].share))
_CODES: dict[Opcode, int] = {op: _OPCODES.index(op) for op in dict.fromkeys(_OPCODES)}
_FAULT = 0x80

# The first head code that means another VM's head (only of REMOVE_STRAY).
_FOREIGN = HEADS
_FOREIGN_HEADS = 4

# Repeat codes: mostly once, so that random bytes are not a sequence of nothing
# but adds; then every count below 50; then a few that build long lists: whole
# descriptors of 14, and past the threshold at which rmap_add zaps a list.
_SMALL = 200
_LARGE = 248
_LARGE_COUNTS = tuple(
    int(count) for (count,) in tables.rows("worlds/lists/repeats.def", "REPEATS", 1)
)


def _repeat(code: int) -> int:
    if code < _SMALL:
        return 1
    if code < _LARGE:
        return code - _SMALL + 2
    return _LARGE_COUNTS[code - _LARGE]


_REPEATS: tuple[int, ...] = tuple(_repeat(code) for code in range(256))
ENCODABLE_REPEATS: tuple[int, ...] = tuple(sorted(set(_REPEATS)))
# The canonical code of a count is the lowest.
_REPEAT_CODES: dict[int, int] = {_REPEATS[code]: code for code in reversed(range(256))}


def _decode_fault(b0: int, b1: int, b2: int, b3: int) -> Operation:
    vm = b0 >> 5 & (VMS - 1)
    head = b1 & 31
    return Operation(
        Opcode.FAULT,
        vm,
        head if head < HEADS else head & (FRAME_HEADS - 1),
        vm,
        b1 >> 5 << 8 | b2,
        fault=(b0 & 31 | (b3 & 1) << 5) % len(FAULTS),
    )


def _decode_one(b0: int, b1: int, b2: int, b3: int) -> Operation:
    opcode = _OPCODES[b0 & 31]
    vm = b0 >> 5 & (VMS - 1)
    head = b1 & 31
    head_vm = vm
    operand = b1 >> 5 << 8 | b2
    form = FORMS[opcode]
    match form.heads:
        case Heads.NONE:
            head = 0
        case Heads.FRAME:
            head &= FRAME_HEADS - 1
        case Heads.PARENT:
            head = FRAME_HEADS + (head & 3)
        case Heads.ANY if head >= _FOREIGN:
            if opcode is Opcode.REMOVE_STRAY:
                other, head = divmod(head - _FOREIGN, _FOREIGN_HEADS)
                head_vm = (vm + 1 + other) % VMS
            else:
                head &= FRAME_HEADS - 1
    match form.operand:
        case Operand.NONE:
            operand = 0
        case Operand.VCPU:
            operand &= 1
        case Operand.CONTEXT:
            operand &= 3
            if operand < Context.VCPU0:
                vm = head_vm = 0
    repeat = _REPEATS[b3] if form.repeats else 1
    return Operation(opcode, vm, head, head_vm, operand, repeat)


def decode(data: bytes, *, faults: bool = False) -> list[Operation]:
    """Decode a byte string, which never fails; an incomplete last record is ignored.

    ``faults`` says whether bit 7 of a record's first byte makes it a fault.
    """
    whole = len(data) - len(data) % OPERATION_BYTES
    records = (data[at : at + OPERATION_BYTES] for at in range(0, whole, OPERATION_BYTES))
    return [
        _decode_fault(*record) if faults and record[0] & _FAULT else _decode_one(*record)
        for record in records
    ]


def split(operations: Iterable[Operation]) -> list[Operation]:
    """Replace each operation whose count has no repeat code by an equal run of others.

    Equal because a repetition is the operation with its operand advanced by
    one: ``add vm0 f3 s17 x99`` is ``add vm0 f3 s17 x70``, ``add vm0 f3 s87 x29``.
    """
    out: list[Operation] = []
    for op in operations:
        done = 0
        while done < op.repeat:
            count = _largest_count(op.repeat - done)
            out.append(replace(op, operand=op.operand_at(done), repeat=count))
            done += count
    return out


def _largest_count(limit: int) -> int:
    """Return the largest count up to limit that a repeat code stands for."""
    return ENCODABLE_REPEATS[bisect_right(ENCODABLE_REPEATS, limit) - 1]


def _head_code(op: Operation) -> int:
    if op.head_vm != op.vm:
        return _FOREIGN + (op.head_vm - op.vm - 1) % VMS * _FOREIGN_HEADS + op.head
    if op.form.heads is Heads.PARENT:
        return op.head - FRAME_HEADS
    return op.head


def encode(operations: Iterable[Operation]) -> bytes:
    """Encode operations in the canonical form: the lowest code of each choice.

    ``decode(encode(ops), faults=has_faults(ops)) == split(ops)``.  Raises
    UsageError for an operation that breaks a rule of its opcode.
    """
    out = bytearray()
    for op in split(map(check, operations)):
        assert op.operand < SPTES
        fault = op.opcode is Opcode.FAULT
        out.append((_FAULT | op.fault & 31 if fault else _CODES[op.opcode]) | op.vm << 5)
        out.append(_head_code(op) | op.operand >> 8 << 5)
        out.append(op.operand & 255)
        out.append(op.fault >> 5 if fault else _REPEAT_CODES[op.repeat])
    return bytes(out)
