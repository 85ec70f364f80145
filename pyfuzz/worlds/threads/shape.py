# SPDX-License-Identifier: GPL-2.0-only
"""The shape of a sequence: what its fibers do, without the numbers that do not matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyfuzz.worlds.threads.operation import Act, Line, sequence_of

Shape = tuple[str, ...]


def shape(lines: Iterable[Line]) -> Shape:
    """Return a line for the list's form, one for what each fiber does, and the switches.

    A switch's place is left out: that differs with the length of the list.
    """
    sequence = sequence_of(lines)
    form = ("empty", "single", "many")[min(sequence.entries, 2)]
    flags = " no-ad" * (not sequence.ad) + " reuse" * sequence.reuse + " tso" * sequence.tso
    fibers = (
        f"fiber {number} {', '.join(operation.what.word for operation in operations)}"
        for number, operations in enumerate(sequence.fibers)
        if operations
    )
    switches = (f"switch {switch.fiber} {switch.next}" for switch in sequence.switches)
    delays = (f"delay {delay.fiber}" for delay in sequence.delays)
    return (f"list {form}{flags}", *fibers, *switches, *delays)


def naming(lines: Sequence[Line], line: int) -> list[str]:
    """Return what is interleaved, in words for the name of a file: ``age beside zap-all``."""
    own = lines[line]
    if not isinstance(own, Act):
        return []
    others = [
        operation.what.word
        for fiber, operations in enumerate(sequence_of(lines).fibers)
        for operation in operations[:1]
        if fiber != own.fiber
    ]
    return [own.operation.what.word, *(["beside", *others] if others else [])]
