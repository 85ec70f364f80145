# SPDX-License-Identifier: GPL-2.0-only
"""The default scopes, and a scope in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyfuzz.errors import UsageError
from pyfuzz.exhaust import scope_pages
from pyfuzz.module.states import Scope

if TYPE_CHECKING:
    from pyfuzz.module.results import Traits

NAMES = ("grown", "heads", "frames", "vms", "long")
PAGES_NAMES = tuple(scope.name for scope in scope_pages.SCOPES)
# Bounds that say something in each world; the others are the lists'.
_PAGES_BOUNDS = ("audit_every", "memory_mb", "depth", "pdes", "ptes", "targets")
# rmap_add() recycles a list at 1000 entries; nothing depends on a greater length.
_LONGEST = 1100


def scopes(traits: Traits, world: str = "lists") -> tuple[Scope, ...]:
    """Return the default scopes of a target; they depend on its kind of descriptor.

    Those of the world pages are in ``scope_pages``; of the lists:
    grown: one list up to its greatest length, emptied only as a whole; heads: a
    frame's list and a page's parents, both longer than a descriptor; frames: all
    heads of a VM with one entry each; vms: two VMs with a frame and a page each,
    short lists; long: one list, without errors (the slowest).
    """
    if world == "pages":
        return scope_pages.SCOPES
    if traits.tail_count_size:
        longest = Scope("long", entries=_LONGEST)
    else:
        # Any descriptor may have room, so the number of states grows exponentially.
        descriptors = 4 if traits.capacity > 4 else 7
        longest = Scope("long", entries=descriptors * traits.capacity, descriptors=descriptors)
    beyond = traits.capacity + 2
    return (
        Scope("grown", entries=_LONGEST, errors=True, grow=True),
        Scope("heads", parents=1, entries=beyond, errors=True),
        Scope("frames", frames=16, parents=4, entries=1, errors=True),
        Scope("vms", vms=2, parents=1, entries=3, errors=True),
        longest,
    )


def chosen(
    traits: Traits, names: tuple[str, ...], changes: dict[str, Any], world: str = "lists"
) -> list[Scope]:
    """Return the named scopes (all if no name is given) with some of their bounds changed.

    Errors: UsageError if there is no scope of a name, or if the bounds make no sense.
    """
    known = {scope.name: scope for scope in scopes(traits, world)}
    for name in names:
        if name not in known:
            raise UsageError(f"--scope must be one of {', '.join(known)}, is '{name}'")
    _check_names(world, changes)
    found = [replace(known[name], **changes) for name in (names or known)]
    for scope in found:
        if not scope.groups:
            _check(scope)
    return found


def _check_names(world: str, changes: dict[str, Any]) -> None:
    """Refuse bounds of another world's scopes."""
    usual = {"caches": False, "renamed": True}
    for name, value in changes.items():
        own = name in _PAGES_BOUNDS if world == "pages" else name not in _PAGES_BOUNDS[3:]
        if not own and value != usual.get(name):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} bounds no scope of the world {world}: leave it out")


def _check(scope: Scope) -> None:
    if not scope.frames + scope.parents:
        raise UsageError("a scope needs a head: give --frames or --parents")
    if not scope.renamed and scope.total > 12:
        raise UsageError(
            f"--no-renamed needs --total 12 or less, is {scope.total}: without renaming, every "
            "choice of SPTEs is a state of its own"
        )


def words(scope: Scope) -> str:
    """Return a scope in words."""
    if scope.groups:
        return scope_pages.words(scope)
    heads = [
        _plural(number, what)
        for number, what in ((scope.frames, "guest frame"), (scope.parents, "shadow page"))
        if number
    ]
    bound = f"0 to {scope.entries:,} entries"
    if scope.descriptors:
        bound += f" in at most {_plural(scope.descriptors, 'descriptor')}"
    parts = [
        f"{_plural(scope.vms, 'VM')} with {' and '.join(heads)}{' each' * (scope.vms > 1)}",
        f"lists of {bound}",
    ]
    if scope.total < scope.entries * (scope.frames + scope.parents):
        parts.append(f"{scope.total:,} entries in a VM")
    parts.append("with errors" if scope.errors else "without errors")
    if scope.grow:
        parts.append("emptied only as a whole")
    if scope.caches:
        parts.append("caches at every level")
    if not scope.renamed:
        parts.append("nothing renamed")
    return ", ".join(parts)


def _plural(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
