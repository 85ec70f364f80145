# SPDX-License-Identifier: GPL-2.0-only
"""A sequence of this world: the list, what each fiber does, and the switches.

It has two forms: lines (``Initial``, ``Act``, ``Switch``), as its text and its
bytes have them, and a ``Sequence``, which says what they come to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

FIBERS = 4
FIBER_OPERATIONS = 4
MAX_ENTRIES = 40
MAX_SWITCHES = 256
MAX_DELAYS = 64
MAX_DELAY = 255
MAX_ACCESS = 65535
"""The last access that a switch can precede: two bytes."""


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


class Line:
    """One line of a sequence."""

    __slots__ = ()
    world: ClassVar[str] = "threads"
    repeat: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Initial(Line):
    """The initial state: ``list ENTRIES [no-ad] [reuse] [tso]``.  The last one counts."""

    entries: int
    ad: bool = True
    reuse: bool = False
    tso: bool = False

    def __str__(self) -> str:
        flags = " no-ad" * (not self.ad) + " reuse" * self.reuse + " tso" * self.tso
        return f"list {self.entries}{flags}"


@dataclass(frozen=True, slots=True)
class Act(Line):
    """The next operation of a fiber: ``fiber NUMBER OPERATION [ENTRY]``."""

    fiber: int
    operation: Operation

    def __str__(self) -> str:
        return f"fiber {self.fiber} {self.operation}"


@dataclass(frozen=True, slots=True)
class Switch(Line):
    """Before its access number ``at``, ``fiber`` stops and ``next`` runs."""

    fiber: int
    at: int
    next: int

    def __str__(self) -> str:
        return f"switch {self.fiber} {self.at} {self.next}"


@dataclass(frozen=True, slots=True)
class Delay(Line):
    """The store of access ``at`` waits in the store buffer while ``fiber`` makes ``by`` more."""

    fiber: int
    at: int
    by: int

    def __str__(self) -> str:
        return f"delay {self.fiber} {self.at} {self.by}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of ``entries``, what each fiber does to it, and in which order.

    ``ad``: SPTEs have Accessed and Dirty bits.  ``reuse``: a freed descriptor is
    the next one to be allocated.  ``tso``: fibers have store buffers, and
    ``delays`` say which stores wait in them.
    """

    entries: int
    fibers: tuple[tuple[Operation, ...], ...]
    switches: tuple[Switch, ...] = ()
    ad: bool = True
    reuse: bool = False
    tso: bool = False
    delays: tuple[Delay, ...] = ()


def lines_of(sequence: Sequence) -> list[Line]:
    """Return the lines of a sequence."""
    lines: list[Line] = [Initial(sequence.entries, sequence.ad, sequence.reuse, sequence.tso)]
    for fiber, operations in enumerate(sequence.fibers):
        lines += [Act(fiber, operation) for operation in operations]
    return [*lines, *sequence.switches, *sequence.delays]


def sequence_of(lines: Iterable[Line]) -> Sequence:
    """Return the sequence that lines stand for, as csrc/worlds/threads/world.c reads them.

    Lines beyond what a fiber or a schedule can have are ignored.
    """
    initial = Initial(0)
    fibers: list[list[Operation]] = [[]]
    switches: list[Switch] = []
    delays: list[Delay] = []
    for line in lines:
        match line:
            case Initial():
                initial = line
            case Act():
                fibers += [[] for _ in range(len(fibers), line.fiber + 1)]
                if len(fibers[line.fiber]) < FIBER_OPERATIONS:
                    fibers[line.fiber].append(line.operation)
            case Switch() if len(switches) < MAX_SWITCHES:
                switches.append(line)
            case Delay() if len(delays) < MAX_DELAYS:
                delays.append(line)
    return Sequence(
        initial.entries,
        tuple(map(tuple, fibers)),
        tuple(switches),
        initial.ad,
        initial.reuse,
        initial.tso,
        tuple(delays),
    )
