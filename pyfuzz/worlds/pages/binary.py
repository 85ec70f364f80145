# SPDX-License-Identifier: GPL-2.0-only
"""The binary form of the pages world, as csrc/worlds/pages/decode.c decodes it.

byte 0   bits 0-5 code, bit 6 vCPU, bit 7 VM
byte 1   bits 0-5 page, bits 6-7 access, or level - 1;
         or: bit 0 address space, bits 1-2 slot, bits 6-7 level - 1;
         bits 3-5, all of them: the slot of 1G
byte 2   bits 0-4 frame, bit 5 user mode; bits 5-7, all of them: a frame of
         the slot of 1G; or all of it: mode, number
byte 3   bits of the entry, or size, or on; modulo 3: the host's page, if that can be 1G
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfuzz.worlds.pages.operation import (
    BIG_SLOT,
    FORMS,
    FRAMES,
    LEVELS,
    SMALL_FRAMES,
    TABLES,
    Mode,
    Opcode,
    Operands,
    Operation,
    Size,
    canonical,
    check,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

OPERATION_BYTES = 4

_OPCODES: tuple[Opcode, ...] = tuple(op for op, form in FORMS.items() for _ in range(form.share))
_CODES: dict[Opcode, int] = {op: _OPCODES.index(op) for op in FORMS}

_SLOTS = (Operands.SLOT, Operands.MOVE, Operands.SWITCH, Operands.LEVEL)


# The bits that are all set for what is in the slot of 1G.
_BIG_SLOT = 0x38
_BIG_FRAME = 0xE0


def _frame(byte: int) -> int:
    if byte & _BIG_FRAME == _BIG_FRAME:
        return SMALL_FRAMES + byte % (len(FRAMES) - SMALL_FRAMES)
    return byte % SMALL_FRAMES


def decode(data: bytes, *, faults: bool = False) -> list[Operation]:
    """Decode a byte string, which never fails; an incomplete last record is ignored.

    ``faults`` changes nothing: this world has none.
    """
    del faults
    whole = len(data) - len(data) % OPERATION_BYTES
    return [
        _decode_one(*data[at : at + OPERATION_BYTES]) for at in range(0, whole, OPERATION_BYTES)
    ]


def _decode_one(b0: int, b1: int, b2: int, b3: int) -> Operation:
    opcode = _OPCODES[b0 & 63]
    operands = FORMS[opcode].operands
    members: dict[str, int] = {
        "vcpu": b0 >> 6 & 1,
        "page": b1 & 63,
        "access": (b1 >> 6) % 3 | b2 >> 3 & 4,
        "level": (b1 >> 6) % LEVELS + 1 if operands is Operands.LEVEL else (b1 >> 6) + 1,
        "frame": b2 % TABLES if operands is Operands.ROOT else _frame(b2),
        "bits": b3,
        "space": b1 & 1,
        "slot": BIG_SLOT if b1 & _BIG_SLOT == _BIG_SLOT else b1 >> 1 & 3,
        "size": b3 % len(Size),
        "mode": b2 % len(Mode),
        "on": b3 & 1,
        "number": b2,
    }
    if opcode is Opcode.HOST_SIZE and members["frame"] >= SMALL_FRAMES:
        members["on"] = b3 % 3
    used = {name: members[name] for name in operands.members}
    op = Operation(opcode, b0 >> 7, **used)
    return canonical(op) if operands is Operands.ENTRY else op


def encode(operations: Iterable[Operation]) -> bytes:
    """Encode operations in the canonical form; ``decode(encode(ops)) == ops``.

    Raises UsageError for an operation that breaks a rule of its opcode.
    """
    out = bytearray()
    for op in map(check, operations):
        operands = op.form.operands
        out.append(_CODES[op.opcode] | op.vcpu << 6 | op.vm << 7)
        high = op.access & 3 if operands is Operands.ACCESS else max(op.level - 1, 0)
        slot = _BIG_SLOT if op.slot == BIG_SLOT else op.slot << 1
        low = op.space | slot if operands in _SLOTS else op.page
        frame = op.frame if op.frame < SMALL_FRAMES else _BIG_FRAME | op.frame - SMALL_FRAMES
        out.append(low | high << 6)
        out.append(frame | op.mode | op.number | (op.access & 4) << 3)
        out.append(op.bits | op.size | op.on)
    return bytes(out)


def split(operations: Iterable[Operation]) -> list[Operation]:
    """Return the operations unchanged: none is repeated in this world."""
    return list(operations)
