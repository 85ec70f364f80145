# SPDX-License-Identifier: GPL-2.0-only
"""What an operation does, in words for the name of a file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyfuzz.worlds.lists.model import Model
from pyfuzz.worlds.lists.operation import FRAME_HEADS, Heads, Opcode, Operation
from pyfuzz.worlds.lists.shape import shape

# In a shape: a VM, a list, a count, which would not make a file's name clearer.
_NUMBERS = re.compile(r"[vfp]\d+|x\d+")


def naming(operations: Sequence[Operation], operation: int) -> list[str]:
    """Return for example ``remove a stray from single``: the list held one entry."""
    op = operations[operation]
    lines = shape(operations[: operation + 1])
    words = lines[-1].split() if lines else [op.form.word]
    named = [word for word in words if not _NUMBERS.fullmatch(word)]
    return [*named, *_list_of(operations, operation)]


def _list_of(operations: Sequence[Operation], operation: int) -> list[str]:
    """Say how long the list was that the operation dealt with."""
    op = operations[operation]
    if op.form.heads is Heads.NONE:
        return []
    model = Model(frozenset(Opcode), recycles=True)
    for earlier in operations[:operation]:
        for step in range(earlier.repeat):
            model.apply(model.predict(earlier, step))
    off = op.opcode is Opcode.RMAP_REMOVE_OFF
    length = len(model.members(op.head_vm, (op.head + 1) % FRAME_HEADS if off else op.head))
    preposition = "to" if op.form.word.endswith("add") else "from"
    return [preposition, ("empty", "single", "many")[min(length, 2)]]
