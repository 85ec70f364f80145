# SPDX-License-Identifier: GPL-2.0-only
"""A VM's shadow pages and SPTEs after an operation, and walks through them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyfuzz.worlds.pages.operation import VCPUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfuzz.worlds.pages.module import PagesModule, Shadow, Spte


@dataclass(frozen=True, slots=True)
class Picture:
    """Pages and their SPTEs by the page's header; each vCPU's roots, 0 for none."""

    pages: dict[int, Shadow] = field(default_factory=dict)
    sptes: dict[int, tuple[Spte, ...]] = field(default_factory=dict)
    roots: tuple[tuple[int, ...], ...] = ()

    def way(self, vcpu: int, gva: int) -> Iterator[tuple[Shadow, Spte]]:
        """Yield the pages on a walk to an address and the present SPTE in each."""
        roots = [self.pages[root] for root in self.roots[vcpu] if root in self.pages]
        at: Shadow | None = roots[0] if roots else None
        if at is not None and at.level == 2:  # PAE: a root for each GiB
            at = self.pages.get(self.roots[vcpu][gva >> 30 & 3])
        while at is not None:
            index = gva >> 12 + 9 * (at.level - 1) & 511
            spte = next((one for one in self.sptes[at.header] if one.index == index), None)
            if spte is None or not spte.present:
                return
            yield at, spte
            at = None if spte.leaf else self.pages.get(spte.child)

    def below(self, vcpu: int) -> set[int]:
        """Return the headers of all pages that a vCPU's roots lead to."""
        found: set[int] = set()
        left = [root for root in self.roots[vcpu] if root in self.pages]
        while left:
            header = left.pop()
            if header not in found and header in self.pages:
                found.add(header)
                left += [spte.child for spte in self.sptes[header] if spte.present]
        return found


def take(module: PagesModule, vm: int) -> Picture:
    """Read all pages and SPTEs of a VM."""
    pages = {page.header: page for page in module.shadows(vm)}
    sptes = {header: module.sptes(vm, header) for header in pages}
    return Picture(pages, sptes, tuple(module.roots(vm, vcpu) for vcpu in range(VCPUS)))
