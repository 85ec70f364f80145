# SPDX-License-Identifier: GPL-2.0-only
"""The scopes that are searched when none is named, and what a scope says in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyfuzz.errors import UsageError
from pyfuzz.module.states import Scope

if TYPE_CHECKING:
    from pyfuzz.module.results import Traits

NAMES = ("grown", "heads", "frames", "vms", "long")
# The target that zaps a whole list does so at 1000; beyond that length lists only grow.
_LONGEST = 1100


def scopes(traits: Traits) -> tuple[Scope, ...]:
    """Return the scopes for a target, by what its descriptors are like.

    grown: one list, as long as it gets, which is only emptied as a whole; heads: a
    frame's list and a page's parents, beyond a descriptor's room; frames: all heads
    of a VM, an entry each; vms: two VMs with a frame and a page each, short lists; long: one list,
    without errors, which is what takes the time.
    """
    if traits.tail_count_size:
        longest = Scope("long", entries=_LONGEST)
    else:
        # Any descriptor may have room, so the states grow with a power of it.
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
    """Return the scopes of these names, all if there are none, with some of their bounds changed.

    Errors: UsageError if a name is of none, or if a bound is no bound.
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
            f"without renaming there is a state for each choice of SPTEs, and {scope.total} of "
            "them are too many: give --total 12 or less"
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
        parts.append("emptied as a whole only")
    if scope.caches:
        parts.append("caches at every level")
    if not scope.renamed:
        parts.append("nothing renamed")
    return ", ".join(parts)


def _plural(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
