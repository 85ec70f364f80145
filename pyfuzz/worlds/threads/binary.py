# SPDX-License-Identifier: GPL-2.0-only
"""The binary form of this world, as csrc/worlds/threads/decode.c decodes it: 4 bytes a line."""

from __future__ import annotations

from collections.abc import Iterable

from pyfuzz.worlds.threads.operation import (
    FIBERS,
    MAX_ENTRIES,
    Act,
    Delay,
    Initial,
    Line,
    Operation,
    Switch,
    What,
)

OPERATION_BYTES = 4

# Bits 0 to 2 of the first byte: up to the next one's code.
_ACT, _SWITCH, _DELAY, _INITIAL = 0, 4, 6, 7


def decode(data: bytes, *, faults: bool = False) -> list[Line]:
    """Decode a byte string, which never fails; an incomplete last line is ignored.

    ``faults`` changes nothing: this world has none.
    """
    del faults
    whole = len(data) - len(data) % OPERATION_BYTES
    return [
        _decode_one(*data[at : at + OPERATION_BYTES]) for at in range(0, whole, OPERATION_BYTES)
    ]


def _decode_one(b0: int, b1: int, b2: int, b3: int) -> Line:
    code, fiber = b0 & 7, b0 >> 3 & 3
    if code >= _INITIAL:
        return Initial(b1 % (MAX_ENTRIES + 1), ad=not b2 & 1, reuse=bool(b2 & 2), tso=bool(b2 & 4))
    if code >= _DELAY:
        return Delay(fiber, b1 | b2 << 8, b3)
    if code >= _SWITCH:
        return Switch(fiber, b1 | b2 << 8, b3 % FIBERS)
    what = What(b1 % len(What))
    return Act(fiber, Operation(what, b2 % MAX_ENTRIES if what.takes_entry else 0))


def encode(lines: Iterable[Line]) -> bytes:
    """Encode lines in the canonical form; ``decode(encode(lines)) == lines``."""
    return b"".join(map(_encode_one, lines))


def _encode_one(line: Line) -> bytes:
    match line:
        case Initial():
            flags = (not line.ad) | line.reuse << 1 | line.tso << 2
            return bytes((_INITIAL, line.entries, flags, 0))
        case Switch():
            return bytes((_SWITCH | line.fiber << 3, line.at & 255, line.at >> 8, line.next))
        case Delay():
            return bytes((_DELAY | line.fiber << 3, line.at & 255, line.at >> 8, line.by))
        case Act():
            return bytes((_ACT | line.fiber << 3, line.operation.what, line.operation.entry, 0))
    raise TypeError(line)


def split(lines: Iterable[Line]) -> list[Line]:
    """Return the lines unchanged: none is repeated in this world."""
    return list(lines)
