# SPDX-License-Identifier: GPL-2.0-only
"""The threads world's row in the table of worlds."""

from __future__ import annotations

from collections.abc import Iterable

from pyfuzz.world import World
from pyfuzz.worlds.threads import binary, shape, simplify, text
from pyfuzz.worlds.threads.minimize import minimize_lines
from pyfuzz.worlds.threads.operation import Line, What
from pyfuzz.worlds.threads.trace import trace


def _has_faults(lines: Iterable[Line]) -> bool:
    """No line of this world plants a fault."""
    del lines
    return False


def _drawing(*_: object) -> None:
    """No single step changes memory here: the trace draws the schedule."""


WORLD = World(
    name="threads",
    header=text.HEADER,
    operation_bytes=binary.OPERATION_BYTES,
    parse_words=text.parse_words,
    format_operation=text.format_operation,
    encode=binary.encode,
    decode=binary.decode,
    split=binary.split,
    has_faults=_has_faults,
    size=simplify.size,
    passes=simplify.PASSES,
    shape=shape.shape,
    naming=shape.naming,
    trace=trace,
    drawing=_drawing,
    words={what: what.word for what in What},
    targets_of="lists",
    sanitizer=False,
    schedules=True,
    minimize=minimize_lines,
)
