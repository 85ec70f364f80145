# SPDX-License-Identifier: GPL-2.0-only
"""One schedule as a table: a column for each fiber, and the list at each switch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyfuzz.target.source_text import SourceFile, source_files
from pyfuzz.worlds.threads.module import Event, EventKind, ThreadsFinding, ThreadsModule
from pyfuzz.worlds.threads.operation import Sequence

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
}
_WIDTH = 44
_CODE = 56


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a trace: a fiber's access with its code, or a switch (``fiber`` is None)."""

    fiber: int | None
    text: str
    code: str


class Trace:
    """The trace of one sequence, run on one module."""

    def __init__(self, module: ThreadsModule, sequence: Sequence) -> None:
        """Run the sequence twice, and record what it did.

        Errors: HarnessError if the two runs differ.
        """
        self.sequence = sequence
        self.result = module.run(sequence)
        self.events = module.trace()
        self._module = module
        self._sources: dict[str, SourceFile] | None = None
        self._ended: set[int] = set()

    @property
    def findings(self) -> tuple[ThreadsFinding, ...]:
        """The findings of this schedule."""
        return self.result.findings

    def lines(self, *, everything: bool = False) -> Iterator[Line]:
        """Yield the lines: ``everything``, or without plain accesses to a fiber's own memory."""
        shared = self._shared()
        self._ended = set()
        for event in self.events:
            line = self._line(event)
            if everything or event.kind >= EventKind.MARKED_READ or event.word in shared:
                yield line

    def text(self, *, everything: bool = False) -> Iterator[str]:
        """Yield the trace as a table with a column for each fiber."""
        fibers = self.sequence.fibers
        titles = [", ".join(map(str, operations)) for operations in fibers]
        yield " | ".join(f"{f'fiber {n}: {t}':{_WIDTH}}" for n, t in enumerate(titles)).rstrip()
        yield "-+-".join("-" * _WIDTH for _ in fibers)
        for line in self.lines(everything=everything):
            if line.fiber is None:
                yield f"-- {line.text}"
                continue
            cells = [""] * len(fibers)
            cells[line.fiber] = line.text
            columns = " | ".join(f"{cell:{_WIDTH}}" for cell in cells)
            yield f"{columns}  {line.code}".rstrip()

    def _shared(self) -> set[str]:
        """The words of memory that more than one fiber accesses."""
        users: dict[str, set[int]] = {}
        for event in self.events:
            if event.word:
                users.setdefault(event.word, set()).add(event.fiber)
        return {word for word, fibers in users.items() if len(fibers) > 1}

    def _line(self, event: Event) -> Line:
        if event.kind is EventKind.SWITCH:
            return Line(None, f"{self._switch(event)}; the list: {event.list}", "")
        if event.kind is EventKind.END:
            self._ended.add(event.fiber)
            return Line(event.fiber, "-- ends", "")
        if event.kind is EventKind.BEGIN:
            operation = self.sequence.fibers[event.fiber][event.value]
            return Line(event.fiber, f"-- {operation}", "")
        place = self._module.places.find(event.place)
        code = self._code(place.file, place.line)
        where = f"{place.function}:{place.line}" if place.function else ""
        text = f"{event.access:>3} {_VERBS[event.kind]} {event.word}"
        return Line(event.fiber, text[:_WIDTH], f"{where:32} {code}".rstrip())

    def _switch(self, event: Event) -> str:
        if not event.access:
            return f"fiber {event.value} begins"
        if event.fiber in self._ended:
            return f"fiber {event.value} goes on"
        why = "cannot go on" if event.forced else f"stops before its access {event.access}"
        return f"fiber {event.fiber} {why}: fiber {event.value} goes on"

    def _code(self, file: str, line: int) -> str:
        if not file:
            return ""
        if self._sources is None:
            self._sources = source_files(self._module.target, self._module.places.folder)
        source = self._sources.get(file)
        text = source.lines.get(line, "") if source else ""
        return " ".join(text.split())[:_CODE]
