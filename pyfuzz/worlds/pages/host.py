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
_UNMAPPED_FIRST = (Opcode.CHANGE_PTE, Opcode.HOST_SIZE)


@dataclass(slots=True)
class Host:
    """The host's frames behind a VM's memory: huge pages, until one is split or changed."""

    vm: int
    _split: set[int] = field(default_factory=set)
    _replaced: dict[int, int] = field(default_factory=dict)

    def frame(self, hva: int) -> int:
        """Return the host's frame behind a frame of user space's memory."""
        times = self._replaced.get(hva, 0)
        return 0x100000 + (self.vm << 18) + hva + (times % 4 << 16)

    def level(self, hva: int) -> int:
        """Return the level at which the host maps it: 2 for a huge page."""
        return 1 if hva // _REGION in self._split else 2

    def replace(self, hva: int) -> None:
        """Put another frame there; its region is not a huge page any more."""
        self._split.add(hva // _REGION)
        if hva in FRAMES:
            self._replaced[hva] = self._replaced.get(hva, 0) + 1

    def resize(self, hva: int, *, large: bool) -> None:
        """Split the huge page around a frame, or make one."""
        region = hva // _REGION
        if not large:
            self._split.add(region)
            return
        self._split.discard(region)
        for other in [hva for hva in self._replaced if hva // _REGION == region]:
            del self._replaced[other]


def unmapped(vm: Vm, op: Operation, after: Picture) -> Iterator[Broken]:
    """Yield the SPTEs that still map what an operation has just unmapped."""
    if op.opcode is not Opcode.ZAP_RANGE and op.opcode is not Opcode.UNMAP:
        if op.opcode not in _UNMAPPED_FIRST:
            return
        op = Operation(Opcode.UNMAP, vm=op.vm, frame=op.frame, size=Size.REGION)
    by_gfn = op.opcode is Opcode.ZAP_RANGE
    gone = _range(vm, op, by_gfn=by_gfn)
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
