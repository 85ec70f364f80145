# SPDX-License-Identifier: GPL-2.0-only
"""Find a shorter sequence with the same finding: fewer switches, then fewer operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pyfuzz.worlds.threads.module import ThreadsFinding, ThreadsModule
from pyfuzz.worlds.threads.operation import Sequence, Switch

# How far a switch is moved, and the limit on schedules for a smaller scenario.
_FAR = 64
_LIMIT = 20000


def minimize(module: ThreadsModule, finding: ThreadsFinding) -> ThreadsFinding:
    """Return the finding with the smallest sequence that still shows it.

    Errors: HarnessError if a schedule does not replay.
    """
    best = finding
    while (smaller := _first_smaller(module, best)) is not None:
        best = smaller
    return best


def _first_smaller(module: ThreadsModule, best: ThreadsFinding) -> ThreadsFinding | None:
    for candidate in _fewer_switches(best.sequence):
        # The switches as they happened: those without effect are gone.
        shown = find(module, candidate, best)
        if shown is not None and _size(shown.sequence) < _size(best.sequence):
            return shown
    for candidate in _less_to_do(best.sequence):
        # The old switches no longer fit: search for as few that do.
        found = module.search(candidate, best.away, limit=_LIMIT).findings
        shown = next((one for one in found if _like(one, best)), None)
        if shown is not None and _size(shown.sequence) < _size(best.sequence):
            return shown
    for candidate in _earlier(best.sequence):
        shown = find(module, candidate, best)
        if shown is not None and _size(shown.sequence) < _size(best.sequence):
            return shown
    return None


def find(module: ThreadsModule, sequence: Sequence, like: ThreadsFinding) -> ThreadsFinding | None:
    """Run a sequence; return its finding of the same kind at the same place, if any."""
    return next((one for one in module.run(sequence).findings if _like(one, like)), None)


def _like(one: ThreadsFinding, other: ThreadsFinding) -> bool:
    return (one.kind, one.function, one.line) == (other.kind, other.function, other.line)


def _size(sequence: Sequence) -> tuple[int, int, int, int]:
    """Order sequences by switches, then operations, then list, then how late the switches are."""
    operations = sum(map(len, sequence.fibers))
    return (
        len(sequence.switches),
        operations,
        sequence.entries,
        sum(switch.at for switch in sequence.switches),
    )


def _fewer_switches(sequence: Sequence) -> Iterator[Sequence]:
    switches = sequence.switches
    for number in range(len(switches)):
        yield replace(sequence, switches=switches[:number] + switches[number + 1 :])


def _less_to_do(sequence: Sequence) -> Iterator[Sequence]:
    for fiber, operations in enumerate(sequence.fibers):
        for number in range(len(operations)):
            left = operations[:number] + operations[number + 1 :]
            fibers = (*sequence.fibers[:fiber], left, *sequence.fibers[fiber + 1 :])
            yield replace(sequence, fibers=fibers)
    for entries in range(sequence.entries):
        yield replace(sequence, entries=entries)


def _earlier(sequence: Sequence) -> Iterator[Sequence]:
    """Move one switch earlier: the start of an operation is easier to read than its middle."""
    for number, switch in enumerate(sequence.switches):
        for at in range(max(0, switch.at - _FAR), switch.at):
            moved = Switch(switch.fiber, at, switch.next)
            switches = (*sequence.switches[:number], moved, *sequence.switches[number + 1 :])
            yield replace(sequence, switches=switches)
