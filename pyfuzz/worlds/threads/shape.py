# SPDX-License-Identifier: GPL-2.0-only
"""The shape of a sequence: what its fibers do, without the numbers that do not matter."""

from __future__ import annotations

from collections.abc import Iterable

from pyfuzz.worlds.threads.operation import Line, sequence_of

Shape = tuple[str, ...]


def shape(lines: Iterable[Line]) -> Shape:
    """Return a line for the list's form, one for what each fiber does, and the switches.

    A switch's place is left out: that differs with the length of the list.
    """
    sequence = sequence_of(lines)
    form = ("empty", "single", "many")[min(sequence.entries, 2)]
    flags = " no-ad" * (not sequence.ad) + " reuse" * sequence.reuse
    fibers = (
        f"fiber {number} {', '.join(operation.what.word for operation in operations)}"
        for number, operations in enumerate(sequence.fibers)
        if operations
    )
    switches = (f"switch {switch.fiber} {switch.next}" for switch in sequence.switches)
    return (f"list {form}{flags}", *fibers, *switches)
