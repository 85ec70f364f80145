# SPDX-License-Identifier: GPL-2.0-only
"""The pages world's row in the table of worlds."""

from __future__ import annotations

from collections.abc import Iterable

from pyfuzz.world import World
from pyfuzz.worlds.pages import binary, shape, simplify, text
from pyfuzz.worlds.pages.operation import FORMS, Operation
from pyfuzz.worlds.pages.snapshot import drawing
from pyfuzz.worlds.pages.trace import trace


def _has_faults(operations: Iterable[Operation]) -> bool:
    """No operation of this world plants a fault."""
    del operations
    return False


WORLD = World(
    name="pages",
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
    drawing=drawing,
    words={opcode: form.word for opcode, form in FORMS.items()},
    guest_driven=True,
)
