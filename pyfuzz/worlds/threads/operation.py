# SPDX-License-Identifier: GPL-2.0-only
"""What a sequence of this world says: the list, what each fiber does, the switches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

FIBERS = 4
FIBER_OPERATIONS = 4
MAX_ENTRIES = 40
MAX_SWITCHES = 256


class What(IntEnum):
    """What a fiber does; numbers as in ``enum pyfuzz_threads_what``."""

    ADD = 0
    ZAP_ONE = 1
    ZAP_ALL = 2
    DROP = 3
    FREE_ALL = 4
    COUNT = 5
    ITERATE = 6
    AGE = 7
    TEST_AGE = 8
    ACCESS = 9
    DIRTY = 10

    @property
    def word(self) -> str:
        """Its name in a sequence's text."""
        return self.name.lower().replace("_", "-")

    @property
    def takes_entry(self) -> bool:
        """Whether it is about one entry, and which must be said."""
        return self in (What.ZAP_ONE, What.DROP, What.ACCESS, What.DIRTY)


WRITERS = (What.ADD, What.ZAP_ONE, What.ZAP_ALL, What.DROP, What.FREE_ALL)
"""Those that hold mmu_lock for write."""

READERS = (What.COUNT, What.ITERATE)
"""Those that hold it for read."""

WALKERS = (What.AGE, What.TEST_AGE)
"""Those that do not hold it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a fiber does; ``entry`` is the place of an entry as the list was made."""

    what: What
    entry: int = 0

    def __str__(self) -> str:
        return f"{self.what.word} {self.entry}" if self.what.takes_entry else self.what.word


@dataclass(frozen=True, slots=True)
class Switch:
    """Before its access number ``at``, ``fiber`` stands still and ``next`` goes on."""

    fiber: int
    at: int
    next: int

    def __str__(self) -> str:
        return f"switch {self.fiber} {self.at} {self.next}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of ``entries``, what each fiber does to it, and in which order.

    ``ad``: SPTEs have Accessed and Dirty bits.  ``reuse``: a descriptor that is
    freed is handed out next.
    """

    entries: int
    fibers: tuple[tuple[Operation, ...], ...]
    switches: tuple[Switch, ...] = ()
    ad: bool = True
    reuse: bool = False
