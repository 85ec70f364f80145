# SPDX-License-Identifier: GPL-2.0-only
"""The targets that come with pyfuzz, and what is known to be wrong with each."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from pyfuzz import paths, world
from pyfuzz.errors import UsageError
from pyfuzz.symptom import Symptom
from pyfuzz.target.known_findings import SHIPPED, Known, about, lookup, read

__all__ = [
    "DEFAULT",
    "DEFAULTS",
    "EXTRACTED",
    "OTHER_WORLDS",
    "TARGETS",
    "Against",
    "Known",
    "Target",
    "everything",
    "find",
    "get",
    "in_world",
    "in_worlds",
    "of_world",
]


@dataclass(frozen=True, slots=True)
class Against:
    """What a target is compared with: every sequence runs on both.

    ``level`` and ``aside`` are those of csrc/compare/compare.h; ``command`` names both
    on the command line of ``pyfuzz compare``.
    """

    target: Target
    level: int = 0
    aside: int = 0
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One C translation unit under test; an extracted kernel is one as well.

    ``defines`` are ``NAME=VALUE`` texts for the compiler.  ``known`` are the
    declared findings that are about this target.  ``builds`` is False for a target
    that is there to show that it does not compile.  ``world`` is the one that it was made for.
    With ``against`` it is compared with another one, and differences are the only findings.
    """

    name: str
    generation: str
    policy: str
    source: Path
    defines: tuple[str, ...] = ()
    known: tuple[Known, ...] = ()
    builds: bool = True
    note: str = ""
    world: str = world.DEFAULT
    against: Against | None = None

    @property
    def extracted(self) -> bool:
        """Whether the source was cut out of the user's kernel."""
        return self.generation == EXTRACTED

    def known_reason(self, symptom: Symptom, today: date | None = None) -> str | None:
        """Return why this finding is a known one, None if it is not or no longer is."""
        found = lookup(self.known, symptom, today)
        return None if found is None or found.expired(today) else found.why

    def expired(self, symptom: Symptom, today: date | None = None) -> Known | None:
        """Return the expired entry that declared this finding, None if there is none."""
        found = lookup(self.known, symptom, today)
        return found if found is not None and found.expired(today) else None

    def knowing(self, entries: Iterable[Known]) -> Self:
        """Return this target with those of the entries that are about it added."""
        return replace(self, known=(*self.known, *about(entries, self.name)))


EXTRACTED = "extracted"
DEFAULT = "rfc-v4"

_SHIPPED = read(SHIPPED)

_APPEND = "6.1, append"
_HEAD = "6.6, head descriptor"


def _port(
    name: str,
    generation: str,
    policy: str,
    *,
    file: str | None = None,
    defines: tuple[str, ...] = (),
    builds: bool = True,
    note: str = "",
) -> Target:
    source = paths.csrc() / "ports" / f"{file or name}.c"
    declared = about(_SHIPPED, name)
    return Target(name, generation, policy, source, defines, declared, builds, note)


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        _port(
            "bug",
            _APPEND,
            "BUG()",
            note="before the series: the host dies in each of the three places",
        ),
        _port(
            "rfc-v1",
            _APPEND,
            "KVM_BUG() without arguments",
            builds=False,
            note="does not compile: KVM_BUG() takes a condition, a VM and a format",
        ),
        _port(
            "rfc-v2",
            _APPEND,
            "bugs the running vCPU's VM, does not return",
            note="NULL access in a kworker, bugs the wrong VM, loses an entry, floods the log",
        ),
        _port(
            "rfc-v3",
            _APPEND,
            "bugs the VM it is given, does not return",
            note="loses an entry, floods the log",
        ),
        _port(
            "rfc-v4",
            _APPEND,
            "bugs the VM with a message, returns",
            note="the series as last posted",
        ),
        _port(
            "v5.10",
            "5.10, three entries, NULL-terminated",
            "BUG()",
            note="the oldest generation",
        ),
        _port(
            "v6.6",
            _HEAD,
            "KVM_BUG_ON_DATA_CORRUPTION, config off",
            note="the series as merged",
        ),
        _port(
            "v6.6-corruption-bug",
            _HEAD,
            "KVM_BUG_ON_DATA_CORRUPTION, config on",
            file="v6.6",
            defines=("CONFIG_BUG_ON_DATA_CORRUPTION=1",),
            note="as merged, CONFIG_BUG_ON_DATA_CORRUPTION=y: the host dies again",
        ),
        _port(
            "v6.15",
            "6.15, locked heads",
            "KVM_BUG_ON_DATA_CORRUPTION, config off",
            note="as merged, atomic heads with a lock bit",
        ),
        _port(
            "hardened",
            _HEAD,
            "bugs the VM and returns, wherever a comparison can tell",
            note="a proposal, see docs/containment.md",
        ),
    )
}


def _pages(name: str, policy: str, note: str, **more: Any) -> Target:
    return replace(_port(name, "6.x, whole shadow MMU", policy, note=note, **more), world="pages")


OTHER_WORLDS: dict[str, Target] = {
    target.name: target
    for target in (
        _pages(
            "pages",
            "KVM_BUG_ON_DATA_CORRUPTION, config off",
            "guest tables down to the lists, with the fixes of 2026",
        ),
        _pages(
            "pages-corruption-bug",
            "KVM_BUG_ON_DATA_CORRUPTION, config on",
            "the same, CONFIG_BUG_ON_DATA_CORRUPTION=y: an error kills the host",
            file="pages",
            defines=("CONFIG_BUG_ON_DATA_CORRUPTION=1",),
        ),
        _pages("pages-bug", "BUG()", "the same on the lists of bug: before the series"),
        _pages(
            "pages-rfc-v4",
            "bugs the VM with a message, returns",
            "the same on the lists of rfc-v4",
        ),
        _pages(
            "pages-hardened",
            "bugs the VM and returns, wherever a comparison can tell",
            "the same on the lists of hardened, see docs/containment.md",
        ),
    )
}
"""Targets of other worlds than the default one."""

DEFAULTS: dict[str, str] = {"lists": DEFAULT, "pages": "pages", "threads": "v6.15"}
"""The target of each world that is used if none is named."""

# For a world that takes another one's targets: the ports that it is about.
_ABOUT = {"threads": ("v6.15",)}


def of_world(name: str) -> list[Target]:
    """Return the targets that a world is about."""
    if name in _ABOUT:
        return [get(port, name) for port in _ABOUT[name]]
    return [
        target for target in (*TARGETS.values(), *OTHER_WORLDS.values()) if target.world == name
    ]


def everything() -> list[Target]:
    """Return the targets of all worlds."""
    return [target for name in world.NUMBERS for target in of_world(name)]


def in_world(target: Target, of: str | None) -> Target:
    """Return a target as one of another world, if that takes it; else as it is."""
    if of is not None and of in world.NUMBERS and world.get(of).targets_of == target.world:
        return replace(target, world=of)
    return target


def in_worlds(target: Target) -> list[Target]:
    """Return a target, and the same as one of each other world that takes it."""
    others = [name for name in world.NUMBERS if world.get(name).targets_of == target.world]
    return [target, *(in_world(target, name) for name in others)]


def find(name: str, of: str | None = None) -> Target | None:
    """Return the target of this name, None if there is none; see get()."""
    found = {**TARGETS, **OTHER_WORLDS}.get(name)
    return None if found is None else in_world(found, of)


def get(name: str, of: str | None = None) -> Target:
    """Return the target of this name; ``of``: in this world, if that takes it.

    Errors: UsageError with the nearest names.
    """
    known = {**TARGETS, **OTHER_WORLDS}
    try:
        return in_world(known[name], of)
    except KeyError:
        near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(known)}"
        raise UsageError(
            f"there is no target '{name}': {hint} (pyfuzz targets lists them; a kernel of your "
            "own is fuzzed with --kernel PATH)"
        ) from None
