# SPDX-License-Identifier: GPL-2.0-only
"""The host's own page tables, derived from the operations, and what it has unmapped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyfuzz.kinds import Kind
from pyfuzz.worlds.pages.broken import Broken
from pyfuzz.worlds.pages.operation import FRAMES, Opcode, Operation, Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfuzz.worlds.pages.model import Vm
    from pyfuzz.worlds.pages.picture import Picture

_REGION = 512
# User space's memory behind the slot of 1G.
_BIG = range(0x40000, 0x80000)
_BIG_LEVEL = 3
_UNMAPPED_FIRST = (Opcode.CHANGE_PTE, Opcode.HOST_SIZE)


@dataclass(slots=True)
class Host:
    """The host's frames behind a VM's memory: huge pages, until one is split or changed."""

    vm: int
    _split: set[int] = field(default_factory=set)
    _replaced: dict[int, int] = field(default_factory=dict)
    _split_1g: bool = False

    def frame(self, hva: int) -> int:
        """Return the host's frame behind a frame of user space's memory."""
        times = self._replaced.get(hva, 0) % 4
        if hva in _BIG:
            return 0x1000000 + (self.vm << 20) + hva + (times << 22)
        return 0x100000 + (self.vm << 18) + hva + (times << 16)

    def level(self, hva: int) -> int:
        """Return the level at which the host maps it: 2 for a page of 2M, 3 for one of 1G."""
        if hva in _BIG and not self._split_1g:
            return 3
        return 1 if hva // _REGION in self._split else 2

    def replace(self, hva: int) -> None:
        """Put another frame there; no huge page is left around it."""
        self.resize(hva, 1)
        if hva in FRAMES:
            self._replaced[hva] = self._replaced.get(hva, 0) + 1

    def resize(self, hva: int, level: int) -> None:
        """Split the huge page around a frame, or make one."""
        if hva in _BIG:
            self._split_1g = level < _BIG_LEVEL
        if level == 1:
            self._split.add(hva // _REGION)
            return
        whole = _REGION if level < _BIG_LEVEL else len(_BIG)
        for other in [other for other in self._replaced if other // whole == hva // whole]:
            del self._replaced[other]
        self._split -= {
            region for region in self._split if region * _REGION // whole == hva // whole
        }


def unmapped(vm: Vm, op: Operation, after: Picture) -> Iterator[Broken]:
    """Yield the SPTEs that still map what an operation has just unmapped."""
    whole: range | None = None
    if op.opcode is not Opcode.ZAP_RANGE and op.opcode is not Opcode.UNMAP:
        if op.opcode not in _UNMAPPED_FIRST:
            return
        whole = _BIG if op.opcode is Opcode.HOST_SIZE and op.on + 1 == _BIG_LEVEL else None
        op = Operation(Opcode.UNMAP, vm=op.vm, frame=op.frame, size=Size.REGION)
    by_gfn = op.opcode is Opcode.ZAP_RANGE
    gone = whole or _range(vm, op, by_gfn=by_gfn)
    for header, page in after.pages.items():
        for spte in after.sptes[header]:
            if not spte.leaf or not spte.present or spte.mmio:
                continue
            found = vm.slot_at(page.smm, spte.gfn)
            if found is None:
                continue
            first = spte.gfn if by_gfn else found[1].host_frame(spte.gfn)
            if first < gone.stop and gone.start < first + (1 << 9 * (page.level - 1)):
                yield Broken(
                    Kind.STALE_SPTE, f"gfn {spte.gfn:#x} was unmapped, is mapped", spte.address
                )


def _range(vm: Vm, op: Operation, *, by_gfn: bool) -> range:
    """Return the gfns, or frames of user space's memory, of a range."""
    gfns, slot = range(op.gfn, op.gfn + 1), vm.slot_at(0, op.gfn)
    if op.size == Size.REGION:
        start = op.gfn // _REGION * _REGION
        gfns = range(start, start + _REGION)
    elif op.size == Size.SLOT and slot is not None:
        gfns = range(slot[1].base, slot[1].base + slot[1].frames)
    if by_gfn or slot is None:
        return gfns
    return range(slot[1].host_frame(gfns.start), slot[1].host_frame(gfns.stop))
