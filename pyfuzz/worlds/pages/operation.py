# SPDX-License-Identifier: GPL-2.0-only
"""One operation of the pages world, and which members each opcode uses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, IntEnum, IntFlag
from typing import ClassVar

from pyfuzz.errors import UsageError

VMS = 2
VCPUS = 2
SPACES = 2
SLOTS = 5
BIG_SLOT = 4
"""The slot that holds a huge page of 1G; it does not exist at first."""
PAGES = 64
TABLES = 14
LEVELS = 3

FRAMES: tuple[int, ...] = (
    *range(0x10, 0x1C),
    0x200,
    0xA04,
    *(0x203, 0x201, 0x202, 0x3FF, 0x400, 0x401, 0x5FF, 0x600, 0x6FF, 0x700, 0x7FF, 0x800, 0x8FF),
    *(0x900, 0xA00, 0xA01, 0xC00, 0x2),
    *(0x40000, 0x40001, 0x401FF, 0x40200, 0x40202, 0x40400, 0x40401, 0x407FF),
)
"""The gfn of each frame that an operation can name; the first 14 hold the guest's tables."""
SMALL_FRAMES = 32
"""The frames from this number on are in the slot of 1G."""


class Opcode(IntEnum):
    """The opcodes, in the order of csrc/worlds/pages/operations.def."""

    ACCESS = 0
    WRITE = 1
    POKE = 2
    INVLPG = 3
    FLUSH = 4
    ROOT = 5
    MODE = 6
    UNLOAD = 7
    SLOT_DELETE = 8
    SLOT_CREATE = 9
    SLOT_MOVE = 10
    UNMAP = 11
    CHANGE_PTE = 12
    AGE = 13
    TEST_AGE = 14
    PROTECT = 15
    PROTECT_MASKED = 16
    CLEAR_DIRTY = 17
    DIRTY_LOG = 18
    COLLAPSE = 19
    SPLIT = 20
    HOST_SIZE = 21
    ZAP_RANGE = 22
    RECLAIM = 23
    RECOVER_NX = 24
    ZAP_ALL = 25
    MMIO = 26
    BUG = 27
    END = 28


class Operands(Enum):
    """Which members an operation uses; the value names them, all others are 0."""

    NONE = ""
    PAGE = "vcpu page"
    ACCESS = "vcpu page access"
    ENTRY = "vcpu page level frame bits"
    VCPU = "vcpu"
    ROOT = "vcpu frame"
    MODE = "vcpu mode on"
    SLOT = "space slot"
    MOVE = "space slot on"
    SWITCH = "space slot on "  # another value, or it were the same member
    LEVEL = "space slot level"
    RANGE = "frame size"
    FRAME = "frame on"
    NUMBER = "number"

    @property
    def members(self) -> tuple[str, ...]:
        """The members' names."""
        return tuple(self.value.split())


class Access(IntFlag):
    """How a page is accessed: exactly one of the first three, with or without USER."""

    READ = 0
    WRITE = 1
    FETCH = 2
    USER = 4


class Bits(IntFlag):
    """The kinds of entry that the guest writes: ``enum pyfuzz_entry``."""

    NOTHING = 1
    LARGE = 2
    READ_ONLY = 4
    SUPERVISOR = 8
    NX = 16
    NOT_ACCESSED = 32
    NOT_DIRTY = 64
    ANY_FRAME = 128


class Mode(IntEnum):
    """The paging modes: ``enum pyfuzz_mode``."""

    NONPAGING = 0
    BITS32 = 1
    PAE = 2
    LEVEL4 = 3
    LEVEL5 = 4
    NESTED4 = 5
    NESTED5 = 6


class Size(IntEnum):
    """The size of a range around a frame."""

    FRAME = 0
    REGION = 1
    SLOT = 2


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one opcode: its word, its members, and its share of the 64 codes."""

    word: str
    operands: Operands
    share: int


FORMS: dict[Opcode, Form] = {
    Opcode.ACCESS: Form("access", Operands.ACCESS, 16),
    Opcode.WRITE: Form("write", Operands.ENTRY, 7),
    Opcode.POKE: Form("poke", Operands.ENTRY, 8),
    Opcode.INVLPG: Form("invlpg", Operands.PAGE, 2),
    Opcode.FLUSH: Form("flush", Operands.VCPU, 1),
    Opcode.ROOT: Form("root", Operands.ROOT, 2),
    Opcode.MODE: Form("mode", Operands.MODE, 2),
    Opcode.UNLOAD: Form("unload", Operands.VCPU, 1),
    Opcode.SLOT_DELETE: Form("slot-delete", Operands.SLOT, 1),
    Opcode.SLOT_CREATE: Form("slot-create", Operands.SLOT, 1),
    Opcode.SLOT_MOVE: Form("slot-move", Operands.MOVE, 1),
    Opcode.UNMAP: Form("unmap", Operands.RANGE, 3),
    Opcode.CHANGE_PTE: Form("change-pte", Operands.FRAME, 1),
    Opcode.AGE: Form("age", Operands.RANGE, 1),
    Opcode.TEST_AGE: Form("test-age", Operands.RANGE, 1),
    Opcode.PROTECT: Form("write-protect", Operands.LEVEL, 1),
    Opcode.PROTECT_MASKED: Form("protect-masked", Operands.FRAME, 1),
    Opcode.CLEAR_DIRTY: Form("clear-dirty", Operands.SLOT, 1),
    Opcode.DIRTY_LOG: Form("dirty-log", Operands.SWITCH, 1),
    Opcode.COLLAPSE: Form("collapse", Operands.SLOT, 1),
    Opcode.SPLIT: Form("split", Operands.LEVEL, 1),
    Opcode.HOST_SIZE: Form("host-size", Operands.FRAME, 1),
    Opcode.ZAP_RANGE: Form("zap-range", Operands.RANGE, 1),
    Opcode.RECLAIM: Form("reclaim", Operands.NUMBER, 2),
    Opcode.RECOVER_NX: Form("recover-nx", Operands.NONE, 1),
    Opcode.ZAP_ALL: Form("zap-all", Operands.NONE, 1),
    Opcode.MMIO: Form("mmio-generation", Operands.NUMBER, 2),
    Opcode.BUG: Form("bug", Operands.NONE, 1),
    Opcode.END: Form("end", Operands.NONE, 1),
}

_LIMITS: dict[str, range] = {
    "vm": range(VMS),
    "vcpu": range(VCPUS),
    "page": range(PAGES),
    "access": range(7),
    "level": range(1, 5),
    "frame": range(len(FRAMES)),
    "bits": range(256),
    "space": range(SPACES),
    "slot": range(SLOTS),
    "size": range(len(Size)),
    "mode": range(len(Mode)),
    "on": range(2),
    "number": range(256),
}

_NARROWER: dict[Operands, dict[str, range]] = {
    Operands.LEVEL: {"level": range(1, LEVELS + 1)},
    Operands.ROOT: {"frame": range(TABLES)},
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a sequence; members that its opcode does not use are 0.

    ``page`` is a page of the guest's address space, numbered by the indices of
    its entries (``path``); ``level`` is 1 for a PTE to 4 for a PML4E, or a page
    size (1: 4K); ``frame`` is an index into FRAMES; ``space`` is 1 for SMM.
    Source: csrc/worlds/pages/pages.h.
    """

    world: ClassVar[str] = "pages"
    repeat: ClassVar[int] = 1

    opcode: Opcode
    vm: int = 0
    vcpu: int = 0
    page: int = 0
    access: int = 0
    level: int = 0
    frame: int = 0
    bits: int = 0
    space: int = 0
    slot: int = 0
    size: int = 0
    mode: int = 0
    on: int = 0
    number: int = 0

    @property
    def form(self) -> Form:
        """The opcode's word and the members that it uses."""
        return FORMS[self.opcode]

    @property
    def gfn(self) -> int:
        """The gfn of its frame."""
        return FRAMES[self.frame]


INDICES = (0, 1, 2, 511)
"""Return the entries of a last-level table that pages use."""


def path(page: int) -> tuple[int, int, int, int]:
    """Return the indices of a page's entries, from the PML4E to the PTE."""
    return page >> 5 & 1, page >> 4 & 1, page >> 2 & 3, INDICES[page & 3]


def page_of(indices: tuple[int, int, int, int]) -> int | None:
    """Return the page whose entries have these indices, None if there is none."""
    return next((page for page in range(PAGES) if path(page) == indices), None)


def problem(op: Operation) -> str | None:
    """Return the rule that an operation breaks, as ``rule, value``; None if it is valid."""
    if op.form.operands is Operands.ACCESS and op.access & 3 == 3:
        return f"the access of {op.form.word} must be read, write or fetch, is {op.access}"
    used = ("vm", *op.form.operands.members)
    special = _NARROWER.get(op.form.operands, {})
    if op.opcode is Opcode.HOST_SIZE and op.frame >= SMALL_FRAMES:
        special = {"on": range(3)}
    for name, limits in {**_LIMITS, **special}.items():
        allowed = limits if name in used else range(1)
        value = getattr(op, name)
        if value not in allowed:
            return f"the {name} of {op.form.word} must be {allowed[0]} to {allowed[-1]}, is {value}"
    if op.form.operands is Operands.ENTRY and op != canonical(op):
        return f"the bits of {op.form.word} must be in their shortest form, are {op.bits:#x}"
    return None


def check(op: Operation) -> Operation:
    """Return the operation, or raise UsageError if it is not a valid one."""
    what = problem(op)
    if what is not None:
        raise UsageError(f"{op!r} is not an operation: {what}; see docs/pages.md")
    return op


def canonical(op: Operation) -> Operation:
    """Return an entry in its only valid form, as canonical() in csrc/worlds/pages/decode.c."""
    bits, frame = op.bits, op.frame
    if bits & Bits.NOTHING:
        return replace(op, bits=int(Bits.NOTHING), frame=0)
    if op.level == 1:
        bits &= ~(Bits.LARGE | Bits.ANY_FRAME)
    elif bits & Bits.LARGE:
        bits &= ~Bits.ANY_FRAME
    elif not bits & Bits.ANY_FRAME:
        frame %= TABLES
    return replace(op, bits=int(bits), frame=frame)
