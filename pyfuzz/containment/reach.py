# SPDX-License-Identifier: GPL-2.0-only
"""Who can trigger the end of a sequence: the guest itself, or only the host.

Before and after the fault, sequences only do what callers do, and a guest can
cause some of that: it faults, changes its page tables, turns a page into a page
table.  Who can cause a fault is another question (pyfuzz.worlds.lists.faults.Reach).
"""

from __future__ import annotations

import re
from enum import Enum

from pyfuzz.containment.cell import Cell
from pyfuzz.worlds.lists.operation import FORMS, Opcode

_OPERATION = re.compile(r"\boperation (\d+):")


class Trigger(Enum):
    """Who does the operation that shows the outcome; the value is for people."""

    GUEST = "by what the guest does"
    HOST = "by what the host does: a zap of all, a count"
    END = "when a VM ends"


# A page fault adds, a change of the guest's page tables removes or unlinks, and
# a page that becomes a page table is write-protected, which is a walk.
_GUEST = {
    FORMS[opcode].word
    for opcode in (
        *(Opcode.ADD, Opcode.RMAP_ADD, Opcode.PARENT_ADD),
        *(Opcode.REMOVE, Opcode.RMAP_REMOVE, Opcode.ZAP_ONE),
        *(Opcode.PARENT_REMOVE, Opcode.PARENT_DROP, Opcode.PARENT_UNLINK),
        *(Opcode.ITERATE, Opcode.ENTER, Opcode.FAULT),
    )
}
# An MMU notifier or the end of a memslot; statistics.
_HOST = {FORMS[opcode].word for opcode in (Opcode.ZAP_ALL, Opcode.COUNT)}


def trigger(cell: Cell) -> Trigger | None:
    """Return who triggers a cell's outcome, None without evidence.

    This is about the shortest sequence that was found; there may be other ways.
    """
    found = _OPERATION.search(cell.because)
    if found is None:
        return None
    number = int(found[1])
    if number >= len(cell.sequence):
        return Trigger.END
    word = cell.sequence[number].split()[0]
    if word in _GUEST:
        return Trigger.GUEST
    return Trigger.HOST if word in _HOST else Trigger.END


def triggers(cells: list[Cell]) -> dict[Trigger, list[Cell]]:
    """Return the cells by who triggers them; those without evidence are left out."""
    by_trigger: dict[Trigger, list[Cell]] = {one: [] for one in Trigger}
    for cell in cells:
        who = trigger(cell)
        if who is not None:
            by_trigger[who].append(cell)
    return by_trigger
