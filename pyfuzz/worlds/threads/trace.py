# SPDX-License-Identifier: GPL-2.0-only
"""Run a sequence and record its schedule: each access with its code, the list at each switch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyfuzz.module.results import Skip
from pyfuzz.replay.entry import Access, Entry
from pyfuzz.target.source_text import SourceFile, source_files
from pyfuzz.worlds.threads.event import Event, EventKind
from pyfuzz.worlds.threads.operation import sequence_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyfuzz.worlds.threads.module import ThreadsModule
    from pyfuzz.worlds.threads.operation import Line, Sequence

_VERBS = {
    EventKind.READ: "read",
    EventKind.WRITE: "write",
    EventKind.MARKED_READ: "READ_ONCE",
    EventKind.MARKED_WRITE: "WRITE_ONCE",
    EventKind.ATOMIC: "atomic",
    EventKind.LOCK: "lock",
    EventKind.UNLOCK: "unlock",
    EventKind.FREE: "free",
    EventKind.RELAX: "cpu_relax",
    EventKind.FLUSH: "flush",
}
_CODE = 56


def trace(module: ThreadsModule, lines: list[Line], *, look_ahead: bool = True) -> Iterator[Entry]:
    """Yield an entry for each line, and one for the schedule that they make.

    Errors: HarnessError if the schedule does not run the same twice.
    """
    del look_ahead
    module.begin()
    for number, line in enumerate(lines):
        step = module.step(line, number)
        entry = Entry(number, str(line), steps=1)
        if step.skip is not Skip.RAN:
            entry.skipped[step.skip] += 1
        yield entry
    yield _schedule(module, lines)


def _schedule(module: ThreadsModule, lines: list[Line]) -> Entry:
    step = module.end(len(lines))
    sequence = sequence_of(lines)
    entry = Entry(len(lines), "", steps=1)
    entry.ending = f"the schedule: {step.accesses} accesses, the same in two runs"
    entry.findings = list(module.last().findings)
    if step.log_lines:
        entry.log = module.log()[-step.log_lines :]
    if step.accesses:
        entry.fibers = [", ".join(map(str, operations)) for operations in sequence.fibers]
        entry.accesses = list(Drawing(module, sequence).accesses(module.events()))
    return entry


class Drawing:
    """Puts a schedule's events into words, with the code of each access."""

    def __init__(self, module: ThreadsModule, sequence: Sequence) -> None:
        self._module = module
        self._sequence = sequence
        self._sources: dict[str, SourceFile] | None = None
        self._ended: set[int] = set()

    def accesses(self, events: Iterable[Event]) -> Iterator[Access]:
        """Yield the accesses and switches of a schedule."""
        events = list(events)
        shared = _shared(events)
        self._ended = set()
        for event in events:
            private = event.kind < EventKind.MARKED_READ and event.word not in shared
            yield self._access(event, private=private)

    def _access(self, event: Event, *, private: bool) -> Access:
        if event.kind is EventKind.SWITCH:
            return Access(None, f"{self._switch(event)}; the list: {event.list}")
        if event.kind is EventKind.END:
            self._ended.add(event.fiber)
            return Access(event.fiber, "-- ends")
        if event.kind is EventKind.BEGIN:
            return Access(event.fiber, f"-- {self._sequence.fibers[event.fiber][event.value]}")
        place = self._module.places.find(event.place)
        source = self._source(place.file)
        text = f"{event.access:>3} {_VERBS[event.kind]} {event.word}"
        call = EventKind.MARKED_READ <= event.kind <= EventKind.FREE
        access = Access(event.fiber, text, private=private, number=event.access, call=call)
        if source is None:  # our own code, on behalf of the fiber
            return access
        code = " ".join(source.lines.get(place.line, "").split())[:_CODE]
        return replace(access, where=f"{place.function}:{place.line}", code=code)

    def _switch(self, event: Event) -> str:
        if not event.access:
            return f"fiber {event.value} begins"
        if event.fiber in self._ended:
            return f"fiber {event.value} goes on"
        why = "cannot go on" if event.forced else f"stops before its access {event.access}"
        return f"fiber {event.fiber} {why}: fiber {event.value} goes on"

    def _source(self, file: str) -> SourceFile | None:
        if not file or self._module.target is None:
            return None
        if self._sources is None:
            self._sources = source_files(self._module.target, self._module.places.folder)
        return self._sources.get(file)


def _shared(events: Iterable[Event]) -> set[str]:
    """The words of memory that more than one fiber accesses."""
    users: dict[str, set[int]] = {}
    for event in events:
        if event.word:
            users.setdefault(event.word, set()).add(event.fiber)
    return {word for word, fibers in users.items() if len(fibers) > 1}
