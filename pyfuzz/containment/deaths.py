# SPDX-License-Identifier: GPL-2.0-only
"""What the host dies of in the worst cases of a target, in a few words."""

from __future__ import annotations

from collections import Counter

from pyfuzz.containment.cell import Cell
from pyfuzz.containment.matrix import Row
from pyfuzz.kinds import Kind
from pyfuzz.module.results import Outcome

WALK = "the iterator's own BUG_ON(), which asks whether an SPTE is present"
REMOVE = "a BUG() for the error itself, in pte_list_remove"
ALLOCATION = "the allocator's BUG_ON(), with an empty cache and no memory"
BUG = "another BUG()"
ACCESS = "a NULL or wild access"
LOOP = "an endless loop"


def cause_of_death(cell: Cell) -> str | None:
    """Return what the host dies of in a cell, None if it does not."""
    if cell.outcome is not Outcome.HOST_DEATH:
        return None
    if cell.kind == Kind.HANG.value:
        return LOOP
    if cell.kind != Kind.HOST_BUG.value:
        return ACCESS
    if cell.function.startswith(("rmap_yield", "rmap_get")):
        return WALK
    if "pte_list_remove" in cell.function or "desc_remove_entry" in cell.function:
        return REMOVE
    return ALLOCATION if "alloc" in cell.function else BUG


def causes_of_death(row: Row) -> list[tuple[str, int]]:
    """Return what the host dies of with a target, and with how many faults; the most first."""
    causes = (cause_of_death(cell) for cell in row.applicable)
    return Counter(cause for cause in causes if cause).most_common()
