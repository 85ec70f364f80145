# SPDX-License-Identifier: GPL-2.0-only
"""The default scopes, and a scope in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyfuzz.errors import UsageError
from pyfuzz.module.states import Scope

if TYPE_CHECKING:
    from pyfuzz.module.results import Traits

NAMES = ("grown", "heads", "frames", "vms", "long")
# rmap_add() recycles a list at 1000 entries; nothing depends on a greater length.
_LONGEST = 1100


def scopes(traits: Traits) -> tuple[Scope, ...]:
    """Return the default scopes of a target; they depend on its kind of descriptor.

    grown: one list up to its greatest length, emptied only as a whole; heads: a
    frame's list and a page's parents, both longer than a descriptor; frames: all
    heads of a VM with one entry each; vms: two VMs with a frame and a page each,
    short lists; long: one list, without errors (the slowest).
    """
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


def chosen(traits: Traits, names: tuple[str, ...], changes: dict[str, Any]) -> list[Scope]:
    """Return the named scopes (all if no name is given) with some of their bounds changed.

    Errors: UsageError if there is no scope of a name, or if the bounds make no sense.
    """
    known = {scope.name: scope for scope in scopes(traits)}
    for name in names:
        if name not in known:
            raise UsageError(f"--scope must be one of {', '.join(known)}, is '{name}'")
    found = [replace(known[name], **changes) for name in (names or known)]
    for scope in found:
        _check(scope)
    return found


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
