# SPDX-License-Identifier: GPL-2.0-only
"""Determine a kernel's traits from its declarations and code, never from its version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import tree_sitter

from pyfuzz.errors import UsageError
from pyfuzz.extract import roles
from pyfuzz.extract.calls import Calls
from pyfuzz.extract.parse import Index, Item, Kind, declared_name, text_of
from pyfuzz.extract.source import KernelSource

DESCRIPTOR = "struct pte_list_desc"
HEAD = "struct kvm_rmap_head"
_LOOPS = ("while_statement", "for_statement", "do_statement")
_POLICIES = ("KVM_BUG_ON_DATA_CORRUPTION", "KVM_BUG_ON", "KVM_BUG", "BUG", "BUG_ON", "WARN_ON_ONCE")


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kernel offers and how.

    ``capacity`` is as in the source (a macro's name or a number),
    ``capacity_value`` its value if that is simple.  ``count_field`` and
    ``tail_field`` are members of the descriptor; without them (None) its entries
    end at the first NULL.  ``zaps_by_gfn``: the function that zaps a whole list
    looks the head up by gfn for each entry, so it works for guest frames only.
    ``forgets_full``: an add that finds every descriptor full does not count the last.
    """

    capacity: str
    capacity_value: int | None
    count_field: str | None
    tail_field: str | None
    more_field: str
    entries_field: str
    appends: bool
    forgets_full: bool
    atomic_heads: bool
    locked_heads: bool
    takes_kvm: bool
    zaps_by_gfn: bool
    rmap_add_recycles: bool
    recycle_threshold: int | None
    policy: str

    def lines(self) -> list[str]:
        """Return the traits in words, one per line."""
        size = self.capacity if self.capacity_value is None else str(self.capacity_value)
        ends = f"counted in {self.count_field}" if self.count_field else "end at the first NULL"
        tails = f", {self.tail_field} has those of the tails" if self.tail_field else ""
        where = (
            "the first descriptor with room (add's count stops there)"
            if self.appends
            else "the head descriptor"
        )
        val = "atomic_long_t" if self.atomic_heads else "unsigned long"
        lock = ", with a lock bit" if self.locked_heads else ""
        threshold = self.recycle_threshold or "its threshold"
        recycles = f"rmap_add itself, above {threshold}" if self.rmap_add_recycles else "its caller"
        return [
            f"descriptor        {size} entries, {ends}{tails}",
            f"new entries       go to {where}",
            f"head              {val}{lock}",
            f"remove            {'takes' if self.takes_kvm else 'does not take'} a struct kvm",
            f"recycling         by {recycles}",
            f"error policy      {self.policy}",
        ]


def detect(index: Index, kernel: KernelSource, found: Mapping[str, Item], calls: Calls) -> Traits:
    """Detect the traits of a kernel from the functions that were found.

    Raises UsageError if the harness cannot walk this kind of descriptor.
    """
    descriptor = index.find(DESCRIPTOR)
    if descriptor is None:
        raise UsageError(
            f"{kernel.mmu.shown}: defines no {DESCRIPTOR}, the block that lists are made of; "
            "give the mmu.c of a kernel from 4.10 on"
        )
    members = _members(descriptor)
    entries, capacity = _entries(descriptor, members)
    more = _more(descriptor, members)
    add, remove = found[roles.ADD], found[roles.REMOVE]
    atomic = _atomic(index, calls, add)
    count, tail = _counts(members)
    rmap_add = found.get(roles.RMAP_ADD)
    reached = calls.reach(rmap_add) if rmap_add else frozenset()
    zap_all, rmap_remove = found.get(roles.ZAP_ALL), found.get(roles.RMAP_REMOVE)
    return Traits(
        capacity=capacity,
        capacity_value=_number(index, capacity),
        count_field=count,
        tail_field=tail,
        more_field=more,
        entries_field=entries,
        appends=any(_walks(item, more) for item in _with_helpers(index, calls, add)),
        forgets_full=any(_stops_at_last(item, more) for item in _with_helpers(index, calls, add)),
        atomic_heads=atomic,
        locked_heads=atomic and _locks(index, calls, add),
        takes_kvm=roles.KVM in [param.type for param in remove.params],
        zaps_by_gfn=zap_all is not None
        and rmap_remove is not None
        and rmap_remove.name in calls.reach(zap_all),
        rmap_add_recycles=zap_all is not None and zap_all.name in reached,
        recycle_threshold=_number(index, "RMAP_RECYCLE_THRESHOLD"),
        policy=_policy(calls.reach(remove)),
    )


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    type: str
    pointers: int
    array: str | None


def _members(item: Item) -> list[_Member]:
    assert item.node is not None
    body = item.node.child_by_field_name("body")
    members = []
    for node in body.children if body else ():
        if node.type != "field_declaration":
            continue
        kind = text_of(node.child_by_field_name("type"))
        for declarator in node.children_by_field_name("declarator"):
            pointers, array = _shape(declarator)
            members.append(_Member(declared_name(declarator), kind, pointers, array))
    return members


def _shape(declarator: tree_sitter.Node) -> tuple[int, str | None]:
    pointers, array = 0, None
    node: tree_sitter.Node | None = declarator
    while node is not None:
        if node.type == "pointer_declarator":
            pointers += 1
        elif node.type == "array_declarator":
            array = text_of(node.child_by_field_name("size"))
        node = node.child_by_field_name("declarator")
    return pointers, array


def _entries(item: Item, members: list[_Member]) -> tuple[str, str]:
    for member in members:
        if member.type in ("u64", "uint64_t", "__u64") and member.pointers == 1 and member.array:
            return member.name, member.array
    raise UsageError(
        f"{item.place}: {DESCRIPTOR} has no array of 'u64 *' of a fixed size, "
        "which the harness needs to walk lists; give a kernel from 4.10 on"
    )


def _more(item: Item, members: list[_Member]) -> str:
    for member in members:
        if member.type == DESCRIPTOR and member.pointers == 1 and not member.array:
            return member.name
    raise UsageError(
        f"{item.place}: {DESCRIPTOR} has no pointer to the next descriptor, "
        "which the harness needs to walk lists; give a kernel from 4.10 on"
    )


def _counts(members: list[_Member]) -> tuple[str | None, str | None]:
    plain = [m.name for m in members if not m.pointers and not m.array and " " not in m.type]
    tail = next((name for name in plain if "tail" in name), None)
    count = next((name for name in plain if name != tail and re.search("count|nr|num", name)), None)
    return count, tail


def _number(index: Index, text: str) -> int | None:
    """Return the value of a number, or of a macro for one."""
    item = index.find(text)
    if item is not None and item.kind is Kind.MACRO and item.node is not None:
        text = text_of(item.node.child_by_field_name("value")).strip().strip("()")
    try:
        return int(text, 0)
    except ValueError:
        return None


def _with_helpers(index: Index, calls: Calls, root: Item) -> list[Item]:
    """Return a function and those of C files that it calls, directly or indirectly."""
    below = [index.find(name) for name in sorted(calls.reach(root))]
    return [root, *(i for i in below if i and i.kind is Kind.FUNCTION and i.file.is_code)]


def _loops(item: Item, more: str) -> Iterator[tree_sitter.Node]:
    """Yield the loops of a function that follow the descriptors."""
    waiting = [item.node] if item.node is not None else []
    while waiting:
        node = waiting.pop()
        if node.type in _LOOPS and re.search(rf"=\s*[\w>\-.()]*->\s*{more}\b", text_of(node)):
            yield node
        waiting += node.children


def _walks(item: Item, more: str) -> bool:
    """Tell whether a function follows the descriptors in a loop."""
    return any(True for _ in _loops(item, more))


def _stops_at_last(item: Item, more: str) -> bool:
    """Tell whether a loop over the descriptors ends at the last, before it is counted."""
    conditions = (text_of(node.child_by_field_name("condition")) for node in _loops(item, more))
    return any(re.search(rf"->\s*{more}\b", condition) for condition in conditions)


def _atomic(index: Index, calls: Calls, add: Item) -> bool:
    """Take the head's type from the header if there is one, else from its use in add."""
    head = index.find(HEAD)
    if head is not None:
        return any("atomic" in member.type for member in _members(head))
    return any(name.startswith("atomic_long_") for name in calls.reach(add))


def _locks(index: Index, calls: Calls, add: Item) -> bool:
    below = _with_helpers(index, calls, add)
    return any(re.search(r"cmpxchg|_bit_lock|fetch_or", item.text) for item in below)


def _policy(reached: frozenset[str]) -> str:
    """Name the function called when an entry is not there, the mildest first."""
    for name in _POLICIES:
        if name in reached:
            return f"{name}()"
    return "none found"
