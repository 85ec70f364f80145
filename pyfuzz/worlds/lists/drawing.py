# SPDX-License-Identifier: GPL-2.0-only
"""Draws a list in kernel notation: ``head -> [14] -> [3] -> NULL``."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyfuzz.worlds.lists.memory import ReverseMap, SpteNames

# Lists of up to so many entries are drawn with their SPTEs, longer ones with
# the fill of their descriptors.
_NAMED = 8


def draw(rmap: ReverseMap, vm: int, names: SpteNames) -> str:
    """Draw one list of a VM: each descriptor with its SPTEs or with its fill.

    ``head -> s5``, ``head -> [s0 s1] -> NULL``, ``head -> [2] -> 30 x [14] ->
    NULL``; what is broken in its shape follows after ``!!``.
    """
    nodes = ["head"]
    if not rmap.descriptors:
        nodes.append(_name(rmap.sptes[0], vm, names) if rmap.sptes else "NULL")
    elif len(rmap.sptes) <= _NAMED:
        nodes += [
            f"[{' '.join(_name(spte, vm, names) for spte in descriptor.sptes)}]"
            for descriptor in rmap.descriptors
        ]
        nodes.append("NULL")
    else:
        for fill, run in groupby(len(descriptor.sptes) for descriptor in rmap.descriptors):
            times = len(list(run))
            nodes.append(f"[{fill}]" if times == 1 else f"{times} x [{fill}]")
        nodes.append("NULL")
    drawn = " -> ".join(nodes)
    return f"{drawn} !! {rmap.defects[0]}" if rmap.defects else drawn


def _name(address: int, vm: int, names: SpteNames) -> str:
    found = names.find(address)
    if found is None:
        return "?"
    return f"s{found[1]}" if found[0] == vm else f"vm{found[0]}:s{found[1]}"
