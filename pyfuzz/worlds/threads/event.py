# SPDX-License-Identifier: GPL-2.0-only
"""What a traced schedule, or a search, tells: plain data, copied out of C."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from pyfuzz.symptom import Shown

if TYPE_CHECKING:
    from pyfuzz.symptom import Symptom
    from pyfuzz.worlds.threads.operation import Sequence


class EventKind(IntEnum):
    """The kind of an event; numbers as in ``enum pyfuzz_event_kind``."""

    READ = 0
    WRITE = 1
    MARKED_READ = 2
    MARKED_WRITE = 3
    ATOMIC = 4
    LOCK = 5
    UNLOCK = 6
    FREE = 7
    RELAX = 8
    BEGIN = 9
    SWITCH = 10
    END = 11
    FLUSH = 12


@dataclass(frozen=True, slots=True)
class Event:
    """One access in a schedule, or a switch, or the start of an operation."""

    kind: EventKind
    fiber: int
    access: int
    place: int
    word: str
    value: int
    size: int
    forced: bool
    list: str


@dataclass(frozen=True, slots=True)
class ThreadsFinding(Shown):
    """One broken property, and the sequence (with its schedule) that shows it."""

    symptom: Symptom
    signature: int
    other: str
    fiber: int
    access: int
    away: int
    delayed: int
    first_schedule: int
    count: int
    sequence: Sequence

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from other findings: its kind, function and line."""
        return (self.kind.value, self.function, self.line)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search or of one schedule; ``at_bound``: schedules for each bound."""

    schedules: int
    pruned: int
    accesses: int
    words: int
    outcomes: int
    outcomes_hash: int
    hash: int
    complete: bool
    longest: int
    new_pairs: int
    at_bound: tuple[int, ...]
    findings: tuple[ThreadsFinding, ...]
