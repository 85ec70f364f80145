# SPDX-License-Identifier: GPL-2.0-only
"""Fuzzing in this world: random fibers, lists and schedules; what showed something new is mutated.

Unlike the search (``systematic``) this does not end by itself, and it tries what
the search leaves out: four fibers, several operations each, lists of any length.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pyfuzz.worlds.threads.event import ThreadsFinding
from pyfuzz.worlds.threads.operation import (
    FIBER_OPERATIONS,
    FIBERS,
    MAX_ENTRIES,
    READERS,
    WALKERS,
    WRITERS,
    Operation,
    Sequence,
    What,
)

if TYPE_CHECKING:
    from pyfuzz.worlds.threads.module import ThreadsModule

# Schedules per scenario, run in one call into C.
_SCHEDULES = 64
_MAX_CHANGES = 4
# How often a scenario is mutated from one that showed something new.
_KEPT = 0.5
# How often fibers have store buffers.
_BUFFERED = 0.125
_LENGTHS = (0, 1, 2, 3, 13, 14, 15, 16, 27, 28, 29, 30)
_HARDWARE = (What.ACCESS, What.DIRTY)


@dataclass(slots=True)
class FuzzResult:
    """The result of a campaign."""

    target: str
    seed: int
    lockless: bool
    schedules: int = 0
    accesses: int = 0
    scenarios: int = 0
    pairs: int = 0
    kept: list[Sequence] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False
    findings: dict[tuple[str, str, int], ThreadsFinding] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """``finding`` or ``clean``."""
        return "finding" if self.findings else "clean"


def fuzz(
    module: ThreadsModule,
    seed: int,
    *,
    seconds: float | None = None,
    schedules: int | None = None,
    stop_on_finding: bool = False,
    progress: Callable[[FuzzResult], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> FuzzResult:
    """Fuzz a target until the time is up or so many schedules were run.

    Two campaigns with the same seed run the same schedules.  ``clock`` measures the time.
    Errors: HarnessError if a schedule does not replay.
    """
    maker = Maker(module, random.Random(seed))
    module.pairs(forget=True)
    found = FuzzResult(module.name, seed, module.can(What.AGE))
    begin_s = clock()
    while True:
        sequence = maker.next(found.kept)
        changes = maker.random.randint(1, _MAX_CHANGES)
        drawn = maker.random.getrandbits(64)
        try:
            result = module.fuzz(sequence, drawn, schedules=_SCHEDULES, changes=changes)
        except KeyboardInterrupt:
            found.interrupted = True
            break
        found.scenarios += 1
        # If building the list already fails, that is a finding, without a schedule.
        found.schedules += max(result.schedules, 1)
        found.accesses += result.accesses
        if result.new_pairs:
            found.kept.append(sequence)
        for finding in result.findings:
            found.findings.setdefault(finding.key, finding)
        found.seconds = clock() - begin_s
        if progress is not None and found.scenarios % 256 == 0:
            progress(found)
        if (
            (seconds is not None and found.seconds >= seconds)
            or (schedules is not None and found.schedules >= schedules)
            or (stop_on_finding and found.findings)
        ):
            break
    found.pairs = module.pairs()
    return found


class Maker:
    """Generates scenarios from the operations that a target has."""

    def __init__(self, module: ThreadsModule, chance: random.Random) -> None:
        self.random = chance
        self._writers = [what for what in WRITERS if module.can(what)]
        self._others = [what for what in (*WALKERS, *WALKERS, *READERS) if module.can(what)]
        self._others += _HARDWARE if module.can(What.AGE) else ()
        self._has_no_ad = module.can(What.AGE)

    def next(self, kept: list[Sequence]) -> Sequence:
        """Return a scenario: a new one, or a kept one with one change."""
        if kept and self.random.random() < _KEPT:
            return self._changed(self.random.choice(kept))
        count = self.random.choice((2, 2, 2, 3, 3, FIBERS))
        fibers = [self._fiber(self._writers)]
        fibers += [self._fiber(self._either()) for _ in range(count - 1)]
        return Sequence(
            self._length(),
            tuple(fibers),
            (),
            ad=not self._has_no_ad or self.random.random() < 0.6,
            reuse=self.random.random() < 0.4,
            tso=self.random.random() < _BUFFERED,
        )

    def _either(self) -> list[What]:
        return self._others if self.random.random() < 0.7 and self._others else self._writers

    def _fiber(self, whats: list[What]) -> tuple[Operation, ...]:
        length = self.random.choice((1, 1, 2, 3, FIBER_OPERATIONS))
        return tuple(self._operation(self.random.choice(whats)) for _ in range(length))

    def _operation(self, what: What) -> Operation:
        if not what.takes_entry:
            return Operation(what)
        return Operation(what, self.random.choice((0, 1, self.random.randrange(MAX_ENTRIES))))

    def _length(self) -> int:
        if self.random.random() < 0.8:
            return self.random.choice(_LENGTHS)
        return self.random.randint(0, MAX_ENTRIES)

    def _changed(self, sequence: Sequence) -> Sequence:
        choice = self.random.randrange(4)
        if choice == 0:
            return replace(sequence, entries=self._length())
        if choice == 1:
            return replace(sequence, reuse=not sequence.reuse)
        fibers = list(sequence.fibers)
        number = self.random.randrange(len(fibers))
        if choice == 2:
            fibers[number] = self._fiber(self._either() if number else self._writers)
        else:
            longer = (*fibers[number], *self._fiber(self._either()))
            fibers[number] = longer[-FIBER_OPERATIONS:]
        return replace(sequence, fibers=tuple(fibers))
