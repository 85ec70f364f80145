# SPDX-License-Identifier: GPL-2.0-only
"""Propose simpler forms of a sequence, for the minimiser to try.

Simpler: fewer switches, then fewer operations, then a shorter list, then
switches that are earlier, since the start of an operation is easier to read
than its middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pyfuzz.worlds.threads.operation import Act, Delay, Initial, Line, Switch, sequence_of

Pass = Callable[[list[Line]], Iterator[list[Line]]]
Size = tuple[int, int, int, int, int]
# How far a switch is moved.
_FAR = 64


def size(lines: list[Line]) -> Size:
    """Return what the minimiser minimises: an order on sequences."""
    sequence = sequence_of(lines)
    switches = [line for line in lines if isinstance(line, Switch)]
    delays = [line for line in lines if isinstance(line, Delay)]
    return (
        len(switches) + len(delays),
        sum(isinstance(line, Act) for line in lines),
        sequence.entries + (not sequence.ad) + sequence.reuse + sequence.tso,
        sum(switch.at for switch in switches) + sum(delay.by for delay in delays),
        len(lines),
    )


def _each(lines: list[Line], forms: Callable[[Line], Iterator[Line]]) -> Iterator[list[Line]]:
    for at, line in enumerate(lines):
        for form in forms(line):
            yield [*lines[:at], form, *lines[at + 1 :]]


def shorter_lists(lines: list[Line]) -> Iterator[list[Line]]:
    """Begin with fewer entries, and without what is special."""

    def forms(line: Line) -> Iterator[Line]:
        if isinstance(line, Initial):
            for entries in range(line.entries):
                yield replace(line, entries=entries)
            yield replace(line, ad=True)
            yield replace(line, reuse=False)
            yield replace(line, tso=False)

    return _each(lines, forms)


def earlier_switches(lines: list[Line]) -> Iterator[list[Line]]:
    """Move one switch to an earlier access, or let a store wait for less."""

    def forms(line: Line) -> Iterator[Line]:
        if isinstance(line, Switch):
            for at in range(max(0, line.at - _FAR), line.at):
                yield replace(line, at=at)
        if isinstance(line, Delay):
            for by in range(1, line.by):
                yield replace(line, by=by)

    return _each(lines, forms)


PASSES: tuple[Pass, ...] = (shorter_lists, earlier_switches)
