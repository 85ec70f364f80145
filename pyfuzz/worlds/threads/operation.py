# SPDX-License-Identifier: GPL-2.0-only
"""A sequence of this world: the list, what each fiber does, and the switches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

FIBERS = 4
FIBER_OPERATIONS = 4
MAX_ENTRIES = 40
MAX_SWITCHES = 256


class What(IntEnum):
    """An operation of a fiber; numbers as in ``enum pyfuzz_threads_what``."""

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
        """Its name in the text form."""
        return self.name.lower().replace("_", "-")

    @property
    def takes_entry(self) -> bool:
        """Whether it takes the number of an entry."""
        return self in (What.ZAP_ONE, What.DROP, What.ACCESS, What.DIRTY)


WRITERS = (What.ADD, What.ZAP_ONE, What.ZAP_ALL, What.DROP, What.FREE_ALL)
"""The operations that hold mmu_lock for write."""

READERS = (What.COUNT, What.ITERATE)
"""The operations that hold it for read."""

WALKERS = (What.AGE, What.TEST_AGE)
"""The operations that do not hold it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a fiber; ``entry`` is an entry's position in the list as it was built."""

    what: What
    entry: int = 0

    def __str__(self) -> str:
        return f"{self.what.word} {self.entry}" if self.what.takes_entry else self.what.word


@dataclass(frozen=True, slots=True)
class Switch:
    """Before its access number ``at``, ``fiber`` stops and ``next`` runs."""

    fiber: int
    at: int
    next: int

    def __str__(self) -> str:
        return f"switch {self.fiber} {self.at} {self.next}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of ``entries``, what each fiber does to it, and in which order.

    ``ad``: SPTEs have Accessed and Dirty bits.  ``reuse``: a freed descriptor is
    the next one to be allocated.
    """

    entries: int
    fibers: tuple[tuple[Operation, ...], ...]
    switches: tuple[Switch, ...] = ()
    ad: bool = True
    reuse: bool = False
