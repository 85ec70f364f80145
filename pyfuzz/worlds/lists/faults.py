# SPDX-License-Identifier: GPL-2.0-only
"""The faults that can be planted (``--faults``): number, name, the mistake each stands for."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import Enum

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

    Through the documented callers, as they are documented, a guest reaches
    none: fuzzing without faults is just that (docs/containment.md).
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
    damage: str
    cause: str

    @property
    def reach(self) -> Reach:
        """Whose mistake it takes."""
        return _REACH[self.name]


_REACH = {
    name: reach
    for reach, names in {
        Reach.CALLER: """
            add-twice add-to-two-heads add-to-other-vm wrong-gfn running-other running-none
            double-zap freed-linked reused-linked cache-empty cache-dirty alloc-fails
            """,
        Reach.LIST: """
            head-locked head-other-spte head-freed head-other-vm slot-null slot-twice count-zero
            count-less count-more count-over tail-wrong tail-limit more-null more-self more-freed
            """,
        Reach.OUTSIDE: """
            head-zero head-tag slot-wild slot-other-spte slot-other-vm count-huge more-other-list
            more-other-vm spte-cleared
            """,
    }.items()
    for name in names.split()
}


def _faults(*rows: tuple[str, Group, str, str]) -> tuple[Fault, ...]:
    return tuple(Fault(number, *row) for number, row in enumerate(rows))


# In the order of the numbers, which are in binary sequences: add at the end.
FAULTS = _faults(
    (
        "add-twice",
        Group.RULE,
        "an SPTE is added to the list that it is in",
        "an SPTE is installed again without being dropped first",
    ),
    (
        "add-to-two-heads",
        Group.RULE,
        "an SPTE is added to the next head as well",
        "an SPTE's gfn changed while it was mapped",
    ),
    (
        "add-to-other-vm",
        Group.RULE,
        "an SPTE is added to another VM's head as well",
        "a page-fault handler used another VM's memslot",
    ),
    (
        "head-zero",
        Group.HEAD,
        "the head is 0",
        "a stray memset, or a memslot freed with entries left",
    ),
    ("head-tag", Group.HEAD, "the head's tag is flipped", "a bit flip in bit 0 of a head"),
    (
        "head-locked",
        Group.HEAD,
        "the head's lock bit is set",
        "an error path that returns without unlocking",
    ),
    (
        "head-other-spte",
        Group.HEAD,
        "the head is another SPTE",
        "a head overwritten with a stale value (lost update)",
    ),
    (
        "head-freed",
        Group.HEAD,
        "the head is a descriptor that is freed",
        "use after free: a head keeps its old descriptor",
    ),
    (
        "head-other-vm",
        Group.HEAD,
        "the head is another VM's descriptor",
        "use after free: the descriptor is another VM's by now",
    ),
    ("slot-null", Group.SLOT, "a used slot is NULL", "a double zap, or a store to a stale slot"),
    (
        "slot-wild",
        Group.SLOT,
        "a used slot is no address",
        "use after free: the slot holds somebody's pattern",
    ),
    (
        "slot-other-spte",
        Group.SLOT,
        "a used slot is another SPTE of the VM",
        "a write through a stale pointer into a slot",
    ),
    (
        "slot-twice",
        Group.SLOT,
        "two slots are the same",
        "a hole filled without clearing where the entry was",
    ),
    (
        "count-zero",
        Group.COUNT,
        "spte_count is 0",
        "a descriptor that became empty was not unlinked",
    ),
    ("count-less", Group.COUNT, "spte_count is one less", "a count decremented twice"),
    ("count-more", Group.COUNT, "spte_count is one more", "a count incremented without an entry"),
    (
        "count-over",
        Group.COUNT,
        "spte_count is the capacity + 2",
        "a full descriptor was taken for one with room",
    ),
    (
        "count-huge",
        Group.COUNT,
        "spte_count is 2^31 - 1",
        "stack or heap overflow onto a descriptor",
    ),
    (
        "tail-wrong",
        Group.COUNT,
        "tail_count is too high",
        "a refactoring slip when a head descriptor is replaced",
    ),
    (
        "tail-limit",
        Group.COUNT,
        "tail_count is the highest of its type",
        "an underflow of a tail count",
    ),
    ("more-null", Group.LINK, "more is NULL", "a descriptor unlinked with everything behind it"),
    ("more-self", Group.LINK, "more is the descriptor itself", "a descriptor linked in twice"),
    (
        "more-freed",
        Group.LINK,
        "more is a descriptor that is freed",
        "use after free: a descriptor freed before it is unlinked",
    ),
    (
        "more-other-list",
        Group.LINK,
        "more is another list's descriptor",
        "a descriptor handed out twice by the cache",
    ),
    (
        "more-other-vm",
        Group.LINK,
        "more is another VM's descriptor",
        "a descriptor handed out twice, to two VMs",
    ),
    (
        "freed-linked",
        Group.MEMORY,
        "a linked descriptor is freed",
        "a descriptor freed while it is in a list (double zap)",
    ),
    (
        "cache-empty",
        Group.MEMORY,
        "the cache is empty",
        "a missing top-up before an operation",
    ),
    (
        "cache-dirty",
        Group.MEMORY,
        "what is in the cache is not zeroed",
        "a cache filled without __GFP_ZERO",
    ),
    (
        "spte-cleared",
        Group.CALLER,
        "an SPTE in a list is cleared",
        "stack overflow onto an SPTE page: an SPTE is cleared behind its list's back",
    ),
    (
        "wrong-gfn",
        Group.CALLER,
        "a cleared SPTE's entry is looked for in the next head",
        "a wrong gfn: an entry is looked for in another head",
    ),
    (
        "running-other",
        Group.CALLER,
        "as wrong-gfn, another VM's vCPU is running",
        "a wrong gfn while another VM's vCPU runs",
    ),
    (
        "running-none",
        Group.CALLER,
        "as wrong-gfn, no vCPU is running",
        "a wrong gfn in a kworker, where no vCPU runs",
    ),
    (
        "double-zap",
        Group.CALLER,
        "an SPTE in no list is taken out of one",
        "an SPTE zapped twice: its entry is gone already",
    ),
    (
        "slot-other-vm",
        Group.SLOT,
        "a used slot is another VM's SPTE",
        "use after free: the slot's memory is another VM's by now",
    ),
    (
        "reused-linked",
        Group.MEMORY,
        "a linked descriptor is freed and given to another VM",
        "a descriptor freed while in a list, and handed to another VM",
    ),
    (
        "alloc-fails",
        Group.MEMORY,
        "the cache is empty, and there is no memory",
        "a missing top-up while memory is short",
    ),
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
