# SPDX-License-Identifier: GPL-2.0-only
"""The independent oracle: checks a module's memory against the rules, step by step.

What only the shim can see (``BUG()``, a fault, a WARN, a double free) is taken
from the module.  Everything else is decided here, from raw SPTEs, heads and a
model of slots and tables that depends on the operations alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyfuzz.errors import HarnessError
from pyfuzz.kinds import Kind
from pyfuzz.module.results import Skip
from pyfuzz.worlds.pages import rules
from pyfuzz.worlds.pages.broken import Broken
from pyfuzz.worlds.pages.host import unmapped
from pyfuzz.worlds.pages.model import MARKED, Model, Written, levels_of
from pyfuzz.worlds.pages.operation import LEVELS, VCPUS, Access, Mode, Opcode, Operation
from pyfuzz.worlds.pages.picture import Picture, take
from pyfuzz.worlds.pages.text import format_operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfuzz.worlds.pages.module import PagesModule, PagesStep, Shadow, Spte

OBSERVED = frozenset(
    {
        Kind.HOST_BUG,
        Kind.HOST_FAULT,
        Kind.HANG,
        Kind.DOUBLE_FREE,
        Kind.WARNING,
        Kind.LEAK,
        Kind.REQUEST,
        Kind.LOG_FLOOD,
    }
)
"""What only the harness can see."""
_FIXED, _GUEST_FAULT = 0, 1
_WRITES = (Opcode.WRITE, Opcode.POKE)
_SIZES = {1: "4K", 2: "2M", 3: "1G"}


@dataclass(frozen=True, slots=True)
class Head:
    """Which list an SPTE belongs to: a reverse map, or the parents of a page (its header)."""

    space: int = 0
    slot: int = 0
    level: int = 0
    gfn: int = 0
    page: int = 0

    def __str__(self) -> str:
        if self.page:
            return "the list of a page's parents"
        smm = " of SMM" if self.space else ""
        return f"the reverse map of gfn {self.gfn:#x} ({_SIZES[self.level]}, slot {self.slot}{smm})"


class Judge:
    """Runs one sequence, an operation at a time, and checks memory after each."""

    def __init__(self, module: PagesModule) -> None:
        self.module = module
        self.model = Model()
        self._number = 0
        module.begin()

    def step(self, op: Operation) -> tuple[PagesStep, list[Broken]]:
        """Run one operation; return what it did, and the rules that are broken after it.

        Raises HarnessError if the module and the model disagree: then one of
        them does not do what docs/pages.md says.
        """
        self.model.time += 1
        written = self.model.written(op) if op.opcode in _WRITES else None
        was_dirty = self._was_dirty(op)
        done = self.module.step(op, self._number)
        self._number += 1
        after = self._look(op, done)
        if done.skip is not Skip.RAN:
            return done, []
        if op.opcode in _WRITES:
            self._check_written(op, written, done)
            assert written is not None
            self.model.write(op, written)
        else:
            self.model.apply(op)
        broken = [Broken(kind, "seen by the harness") for kind in done.findings if kind in OBSERVED]
        if op.opcode is not Opcode.END:
            broken += self._bugged(op, done)
            if not self.model.vm(op.vm).bugged:
                broken += unmapped(self.model.vm(op.vm), op, after)
            broken += self._memory(op.vm, after)
            if op.opcode is Opcode.ACCESS and op.vm not in done.bugged:
                broken += self._root(op, after)
            if op.opcode is Opcode.ACCESS and done.result == _FIXED and not broken:
                broken += self._mapping(op, done, after)
            if op.opcode is Opcode.ACCESS and op.vm not in done.bugged and not broken:
                broken += self._ended(op, done, was_dirty=was_dirty)
        return done, broken

    def end(self) -> list[Broken]:
        """Tear the world down."""
        done = self.module.end(self._number)
        return [Broken(kind, "seen by the harness") for kind in done.findings if kind in OBSERVED]

    def _check_written(self, op: Operation, written: Written | None, done: PagesStep) -> None:
        wanted = None if written is None else (written.level, written.gpa, written.old, written.new)
        seen = done.entry
        if wanted is not None and seen is not None:
            level, gpa, old, new = seen
            if wanted == (level, gpa, old & ~MARKED | wanted[2] & MARKED, new):
                return
        raise HarnessError(
            f"'{format_operation(op)}' must write {wanted} by the model, writes {seen} in "
            "the harness; please report it with the sequence"
        )

    def _bugged(self, op: Operation, done: PagesStep) -> Iterator[Broken]:
        for number, vm in enumerate(self.model.vms):
            if vm is None:
                continue
            bugged = number in done.bugged
            if bugged and not vm.bugged:
                kind = Kind.FALSE_ALARM if number == op.vm else Kind.WRONG_VM
                yield Broken(kind, f"vm{number} must not be bugged, is")
            elif vm.bugged and not bugged:
                yield Broken(Kind.UNFLAGGED_ERROR, f"vm{number} must be bugged, is not")
            vm.bugged = bugged

    def _look(self, op: Operation, done: PagesStep) -> Picture:
        """Read memory after an operation, whether it ran or not."""
        if op.vm not in done.alive:
            return Picture()
        picture = take(self.module, op.vm)
        self.model.vm(op.vm).synced.step(op, done.gva, self.model.time, picture)
        return picture

    def _memory(self, vm: int, picture: Picture) -> Iterator[Broken]:
        """Compare where each SPTE must be with where it is."""
        pages = picture.pages
        tables = {page.spt: page.header for page in pages.values()}
        must: dict[int, Head] = {}
        for header, page in pages.items():
            for spte in picture.sptes[header]:
                if not spte.present:
                    continue
                head = self._head_of(vm, page, spte, tables)
                if isinstance(head, Broken):
                    yield head
                else:
                    must[spte.address] = head
        if not self.model.vm(vm).bugged:
            yield from rules.check(self.module, self.model.vm(vm), vm, picture)
        seen: Counter[int] = Counter()
        for head, value in self._heads(vm, pages):
            entries = self.module.entries(value)
            if entries is None:
                yield Broken(Kind.SHAPE, f"{head} is broken")
                continue
            for address in entries:
                seen[address] += 1
                yield from _entry(head, address, must, seen[address])
        for address in must.keys() - seen.keys():
            said = f"{address:#x} must be in {must[address]}, is nowhere"
            yield Broken(Kind.MISSING_ENTRY, said, address)
        for vcpu in range(VCPUS):
            root = self.module.root(vm, vcpu)
            if root and root not in pages:
                yield Broken(Kind.USE_AFTER_FREE, f"the root of cpu{vcpu} is freed")

    def _head_of(self, vm: int, page: Shadow, spte: Spte, tables: dict[int, int]) -> Head | Broken:
        where = f"SPTE {spte.index} of level {page.level}, gfn {page.gfn:#x}"
        if not spte.leaf:
            if spte.address_bits not in tables:
                return Broken(Kind.USE_AFTER_FREE, f"{where} points to no live page", spte.address)
            return Head(page=tables[spte.address_bits])
        shift = 9 * (page.level - 1)
        gfn = page.gfn + (spte.index << shift)
        if page.passthrough:
            gfn = page.gfn
        elif spte.has_stored:
            gfn = spte.stored
        found = self.model.vm(vm).slot_at(page.smm, gfn)
        if found is None:
            said = f"{where} is for gfn {gfn:#x}, which is in no slot"
            return Broken(Kind.WRONG_GFN, said, spte.address)
        return Head(int(page.smm), found[0], page.level, gfn >> shift << shift)

    def _heads(self, vm: int, pages: dict[int, Shadow]) -> Iterator[tuple[Head, int]]:
        for rmap in self.module.rmaps(vm):
            yield Head(rmap.space, rmap.slot, rmap.level, rmap.gfn), rmap.value
        for header in pages:
            yield Head(page=header), self.module.parents(vm, header)

    def _root(self, op: Operation, picture: Picture) -> Iterator[Broken]:
        """What a vCPU has entered the guest with must be in use."""
        header = self.module.root(op.vm, op.vcpu)
        page = picture.pages.get(header)
        if page is not None and (page.invalid or page.obsolete):
            yield Broken(Kind.WRONG_ROLE, f"the root of cpu{op.vcpu} is zapped")

    def _way(self, op: Operation) -> tuple[Access | None, bool, bool] | None:
        """Return what the guest's tables deny at a page, None for all of it.

        And whether all entries on the way are marked as accessed, and the last as dirty.
        None: they have reserved bits set, or are those of a 32-bit guest.
        """
        vm = self.model.vm(op.vm)
        vcpu = vm.vcpus[op.vcpu]
        gfn, denied, accessed, dirty = vcpu.root, Access(0), True, True
        if vcpu.mode in (Mode.BITS32, Mode.PAE):
            return None
        if vcpu.mode is Mode.NONPAGING:
            return denied, accessed, dirty
        gva = self.module.gva(op.page, vcpu.mode)
        for level in range(levels_of(vcpu.mode), 0, -1):
            table = vm.table_at(vcpu.smm, gfn)
            index = gva >> 12 + 9 * (level - 1) & 511
            entry = 0 if table is None else self.module.guest_entry(op.vm, table, index)
            huge = bool(entry & 0x80) and level > 1
            if not entry & 1 or (huge and level > LEVELS):
                return None, accessed, dirty
            denied |= _denied(entry)
            accessed, dirty = accessed and bool(entry & 0x20), bool(entry & 0x40)
            gfn = entry >> 12 & 0xFFFFFFFFFF
            if huge and gfn & (1 << 9 * (level - 1)) - 1:
                return None
            if huge:
                break
        return denied, accessed, dirty

    def _was_dirty(self, op: Operation) -> bool:
        """Say whether the entry that an access comes to is marked as dirty before it."""
        if op.opcode is not Opcode.ACCESS:
            return False
        if self.model.vms[op.vm] is None:
            return True  # the VM is about to be created, with entries that are
        way = self._way(op)
        return way is not None and way[2]

    def _needs(self, op: Operation) -> Access:
        """Return what an access needs; to nested tables of hardware each is a user's."""
        mode = self.model.vm(op.vm).vcpus[op.vcpu].mode
        nested = mode in (Mode.NESTED4, Mode.NESTED5) and self.module.walker == "kernel"
        return Access(op.access) | (Access.USER if nested else Access(0))

    def _ended(self, op: Operation, done: PagesStep, *, was_dirty: bool) -> Iterator[Broken]:
        """An access ends as the guest's tables say, and they are marked."""
        needs, way = self._needs(op), self._way(op)
        if way is None:
            return
        denied, accessed, dirty = way
        allowed = denied is not None and not denied & needs
        if done.result == _GUEST_FAULT and allowed:
            yield Broken(Kind.WRONG_ACCESS, f"{done.gva:#x} faults, the guest's tables allow it")
        if done.result != _FIXED:
            return
        if not allowed:
            yield Broken(Kind.WRONG_ACCESS, f"{done.gva:#x} is denied by the guest's tables")
        writes = bool(needs & Access.WRITE)
        if not accessed or dirty != (was_dirty or writes):
            yield Broken(Kind.WRONG_ACCESS, f"the entries of {done.gva:#x} are not marked as it is")

    def _mapping(self, op: Operation, done: PagesStep, picture: Picture) -> Iterator[Broken]:
        """Walk the shadow pages to find what an address is mapped to now."""
        vm = self.model.vm(op.vm)
        vcpu = vm.vcpus[op.vcpu]
        if vcpu.mode in (Mode.BITS32, Mode.PAE):
            return
        wanted = self.model.maps_to(vm, vcpu, done.gva)
        pages = picture.pages
        at = pages.get(self.module.root(op.vm, op.vcpu))
        while at is not None:
            shift = 9 * (at.level - 1)
            index = done.gva >> 12 + shift & 511
            sptes = {spte.index: spte for spte in picture.sptes[at.header]}
            spte = sptes.get(index)
            if spte is None or not spte.present:
                yield Broken(Kind.MISSING_ENTRY, f"{done.gva:#x} must be mapped, is not")
                return
            needs = self._needs(op)
            if spte.leaf and self.module.walker == "kernel":
                needs &= ~Access.WRITE  # the frame of a table; the guest tries again
            denied = needs & _denied(spte.value)
            if denied:
                said = f"{done.gva:#x} must be allowed, {denied!r} is not"
                yield Broken(Kind.WRONG_ACCESS, said, spte.address)
                return
            yield from rules.walked(vm, at, spte, pages.get(spte.child))
            if spte.leaf:
                yield from rules.new_huge(vm, at, spte)
                gfn = spte.gfn + (done.gva >> 12 & (1 << shift) - 1)
                if gfn != wanted:
                    yield Broken(
                        Kind.WRONG_GFN,
                        f"{done.gva:#x} must be mapped to gfn {wanted or 0:#x}, is to {gfn:#x}",
                        spte.address,
                    )
                return
            at = pages.get(spte.child)


def _denied(entry: int) -> Access:
    """Return what an entry of the guest's, or an SPTE, denies."""
    denied = Access(0)
    if not entry & 2:
        denied |= Access.WRITE
    if not entry & 4:
        denied |= Access.USER
    if entry >> 63:
        denied |= Access.FETCH
    return denied


def _entry(head: Head, address: int, must: dict[int, Head], times: int) -> Iterator[Broken]:
    holds = f"{head} holds {address:#x}"
    if address not in must:
        said = f"{holds}, which is not a present SPTE"
        yield Broken(Kind.ORPHAN_ENTRY, said, address)
    elif must[address] != head:
        yield Broken(Kind.WRONG_GFN, f"{holds}, which must be in {must[address]}", address)
    elif times > 1:
        yield Broken(Kind.ORPHAN_ENTRY, f"{holds} twice", address)
