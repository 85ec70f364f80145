# SPDX-License-Identifier: GPL-2.0-only
"""Which shadow pages out of sync KVM must have compared with the guest's tables, and when.

Decided by comparing the pictures before and after an operation; what is out of
sync is read from the pages, everything else follows from the operation:

* a flush: each page that the vCPU's roots lead to;
* ``invlpg``: the SPTE of that address;
* an access that links a page to a parent: that page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyfuzz.worlds.pages.operation import Opcode, Operation
from pyfuzz.worlds.pages.picture import Picture

if TYPE_CHECKING:
    from pyfuzz.worlds.pages.module import Shadow


@dataclass(slots=True)
class Synced:
    """The times at which pages, and single SPTEs of them, were last compared.

    ``before``: what was in memory before the last operation.
    """

    before: Picture = field(default_factory=Picture)
    _last: Picture = field(default_factory=Picture)
    _pages: dict[int, int] = field(default_factory=dict)
    _sptes: dict[tuple[int, int], int] = field(default_factory=dict)

    def at(self, page: Shadow, index: int) -> int:
        """Return when an SPTE was last compared with the guest's entry, 0 if never."""
        header = page.header
        return max(self._pages.get(header, 0), self._sptes.get((header, index), 0))

    def step(self, op: Operation, gva: int, now: int, after: Picture) -> None:
        """Take note of an operation: what is in memory after it."""
        self.before, self._last = self._last, after
        for header in self.before.pages.keys() - after.pages.keys():
            self._pages.pop(header, None)
            for key in [key for key in self._sptes if key[0] == header]:
                del self._sptes[key]
        match op.opcode:
            case Opcode.FLUSH:
                for header in after.below(op.vcpu):
                    if self._was_out_of_sync(header):
                        self._pages[header] = now
            case Opcode.INVLPG:
                for page, spte in after.way(op.vcpu, gva):
                    if page.level == 1 and self._was_out_of_sync(page.header):
                        self._sptes[page.header, spte.index] = now
            case Opcode.ACCESS:
                was = {
                    spte.address: spte.value
                    for sptes in self.before.sptes.values()
                    for spte in sptes
                }
                for _, spte in after.way(op.vcpu, gva):
                    is_new = was.get(spte.address) != spte.value
                    if is_new and self._was_out_of_sync(spte.child):
                        self._pages[spte.child] = now

    def _was_out_of_sync(self, header: int) -> bool:
        page = self.before.pages.get(header)
        return page is not None and page.unsync
