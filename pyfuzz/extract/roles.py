# SPDX-License-Identifier: GPL-2.0-only
"""Find the functions that the harness calls, by parameter types, name and behaviour.

A name that means the same in every kernel is trusted if the types fit: mistakes
inside are for the harness to find.  Behaviour decides on any other name, and on
``pte_list_remove``, which clears the SPTE first in some kernels only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyfuzz.extract.calls import Calls
from pyfuzz.extract.parse import Index, Item

KVM = "struct kvm *"
VCPU = "struct kvm_vcpu *"
CACHE = "struct kvm_mmu_memory_cache *"
SPTEP = "u64 *"
HEAD = "struct kvm_rmap_head *"
PAGE = "struct kvm_mmu_page *"
SLOT = "struct kvm_memory_slot *"
GFN = "gfn_t"
DESCRIPTOR = "struct pte_list_desc *"

_AMBIGUOUS = ("pte_list_remove",)
_COUNTS = ("int", "unsigned int", "long", "unsigned long", "u64", "size_t")


@dataclass(frozen=True, slots=True)
class Role:
    """Something that the harness does to a list through a function of the kernel.

    ``what`` completes "mmu.c has no function that …"; ``names`` are its names in
    different kernels, the preferred one first; ``takes`` are the parameter types
    that it must have, ``never`` those that it must not have; ``returns`` are the
    types that it may return, if that matters.
    """

    name: str
    what: str
    names: tuple[str, ...]
    takes: tuple[str, ...]
    never: tuple[str, ...] = ()
    required: bool = False
    returns: tuple[str, ...] = ()


ADD, REMOVE, ZAP_ONE, ZAP_ALL, COUNT = "add", "remove", "zap-one", "zap-all", "count"
FIRST, NEXT = "first", "next"
PARENT_ADD, PARENT_REMOVE = "parent-add", "parent-remove"
PARENT_DROP, PARENT_UNLINK = "parent-drop", "parent-unlink"
RMAP_ADD, RMAP_REMOVE = "rmap-add", "rmap-remove"

# In the order of the search: later roles may depend on earlier ones.
ROLES: tuple[Role, ...] = (
    Role(
        ADD,
        "puts an SPTE into a list",
        ("pte_list_add",),
        (SPTEP, HEAD),
        (DESCRIPTOR,),
        required=True,
        returns=_COUNTS,
    ),
    Role(
        REMOVE,
        "takes an SPTE out of a list",
        ("__pte_list_remove", "pte_list_remove"),
        (SPTEP, HEAD),
        (DESCRIPTOR, CACHE, VCPU),
        required=True,
    ),
    Role(
        ZAP_ONE,
        "clears an SPTE and takes it out of its list",
        ("kvm_zap_one_rmap_spte", "pte_list_remove"),
        (SPTEP, HEAD),
        (DESCRIPTOR, CACHE, VCPU),
    ),
    Role(
        ZAP_ALL,
        "clears every SPTE of a list and empties it",
        ("kvm_zap_all_rmap_sptes", "pte_list_destroy", "kvm_zap_rmapp", "__kvm_zap_rmap"),
        (HEAD,),
        (SPTEP, DESCRIPTOR),
    ),
    Role(
        COUNT,
        "counts the entries of a list",
        ("pte_list_count",),
        (HEAD,),
        (SPTEP,),
        returns=_COUNTS,
    ),
    Role(
        FIRST,
        "gives the first entry of a list",
        ("rmap_get_first",),
        (HEAD,),
        (SPTEP,),
        returns=(SPTEP,),
    ),
    Role(
        NEXT,
        "gives the next entry of a list",
        ("rmap_get_next",),
        (),
        (HEAD, SPTEP),
        returns=(SPTEP,),
    ),
    Role(PARENT_ADD, "adds a parent to a page", ("mmu_page_add_parent_pte",), (PAGE, SPTEP)),
    Role(
        PARENT_REMOVE,
        "removes a parent from a page",
        ("mmu_page_remove_parent_pte",),
        (PAGE, SPTEP),
        (CACHE, VCPU),
    ),
    Role(
        PARENT_DROP,
        "removes a parent from a page and clears it",
        ("drop_parent_pte",),
        (PAGE, SPTEP),
        (CACHE, VCPU),
    ),
    Role(
        PARENT_UNLINK,
        "removes every parent of a page",
        ("kvm_mmu_unlink_parents",),
        (PAGE,),
        (SPTEP, HEAD),
    ),
    Role(
        RMAP_ADD,
        "adds an SPTE to the list of a guest frame",
        ("rmap_add", "__rmap_add"),
        (SPTEP, GFN),
        (HEAD,),
    ),
    Role(
        RMAP_REMOVE,
        "removes an SPTE from the list of its guest frame",
        ("rmap_remove",),
        (SPTEP,),
        (HEAD, PAGE, GFN),
    ),
)
BY_NAME = {role.name: role for role in ROLES}


def find_roles(index: Index, calls: Calls) -> dict[str, Item]:
    """Return the function for each role in mmu.c or a C file beside it, if there is one."""
    found: dict[str, Item] = {}
    functions = [item for item in index.functions if item.file.is_code]
    for role in ROLES:
        candidates = [
            item
            for item in functions
            if _typed(item, role) and (_named(item, role) or _FITS[role.name](item, found, calls))
        ]
        best = min(candidates, key=lambda item: _rank(item, role), default=None)
        if best is not None and (best.name in role.names or _speaks(best, role)):
            found[role.name] = best
    return found


def _named(item: Item, role: Role) -> bool:
    return item.name in role.names and item.name not in _AMBIGUOUS


def _typed(item: Item, role: Role) -> bool:
    types = [_as_gfn(param.type, param.name) for param in item.params]
    if role.returns and item.returns not in role.returns:
        return False
    if role.name in (FIRST, NEXT) and iterator(item) is None:
        return False
    return all(kind in types for kind in role.takes) and not any(
        kind in types for kind in role.never
    )


def _as_gfn(kind: str, name: str) -> str:
    return GFN if kind == "u64" and "gfn" in name else kind


def _rank(item: Item, role: Role) -> tuple[int, int]:
    known = role.names.index(item.name) if item.name in role.names else len(role.names)
    return known, len(item.params)


# What an unknown name must contain, for roles whose types are not specific enough.
_WORDS = {
    ADD: "add|insert|link",
    REMOVE: "remove|del|unlink|erase",
    ZAP_ONE: "zap|remove|drop",
    ZAP_ALL: "zap|destroy|clear|purge",
    COUNT: "count|number|nr",
    PARENT_ADD: "parent",
    PARENT_REMOVE: "parent",
    PARENT_DROP: "parent",
    PARENT_UNLINK: "parent",
    RMAP_ADD: "add",
    RMAP_REMOVE: "remove",
}


def _speaks(item: Item, role: Role) -> bool:
    words = _WORDS.get(role.name)
    return words is None or re.search(words, item.name) is not None


_Fits = Callable[[Item, dict[str, Item], Calls], bool]


def _calls_role(item: Item, found: dict[str, Item], calls: Calls, role: str) -> bool:
    """Tell whether ``item`` calls a role's function, directly or through a known name."""
    if role not in found:
        return False
    names = calls.reach(item) if _known(item) else calls.direct(item)
    return found[role].name in names


def _known(item: Item) -> bool:
    return any(item.name in role.names for role in ROLES)


def _has(item: Item, kinds: Iterable[str]) -> bool:
    return any(param.type in kinds for param in item.params)


def _fits_add(item: Item, _: dict[str, Item], calls: Calls) -> bool:
    return (
        _has(item, (CACHE, VCPU, KVM)) and not calls.clears(item) and "pte_list_desc" in item.text
    )


def _fits_remove(item: Item, found: dict[str, Item], calls: Calls) -> bool:
    if item is found.get(ADD) or calls.clears(item):
        return False
    return item.name in BY_NAME[REMOVE].names or _edits(item, calls)


def _edits(item: Item, calls: Calls) -> bool:
    """Tell whether a function frees descriptors, as one that shortens a list must."""
    return any("free" in name for name in calls.reach(item))


def _fits_zap_one(item: Item, found: dict[str, Item], calls: Calls) -> bool:
    # Of two removes, the one that takes the head first is the one that clears.
    types = [param.type for param in item.params]
    clears = calls.clears(item) or types.index(HEAD) < types.index(SPTEP)
    return clears and _calls_role(item, found, calls, REMOVE)


def _fits_zap_all(item: Item, _: dict[str, Item], calls: Calls) -> bool:
    return calls.clears(item) and _edits(item, calls) and "collapsible" not in item.name


def _fits_count(item: Item, _: dict[str, Item], calls: Calls) -> bool:
    return len(item.params) <= 2 and not _edits(item, calls)


def _fits_first(_: Item, __: dict[str, Item], ___: Calls) -> bool:
    return True  # the types are specific enough


def _fits_next(item: Item, found: dict[str, Item], _: Calls) -> bool:
    first = found.get(FIRST)
    return (
        first is not None
        and item is not first
        and len(item.params) == 1
        and item.params[0].type == iterator(first)
    )


def _fits_parent_add(item: Item, found: dict[str, Item], calls: Calls) -> bool:
    return _calls_role(item, found, calls, ADD)


def _fits_parent_remove(item: Item, found: dict[str, Item], calls: Calls) -> bool:
    return _calls_role(item, found, calls, REMOVE) and not calls.clears(item)


def _fits_parent_drop(item: Item, found: dict[str, Item], calls: Calls) -> bool:
    removes = _calls_role(item, found, calls, REMOVE)
    return calls.clears(item) and (removes or _calls_role(item, found, calls, PARENT_REMOVE))


def _fits_parent_unlink(item: Item, found: dict[str, Item], calls: Calls) -> bool:
    return _calls_role(item, found, calls, FIRST) and (
        _calls_role(item, found, calls, PARENT_DROP) or _calls_role(item, found, calls, REMOVE)
    )


def _fits_rmap_add(item: Item, found: dict[str, Item], calls: Calls) -> bool:
    return _calls_role(item, found, calls, ADD)


def _fits_rmap_remove(item: Item, found: dict[str, Item], calls: Calls) -> bool:
    return _calls_role(item, found, calls, REMOVE) and not calls.clears(item)


_FITS: dict[str, _Fits] = {
    ADD: _fits_add,
    REMOVE: _fits_remove,
    ZAP_ONE: _fits_zap_one,
    ZAP_ALL: _fits_zap_all,
    COUNT: _fits_count,
    FIRST: _fits_first,
    NEXT: _fits_next,
    PARENT_ADD: _fits_parent_add,
    PARENT_REMOVE: _fits_parent_remove,
    PARENT_DROP: _fits_parent_drop,
    PARENT_UNLINK: _fits_parent_unlink,
    RMAP_ADD: _fits_rmap_add,
    RMAP_REMOVE: _fits_rmap_remove,
}


def iterator(first: Item) -> str | None:
    """Return the type of the iterator that "first" initialises: its other struct pointer."""
    others = (KVM, VCPU, SLOT, HEAD)
    for param in first.params:
        if param.type.startswith("struct ") and param.type not in others:
            return param.type
    return None
