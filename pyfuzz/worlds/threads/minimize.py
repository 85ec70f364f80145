# SPDX-License-Identifier: GPL-2.0-only
"""Find a shorter sequence with the same finding: fewer switches, then fewer operations.

A store that waits counts as a switch does: both are part of the schedule.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pyfuzz.worlds.threads.operation import (
    Delay,
    Line,
    Sequence,
    Switch,
    lines_of,
    sequence_of,
)

if TYPE_CHECKING:
    from pyfuzz.kinds import Kind
    from pyfuzz.worlds.threads.event import ThreadsFinding
    from pyfuzz.worlds.threads.searching import Searching

# How far a switch is moved, and the limit on schedules for a smaller scenario.
_FAR = 64
_LIMIT = 20000
# With more switches a search takes too long.
_BOUND = 3
_SECONDS = 10.0


def minimize(module: Searching, finding: ThreadsFinding) -> ThreadsFinding:
    """Return the finding with the smallest sequence that still shows it.

    Errors: HarnessError if a schedule does not replay.
    """
    best = finding
    until_s = time.monotonic() + _SECONDS
    while time.monotonic() < until_s and (smaller := _first_smaller(module, best)) is not None:
        best = smaller
    return best


def minimize_lines(
    module: Searching, lines: list[Line], kind: Kind, function: str, line: int
) -> list[Line]:
    """Return the smallest sequence with this finding; the same lines if they do not show it."""
    for finding in module.run_sequence(sequence_of(lines)).findings:
        if (finding.kind, finding.function, finding.line) == (kind, function, line):
            return lines_of(minimize(module, finding).sequence)
    return lines


def _first_smaller(module: Searching, best: ThreadsFinding) -> ThreadsFinding | None:
    for candidate in _fewer_switches(best.sequence):
        # The switches as they happened: those without effect are gone.
        shown = find(module, candidate, best)
        if shown is not None and size(shown.sequence) < size(best.sequence):
            return shown
    for candidate in _less_to_do(best.sequence):
        # The old switches no longer fit: search for as few that do.
        found = module.search(candidate, min(best.away, _BOUND), limit=_LIMIT).findings
        shown = next((one for one in found if one.key == best.key), None)
        if shown is not None and size(shown.sequence) < size(best.sequence):
            return shown
    for candidate in _earlier(best.sequence):
        shown = find(module, candidate, best)
        if shown is not None and size(shown.sequence) < size(best.sequence):
            return shown
    return None


def find(module: Searching, sequence: Sequence, like: ThreadsFinding) -> ThreadsFinding | None:
    """Run a sequence; return its finding of the same kind at the same place, if any."""
    found = module.run_sequence(sequence).findings
    return next((one for one in found if one.key == like.key), None)


def size(sequence: Sequence) -> tuple[int, int, int, int, int]:
    """Order sequences by switches, then operations, then list, then how late the switches are."""
    operations = sum(map(len, sequence.fibers))
    return (
        len(sequence.switches) + len(sequence.delays),
        operations,
        sequence.entries,
        sequence.tso,
        sum(switch.at for switch in sequence.switches) + sum(delay.by for delay in sequence.delays),
    )


def _fewer_switches(sequence: Sequence) -> Iterator[Sequence]:
    switches, delays = sequence.switches, sequence.delays
    yield replace(sequence, switches=(), delays=())
    if sequence.tso:
        yield replace(sequence, tso=False, delays=())
    for number in range(len(delays)):
        yield replace(sequence, delays=delays[:number] + delays[number + 1 :])
    for number in range(len(switches)):
        yield replace(sequence, switches=switches[:number] + switches[number + 1 :])


def _less_to_do(sequence: Sequence) -> Iterator[Sequence]:
    fibers = sequence.fibers
    for fiber in range(len(fibers) if len(fibers) > 1 else 0):
        yield replace(sequence, fibers=(*fibers[:fiber], *fibers[fiber + 1 :]))
    for fiber, operations in enumerate(fibers):
        for number in range(len(operations)):
            left = operations[:number] + operations[number + 1 :]
            yield replace(sequence, fibers=(*fibers[:fiber], left, *fibers[fiber + 1 :]))
    for entries in range(sequence.entries):
        yield replace(sequence, entries=entries)


def _earlier(sequence: Sequence) -> Iterator[Sequence]:
    """Move one switch earlier: the start of an operation is easier to read than its middle."""
    for number, switch in enumerate(sequence.switches):
        for at in range(max(0, switch.at - _FAR), switch.at):
            moved = Switch(switch.fiber, at, switch.next)
            switches = (*sequence.switches[:number], moved, *sequence.switches[number + 1 :])
            yield replace(sequence, switches=switches)
    for number, delay in enumerate(sequence.delays):
        for by in range(1, delay.by):
            sooner = Delay(delay.fiber, delay.at, by)
            delays = (*sequence.delays[:number], sooner, *sequence.delays[number + 1 :])
            yield replace(sequence, delays=delays)
