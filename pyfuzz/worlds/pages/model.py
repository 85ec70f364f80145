# SPDX-License-Identifier: GPL-2.0-only
"""The guest's tables and the host's memslots, derived from the operations alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from pyfuzz.worlds.pages.host import Host
from pyfuzz.worlds.pages.operation import (
    BIG_SLOT,
    FRAMES,
    INDICES,
    SMALL_FRAMES,
    SPACES,
    TABLES,
    VCPUS,
    VMS,
    Bits,
    Mode,
    Opcode,
    Operation,
    path,
)
from pyfuzz.worlds.pages.synced import Synced

if TYPE_CHECKING:
    from pyfuzz.worlds.pages.module import Shadow

_USUAL = 0x67
_PRESENT, _LARGE = 0x1, 0x80
MARKED = 0x60
"""The accessed and the dirty bit, which walks set: nothing here depends on them."""

# Base gfn, frames, first frame of host memory, the other base it may be moved to.
_SLOTS: tuple[tuple[tuple[int, int, int, int] | None, ...], ...] = (
    (
        (0x0, 0x40, 0x0, 0x40),
        (0x200, 0x400, 0x200, 0x200),
        (0x700, 0x200, 0x700, 0x740),
        (0xA00, 0x200, 0xA00, 0xC00),
        (0x40000, 0x40000, 0x40000, 0x80200),
    ),
    (
        (0x0, 0x40, 0x0, 0x40),
        (0x600, 0x200, 0x1400, 0x800),
        (0xA00, 0x200, 0xA00, 0xC00),
        (0x200, 0x200, 0x200, 0x400),
        None,
    ),
)
# Table, index, frame; huge pages by their gfn.
_TABLES_AT_FIRST = (
    *((0, 0, 2), (0, 1, 3), (1, 0, 2), (1, 1, 3), (2, 0, 4), (2, 1, 5), (3, 0, 5), (3, 1, 4)),
    *((4, 0, 6), (4, 1, 7), (5, 0, 6), (5, 1, 8), (6, 0, 14), (6, 1, 15), (6, 2, 18)),
    *((6, 511, 23), (7, 0, 28), (7, 1, 29), (7, 2, 21), (7, 511, 0), (8, 0, 31), (8, 1, 6)),
    *((8, 2, 25), (8, 511, 19), (12, 0, 19), (12, 1, 23), (13, 0, 28), (9, 0, 0), (9, 1, 1)),
)
_HUGE_AT_FIRST = ((4, 2, 0x200), (4, 3, 0x400), (5, 2, 0x600), (5, 3, 0xA00))


class Logs(IntEnum):
    """Which writes to a slot must be in its dirty log: ``enum slot_logs``."""

    NOTHING = 0
    HUGE = 1
    WRITABLE = 2
    DIRTY = 3


@dataclass(slots=True)
class Slot:
    """A memslot."""

    base: int
    frames: int
    host: int
    dirty_log: bool = False
    logs: Logs = Logs.NOTHING

    def switch(self, *, on: bool) -> None:
        """Turn dirty logging on or off: nothing has been write-protected for it yet."""
        self.dirty_log = on
        self.logs = Logs.NOTHING

    def protect(self, level: int) -> None:
        """Write-protect from a level on, after which each write must be logged again."""
        if self.dirty_log and level == 1:
            self.logs = Logs.WRITABLE
        elif self.dirty_log and level == 2 and self.logs is Logs.NOTHING:
            self.logs = Logs.HUGE

    def clear_dirty(self) -> None:
        """Clear dirty bits; huge pages that can be written could still be split into dirty ones."""
        if self.logs is not Logs.NOTHING:
            self.logs = Logs.DIRTY

    def host_frame(self, gfn: int) -> int:
        """Return the frame of host memory behind a gfn of this slot."""
        return self.host + gfn - self.base


@dataclass(slots=True)
class Vcpu:
    """A vCPU's paging mode; ``root`` is the gfn of its top-level table."""

    mode: Mode = Mode.LEVEL4
    smm: bool = False
    root: int = FRAMES[0]


@dataclass(frozen=True, slots=True)
class Written:
    """An entry that is written: its level, address, and value before and after."""

    level: int
    gpa: int
    old: int
    new: int


@dataclass(slots=True)
class Vm:
    """A VM that is alive.  ``stale``: when entries were changed without KVM being told."""

    host: Host
    slots: dict[tuple[int, int], Slot] = field(default_factory=dict)
    entries: dict[tuple[int, int], int] = field(default_factory=dict)
    vcpus: list[Vcpu] = field(default_factory=lambda: [Vcpu() for _ in range(VCPUS)])
    bugged: bool = False
    stale: dict[tuple[int, int], int] = field(default_factory=dict)
    slots_changed: bool = False
    synced: Synced = field(default_factory=Synced)

    def slot_at(self, space: int, gfn: int) -> tuple[int, Slot] | None:
        """Return the slot that a gfn is in, and its number."""
        for (own, number), slot in self.slots.items():
            if own == space and 0 <= gfn - slot.base < slot.frames:
                return number, slot
        return None

    def known(self, page: Shadow, index: int, *, now: bool = False) -> int | None:
        """Return the entry of a guest's table that an SPTE stands for.

        None if it is not one, or KVM need not know its value.
        """
        table = self.table_at(page.smm, page.gfn)
        if table is None:
            return None
        if not now and self.stale.get((table, index), 0) > self.synced.at(page, index):
            return None
        return self.entries.get((table, index), 0)

    def host_frame(self, gfn: int) -> int:
        """Return the frame of user space's memory behind a gfn of the normal address space."""
        found = self.slot_at(0, gfn)
        assert found is not None
        return found[1].host_frame(gfn)

    def table_at(self, space: int, gfn: int) -> int | None:
        """Return which of the guest's tables is at a gfn, if host memory has one there."""
        found = self.slot_at(space, gfn)
        if found is None:
            return None
        host = found[1].host_frame(gfn)
        return FRAMES.index(host) if host in FRAMES[:TABLES] else None


def new_vm(number: int) -> Vm:
    """Return a VM in its initial state."""
    vm = Vm(Host(number))
    for space in range(SPACES):
        for slot in range(BIG_SLOT):
            vm.slots[space, slot] = _slot(space, slot)
    for table, index, frame in _TABLES_AT_FIRST:
        vm.entries[table, index] = FRAMES[frame] << 12 | _USUAL
    for table, index, gfn in _HUGE_AT_FIRST:
        vm.entries[table, index] = gfn << 12 | _USUAL | _LARGE
    return vm


def _slot(space: int, number: int) -> Slot:
    usual = _SLOTS[space][number]
    assert usual is not None
    return Slot(*usual[:3])


class Model:
    """Follows a sequence: the contents of guests' tables, and the memslots."""

    def __init__(self) -> None:
        self.vms: list[Vm | None] = [new_vm(0), *[None] * (VMS - 1)]
        self.time = 0

    def vm(self, number: int) -> Vm:
        """Return a VM; it is created if it is not alive."""
        found = self.vms[number]
        if found is None:
            found = self.vms[number] = new_vm(number)
        return found

    def written(self, op: Operation) -> Written | None:
        """Return the change that a write or a poke makes, None if there is no table to write to."""
        vm = self.vm(op.vm)
        vcpu = vm.vcpus[op.vcpu]
        levels = levels_of(vcpu.mode)
        indices = indices_of(op.page, vcpu.mode)
        gfn, found = vcpu.root, None
        for level in range(levels, 0, -1):
            table = vm.table_at(vcpu.smm, gfn)
            if table is None or level < op.level:
                break
            index = indices[level - 1]
            old = vm.entries.get((table, index), 0)
            found = Written(level, gfn << 12 | index * 8, old, entry_value(op, level))
            if not old & _PRESENT or old & _LARGE:
                break
            gfn = old >> 12 & 0xFFFFFFFFFF
        return found

    def write(self, op: Operation, written: Written) -> None:
        """Make the change."""
        vm = self.vm(op.vm)
        table = vm.table_at(vm.vcpus[op.vcpu].smm, written.gpa >> 12)
        assert table is not None
        entry = table, written.gpa % 4096 // 8
        vm.entries[entry] = written.new
        gfn = written.gpa >> 12
        heard = op.opcode is Opcode.WRITE and all(
            slot.base + FRAMES[table] - slot.host == gfn
            for slot in vm.slots.values()
            if 0 <= FRAMES[table] - slot.host < slot.frames
        )
        if heard:
            vm.stale.pop(entry, None)
        else:
            vm.stale[entry] = self.time

    def maps_to(self, vm: Vm, vcpu: Vcpu, gva: int) -> int | None:
        """Return the gfn that the guest's tables map an address to, None if there is none."""
        if vcpu.mode is Mode.NONPAGING:
            return gva >> 12
        gfn = vcpu.root
        for level in range(levels_of(vcpu.mode), 0, -1):
            table = vm.table_at(vcpu.smm, gfn)
            shift = 9 * (level - 1)
            entry = 0 if table is None else vm.entries.get((table, gva >> 12 + shift & 511), 0)
            if not entry & _PRESENT:
                return None
            gfn = entry >> 12 & 0xFFFFFFFFFF
            if level == 1 or entry & _LARGE:
                return gfn >> shift << shift | gva >> 12 & (1 << shift) - 1
        return None

    def apply(self, op: Operation) -> None:
        """Apply an operation that does not write a table's entry."""
        vm = self.vm(op.vm)
        key = op.space, op.slot
        match op.opcode:
            case Opcode.SLOT_DELETE:
                del vm.slots[key]
            case Opcode.SLOT_CREATE:
                vm.slots[key] = _slot(*key)
                vm.slots_changed = True
            case Opcode.SLOT_MOVE:
                vm.slots[key].base = self.target_of(op)
                vm.slots[key].switch(on=False)
                vm.slots_changed = True
            case Opcode.DIRTY_LOG:
                vm.slots[key].switch(on=bool(op.on))
            case Opcode.PROTECT:
                vm.slots[key].protect(op.level)
            case Opcode.CLEAR_DIRTY:
                vm.slots[key].clear_dirty()
            case Opcode.CHANGE_PTE:
                vm.host.replace(vm.host_frame(op.gfn))
            case Opcode.HOST_SIZE:
                vm.host.resize(vm.host_frame(op.gfn), op.on + 1)
            case Opcode.ROOT:
                vm.vcpus[op.vcpu].root = op.gfn
            case Opcode.MODE:
                vm.vcpus[op.vcpu].mode = Mode(op.mode)
                vm.vcpus[op.vcpu].smm = bool(op.on)
            case Opcode.BUG:
                vm.bugged = True
            case Opcode.END:
                self.vms[op.vm] = None

    def target_of(self, op: Operation) -> int:
        """Return the base to which a slot is moved."""
        usual = _SLOTS[op.space][op.slot]
        assert usual is not None
        return usual[3] if op.on else usual[0]


def levels_of(mode: Mode) -> int:
    """Return how many levels of tables a paging mode has."""
    known = {Mode.LEVEL5: 5, Mode.NESTED5: 5, Mode.PAE: 3, Mode.BITS32: 2}
    return known.get(mode, 4)


def indices_of(page: int, mode: Mode) -> tuple[int, ...]:
    """Return the index at each level, lowest first; in nonpaging mode, of the page's gfn."""
    top, third, second, last = path(
        FRAMES[page % SMALL_FRAMES] & 63 if mode is Mode.NONPAGING else page
    )
    if mode is Mode.PAE:
        return (last, second, top << 1 | third)
    if mode is Mode.BITS32:  # ten bits a level, of which a shadow page has nine
        pde = top << 9 | third << 1 | second
        pte = 1023 if last == INDICES[-1] else last | third << 9
        return (pte & 511, (pde << 1 | pte >> 9) & 511)
    return (last, second, third, top, 0)[: levels_of(mode)]


def entry_value(op: Operation, level: int) -> int:
    """Return the new value of an entry at a level."""
    if op.bits & Bits.NOTHING:
        return 0
    value, gfn = _USUAL, op.gfn
    if level > 1 and op.bits & Bits.LARGE:
        value |= _LARGE
        shift = 9 * (level - 1)
        gfn = gfn >> shift << shift
    elif level > 1 and not op.bits & Bits.ANY_FRAME:
        gfn = FRAMES[op.frame % TABLES]
    for bit, cleared in (
        (Bits.READ_ONLY, 0x2),
        (Bits.SUPERVISOR, 0x4),
        (Bits.NOT_ACCESSED, 0x20),
        (Bits.NOT_DIRTY, 0x40),
    ):
        if op.bits & bit:
            value &= ~cleared
    return value | gfn << 12 | (1 << 63 if op.bits & Bits.NX else 0)
