# SPDX-License-Identifier: GPL-2.0-only
"""SPTEs and child pages against the guest's tables, for the independent oracle.

As csrc/worlds/pages/rules.c: what KVM was told of must be right; an entry that
was changed behind its back may be shadowed as it was, until KVM must have
compared it (pyfuzz.worlds.pages.synced).
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

from pyfuzz.kinds import Kind
from pyfuzz.worlds.pages.broken import Broken
from pyfuzz.worlds.pages.model import Logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfuzz.worlds.pages.model import Vm
    from pyfuzz.worlds.pages.module import PagesModule, Shadow, Spte
    from pyfuzz.worlds.pages.picture import Picture

_PRESENT, _DIRTY, _LARGE, _NX = 0x1, 0x40, 0x80, 1 << 63


class Access(IntFlag):
    """What a page or an entry allows besides reading."""

    EXEC = 1
    WRITE = 2
    USER = 4


def of_entry(value: int) -> Access:
    """Return what an entry of the guest's, or an SPTE, allows."""
    return Access(value & (Access.WRITE | Access.USER) | (0 if value & _NX else Access.EXEC))


def check(module: PagesModule, vm: Vm, number: int, picture: Picture) -> Iterator[Broken]:
    """Yield what is wrong with the SPTEs of a VM's shadow pages."""
    pages = picture.pages
    tracked = {
        (page.smm, page.gfn)
        for page in pages.values()
        if _shadows_a_table(page) and not _zapped(page) and not (page.level == 1 and page.unsync)
    }
    for header, page in pages.items():
        if _zapped(page):
            continue
        for spte in picture.sptes[header]:
            if spte.mmio and not spte.present:
                yield from _mmio(vm, page, spte)
            elif spte.leaf:
                table = vm.table_at(page.smm, page.gfn)
                clean = table is not None and not (
                    module.guest_entry(number, table, spte.index) & _DIRTY
                )
                yield from _leaf(vm, page, spte, tracked, clean=clean)
                yield from _logged(module, vm, number, page, spte)
            elif spte.child in pages:
                yield from _link(vm, page, spte, pages[spte.child])


def walked(vm: Vm, page: Shadow, spte: Spte, child: Shadow | None) -> Iterator[Broken]:
    """Yield what is wrong on the way of a walk that has just been made, told or not."""
    if child is not None:
        yield from _link(vm, page, spte, child, now=True)
    elif spte.leaf:
        yield from _leaf(vm, page, spte, set(), clean=False, now=True)


def new_huge(vm: Vm, page: Shadow, spte: Spte) -> Iterator[Broken]:
    """Yield whether the last access made a huge page writable whose writes are logged by 4K."""
    was = {one.address: one for sptes in vm.synced.before.sptes.values() for one in sptes}
    old, slot = was.get(spte.address), vm.slot_at(page.smm, spte.gfn)
    if page.level == 1 or not spte.writable or slot is None or not slot[1].dirty_log:
        return
    if old is None or not (old.leaf and old.present and old.writable):
        said = f"{_where(page, spte)} is huge and writable in a slot with dirty logging"
        yield Broken(Kind.WRONG_ACCESS, said, spte.address)


def _logged(module: PagesModule, vm: Vm, number: int, page: Shadow, spte: Spte) -> Iterator[Broken]:
    """What is clean in the dirty log cannot be written without being logged."""
    found = vm.slot_at(page.smm, spte.gfn)
    if found is None or not spte.writable:
        return
    slot, logs = found[0], found[1].logs
    must = logs is Logs.WRITABLE or (logs is Logs.DIRTY and bool(spte.value & _DIRTY))
    if page.level > 1 and logs is not Logs.NOTHING:
        said = f"{_where(page, spte)} is huge and writable in a slot that is write-protected"
        yield Broken(Kind.WRONG_ACCESS, said, spte.address)
    elif must and not module.logged(number, int(page.smm), slot, spte.gfn):
        said = f"{_where(page, spte)} is writable, gfn {spte.gfn:#x} is clean in the dirty log"
        yield Broken(Kind.WRONG_ACCESS, said, spte.address)


def _zapped(page: Shadow) -> bool:
    return page.invalid or page.obsolete


def _shadows_a_table(page: Shadow) -> bool:
    return not page.direct and not page.passthrough


def _known(vm: Vm, page: Shadow, index: int, *, now: bool = False) -> int | None:
    if not _shadows_a_table(page) or page.four_byte:
        return None
    return vm.known(page, index, now=now)


def _gfn(entry: int, level: int) -> int:
    shift = 9 * (level - 1)
    return (entry >> 12 & 0xFFFFFFFFFF) >> shift << shift


def _where(page: Shadow, spte: Spte) -> str:
    return f"SPTE {spte.index} of level {page.level}, gfn {page.gfn:#x}"


def _leaf(
    vm: Vm,
    page: Shadow,
    spte: Spte,
    tracked: set[tuple[bool, int]],
    *,
    clean: bool,
    now: bool = False,
) -> Iterator[Broken]:
    where, entry = _where(page, spte), _known(vm, page, spte.index, now=now)
    may = Access(page.access)
    if entry is not None:
        if not entry & _PRESENT or (page.level > 1 and not entry & _LARGE):
            yield Broken(
                Kind.WRONG_GFN, f"{where} is present, the guest's entry maps nothing", spte.address
            )
            return
        gfn = _gfn(entry, page.level)
        if gfn != spte.gfn:
            said = f"{where} maps gfn {spte.gfn:#x}, must map gfn {gfn:#x}"
            yield Broken(Kind.WRONG_GFN, said, spte.address)
        may &= of_entry(entry)
        # Walks set the dirty bit, which the model does not follow.
        if clean:
            may &= ~Access.WRITE
    has = of_entry(spte.value)
    if has & ~may:
        yield Broken(Kind.WRONG_ACCESS, f"{where} allows {has!r}, may allow {may!r}", spte.address)
    frames = range(spte.gfn, spte.gfn + (1 << 9 * (page.level - 1)))
    if has & Access.WRITE and any(smm == page.smm and gfn in frames for smm, gfn in tracked):
        yield Broken(
            Kind.WRONG_ACCESS, f"{where} lets the guest write to one of its tables", spte.address
        )
    yield from _host(vm, page, spte)


def _host(vm: Vm, page: Shadow, spte: Spte) -> Iterator[Broken]:
    """What the host has there is mapped, and no larger than by the host."""
    found = vm.slot_at(page.smm, spte.gfn)
    if found is None:
        return
    hva = found[1].host_frame(spte.gfn)
    frame, has = spte.address_bits >> 12, vm.host.frame(hva)
    if frame != has:
        said = f"{_where(page, spte)} maps the host's frame {frame:#x}, must map {has:#x}"
        yield Broken(Kind.WRONG_GFN, said, spte.address)
    if page.level > vm.host.level(hva):
        said = f"{_where(page, spte)} is huge, the host has small pages there"
        yield Broken(Kind.WRONG_GFN, said, spte.address)


def _mmio(vm: Vm, page: Shadow, spte: Spte) -> Iterator[Broken]:
    entry = _known(vm, page, spte.index)
    if vm.slots_changed or page.four_byte or (entry is None and not page.direct):
        return
    gfn = spte.gfn if entry is None else _gfn(entry, page.level)
    if entry is not None and not entry & _PRESENT:
        yield Broken(
            Kind.WRONG_GFN, f"{_where(page, spte)} is MMIO, the entry maps nothing", spte.address
        )
    elif vm.slot_at(page.smm, gfn) is not None:
        yield Broken(
            Kind.WRONG_GFN, f"{_where(page, spte)} is MMIO, {gfn:#x} is in a slot", spte.address
        )


def _link(
    vm: Vm, page: Shadow, spte: Spte, child: Shadow, *, now: bool = False
) -> Iterator[Broken]:
    where = _where(page, spte)
    if _zapped(child):
        yield Broken(Kind.WRONG_ROLE, f"{where} points to a page that is zapped", spte.address)
    elif (child.level, child.smm) != (page.level - 1, page.smm):
        yield Broken(
            Kind.WRONG_ROLE, f"{where} points to a page of level {child.level}", spte.address
        )
    entry = _known(vm, page, spte.index, now=now)
    if page.four_byte or page.passthrough or (entry is None and not page.direct):
        return
    gfn, access, direct = page.gfn + (spte.index << 9 * (page.level - 1)), page.access, True
    if entry is not None:
        if not entry & _PRESENT:
            yield Broken(
                Kind.WRONG_ROLE, f"{where} points to a page, the entry to nothing", spte.address
            )
            return
        direct = bool(entry & _LARGE)
        gfn = _gfn(entry, page.level if direct else 1)
        access &= of_entry(entry)
    if (child.gfn, child.direct) != (gfn, direct):
        yield Broken(Kind.WRONG_ROLE, f"{where} must point to a page for {gfn:#x}", spte.address)
    allowed = {access, access & ~Access.WRITE} if entry is not None and direct else {access}
    if child.access not in allowed:
        yield Broken(
            Kind.WRONG_ROLE, f"{where}: access {child.access}, must be {access}", spte.address
        )
