# SPDX-License-Identifier: GPL-2.0-only
"""The lists world's row in the table of worlds."""

from __future__ import annotations

from pyfuzz.world import World
from pyfuzz.worlds.lists import binary, shape, simplify, text
from pyfuzz.worlds.lists.naming import naming
from pyfuzz.worlds.lists.operation import FORMS, Opcode, has_faults
from pyfuzz.worlds.lists.snapshot import drawing
from pyfuzz.worlds.lists.trace import trace

WORLD = World(
    name="lists",
    header=text.HEADER,
    operation_bytes=binary.OPERATION_BYTES,
    parse_words=text.parse_words,
    format_operation=text.format_operation,
    encode=binary.encode,
    decode=binary.decode,
    split=binary.split,
    has_faults=has_faults,
    size=simplify.size,
    passes=simplify.PASSES,
    shape=shape.shape,
    naming=naming,
    trace=trace,
    drawing=drawing,
    words={opcode: form.word for opcode, form in FORMS.items() if opcode is not Opcode.FAULT},
    faults=True,
)
