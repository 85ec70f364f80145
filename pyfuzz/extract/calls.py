# SPDX-License-Identifier: GPL-2.0-only
"""What the functions of mmu.c, and of C files beside it, call, directly and indirectly."""

from __future__ import annotations

import re

from pyfuzz.extract.parse import Index, Item, Kind
from pyfuzz.extract.uses import Uses, uses

_CLEARS = re.compile(r"_*mmu_spte_clear\w*|drop_spte|mmu_spte_set|_*update_clear_spte\w*")


class Calls:
    """The call graph of mmu.c and of C files beside it, with macros expanded."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._uses: dict[Item, Uses] = {}
        self._reach: dict[Item, frozenset[str]] = {}

    def uses(self, item: Item) -> Uses:
        """Return (and cache) the names that an item uses."""
        if item not in self._uses:
            self._uses[item] = uses(item)
        return self._uses[item]

    def direct(self, item: Item) -> frozenset[str]:
        """Return the names that a function calls directly or through a macro."""
        return self._closure(item, through=(Kind.MACRO,))

    def reach(self, item: Item) -> frozenset[str]:
        """Return the names that a function calls directly or through others in C files."""
        if item not in self._reach:
            self._reach[item] = self._closure(item, through=(Kind.MACRO, Kind.FUNCTION))
        return self._reach[item]

    def _closure(self, item: Item, through: tuple[Kind, ...]) -> frozenset[str]:
        found: set[str] = set()
        waiting = [item]
        while waiting:
            for name in self.uses(waiting.pop()).calls:
                inner = self._index.find(name)
                if name in found or inner is None or inner.kind not in through:
                    found.add(name)
                    continue
                found.add(name)
                if inner.kind is Kind.MACRO or inner.file.is_code:
                    waiting.append(inner)
        return frozenset(found)

    def clears(self, item: Item) -> bool:
        """Tell whether a function writes an SPTE, directly or through others."""
        return any(_CLEARS.fullmatch(name) for name in self.reach(item))
