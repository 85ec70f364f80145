# SPDX-License-Identifier: GPL-2.0-only
"""A typed wrapper around a target that was compiled for this world."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from pyfuzz.errors import HarnessError
from pyfuzz.module import builder
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads.operation import Sequence, Switch, What
from pyfuzz.worlds.threads.places import Places

ABI = 4


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
class ThreadsFinding:
    """One broken property, and the sequence (with its schedule) that shows it."""

    kind: str
    signature: int
    function: str
    line: int
    message: str
    other: str
    fiber: int
    access: int
    away: int
    first_schedule: int
    count: int
    sequence: Sequence


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


class ThreadsModule:
    """A compiled target.  Its world is a single global state, so it has one user at a time."""

    def __init__(self, target: Target) -> None:
        """Build the target for this world if necessary, and load it."""
        self.target = target
        self.path = builder.build(target, "threads")
        compiled = _import(self.path)
        self._ffi = compiled.ffi
        self._lib = compiled.lib
        if self._lib.PYFUZZ_THREADS_ABI != ABI:
            raise HarnessError(
                f"{self.path.name} has interface {self._lib.PYFUZZ_THREADS_ABI}, pyfuzz needs "
                f"{ABI}: run 'make clean setup'"
            )
        self._result = self._ffi.new("struct pyfuzz_threads_result *")
        self.places = Places(self.path)

    @property
    def locked_heads(self) -> bool:
        """Whether heads have a lock bit, so that walkers need no mmu_lock."""
        return bool(self._lib.pyfuzz_threads_locked_heads())

    @property
    def reached(self) -> bool:
        """Whether the place of a planted mutant was reached; False without one."""
        return bool(self._lib.pyfuzz_threads_reached())

    def can(self, what: What) -> bool:
        """Tell whether the target has the function that an operation needs."""
        return bool(self._lib.pyfuzz_threads_can(what))

    def search(
        self, sequence: Sequence, bound: int, *, prune: bool = True, limit: int = 0
    ) -> SearchResult:
        """Run every schedule of a sequence's fibers with at most ``bound`` switches.

        A switch counts if it preempts a fiber that could have continued.  The
        sequence's own switches are ignored.  ``limit``: schedules, 0 for no limit.
        Errors: HarnessError if a schedule does not replay exactly.
        """
        scenario = self._scenario(sequence)
        self._lib.pyfuzz_threads_search(scenario, bound, prune, limit, self._result)
        return self._read(sequence)

    def fuzz(self, sequence: Sequence, seed: int, *, schedules: int, changes: int) -> SearchResult:
        """Run random schedules, each with so many changes of priority (PCT).

        Errors: HarnessError if one with a finding does not replay exactly.
        """
        scenario = self._scenario(sequence)
        self._lib.pyfuzz_threads_fuzz(scenario, seed, schedules, changes, self._result)
        return self._read(sequence)

    def pairs(self, *, forget: bool = False) -> int:
        """Return how many pairs of a writing and a using place fuzz() has seen."""
        return int(self._lib.pyfuzz_threads_pairs(forget))

    def run(self, sequence: Sequence) -> SearchResult:
        """Run one schedule, twice to check that it replays exactly.

        Errors: HarnessError if the two differ.
        """
        schedule = self._ffi.new("struct pyfuzz_schedule *")
        schedule.len = len(sequence.switches)
        for number, switch in enumerate(sequence.switches):
            out = schedule.switches[number]
            out.fiber, out.at, out.next = switch.fiber, switch.at, switch.next
        self._lib.pyfuzz_threads_run(self._scenario(sequence), schedule, self._result)
        return self._read(sequence)

    def trace(self) -> list[Event]:
        """Return the accesses of the last run()."""
        length = self._lib.pyfuzz_threads_trace(self._ffi.NULL, 0)
        events = self._ffi.new("struct pyfuzz_event[]", length)
        self._lib.pyfuzz_threads_trace(events, length)
        return [
            Event(
                EventKind(e.kind),
                e.fiber,
                e.access,
                e.place,
                self._text(e.what),
                e.value,
                e.size,
                bool(e.forced),
                self._text(e.list),
            )
            for e in events
        ]

    def litmus(self, name: str, bound: int, *, prune: bool = True) -> tuple[set[int], SearchResult]:
        """Run a litmus test of csrc/worlds/threads/litmus.c; return its outcomes.

        An outcome has bit ``n`` set where register ``n`` ended as 1.
        Errors: HarnessError if there is no such test.
        """
        mask = self._lib.pyfuzz_threads_litmus(name.encode(), bound, prune, self._result)
        if mask < 0:
            raise HarnessError(f"there is no litmus test '{name}'")
        outcomes = {bit for bit in range(16) if mask >> bit & 1}
        return outcomes, self._read(Sequence(0, ((),)))

    def _scenario(self, sequence: Sequence) -> Any:
        scenario = self._ffi.new("struct pyfuzz_scenario *")
        scenario.fibers = len(sequence.fibers)
        scenario.entries = sequence.entries
        scenario.ad = sequence.ad
        scenario.reuse = sequence.reuse
        for number, operations in enumerate(sequence.fibers):
            fiber = scenario.fiber[number]
            fiber.ops_len = len(operations)
            for index, operation in enumerate(operations):
                fiber.ops[index].what = operation.what
                fiber.ops[index].operand = operation.entry
        return scenario

    def _read(self, sequence: Sequence) -> SearchResult:
        r = self._result
        if r.errors:
            raise HarnessError(
                f"{self.target.name}: a schedule did not replay exactly; please report"
            )
        return SearchResult(
            r.schedules,
            r.pruned,
            r.accesses,
            r.words,
            r.outcomes,
            r.outcomes_hash,
            r.hash,
            bool(r.complete),
            r.longest,
            r.new_pairs,
            tuple(r.at_bound),
            tuple(self._finding(r.findings[i], sequence) for i in range(r.findings_len)),
        )

    def _finding(self, raw: Any, sequence: Sequence) -> ThreadsFinding:
        place = self.places.find(raw.place)
        schedule = raw.schedule
        switches = tuple(Switch(s.fiber, s.at, s.next) for s in schedule.switches[0 : schedule.len])
        return ThreadsFinding(
            kind=self._text(raw.kind),
            signature=raw.signature,
            function=place.function or self._text(raw.function),
            line=place.line,
            message=self._text(raw.message),
            other=str(self.places.find(raw.other_place)) if raw.other_place else "",
            fiber=raw.fiber,
            access=raw.access,
            away=raw.away,
            first_schedule=raw.first_schedule,
            count=raw.count,
            sequence=Sequence(
                sequence.entries, sequence.fibers, switches, sequence.ad, sequence.reuse
            ),
        )

    def _text(self, chars: Any) -> str:
        text: bytes = self._ffi.string(chars)
        return text.decode("utf-8", "replace")


_import = cache(builder.import_module)
