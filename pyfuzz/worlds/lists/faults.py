# SPDX-License-Identifier: GPL-2.0-only
"""The faults that can be planted (``--faults``): number, name, the mistake each stands for."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import Enum

from pyfuzz import tables
from pyfuzz.errors import UsageError


class Group(Enum):
    """What a fault damages; the value is for people."""

    RULE = "the callers' rule"
    HEAD = "the head"
    SLOT = "a slot"
    COUNT = "a count"
    LINK = "a link"
    MEMORY = "descriptors and their cache"
    CALLER = "the caller's side"


class Reach(Enum):
    """Whose mistake a fault takes; the value is for people.

    Through the callers, used as documented, a guest reaches none: that is what
    fuzzing without faults tests (docs/containment.md).
    """

    CALLER = "a mistake in KVM's callers: if there is one, a guest can trigger it"
    LIST = "a mistake in the list code: none is known in these versions"
    OUTSIDE = "memory damaged from outside of the lists: a guest first needs another bug for that"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    ``number`` is that of csrc/worlds/lists/faults.def, ``damage`` what it changes,
    ``cause`` the mistake that it stands for, ``reach`` whose mistake that is.
    """

    number: int
    name: str
    group: Group
    reach: Reach
    damage: str
    cause: str


FAULTS = tuple(
    Fault(number, name, Group[group], Reach[reach], damage, cause)
    for number, (_, name, group, reach, damage, cause) in enumerate(
        tables.rows("worlds/lists/faults.def", "FAULT", 6)
    )
)
BY_NAME = {fault.name: fault for fault in FAULTS}
# Those that deal with the next head as well.
WRONG_GFN = frozenset(("wrong-gfn", "running-other", "running-none"))
NEXT_HEAD = WRONG_GFN | {"add-to-two-heads"}
# In the order in which people read them: by what they damage.
BY_GROUP = tuple(sorted(FAULTS, key=lambda fault: list(Group).index(fault.group)))


def get(name: str) -> Fault:
    """Return the fault of this name.

    Errors: UsageError with the nearest names.
    """
    try:
        return BY_NAME[name]
    except KeyError:
        near = difflib.get_close_matches(name, BY_NAME, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(BY_NAME)}"
        raise UsageError(f"there is no fault '{name}': {hint}") from None
