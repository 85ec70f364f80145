# SPDX-License-Identifier: GPL-2.0-only
"""One target of two, and what they do differently by design."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING

from pyfuzz.errors import UsageError
from pyfuzz.replay.runner import Runner
from pyfuzz.target.catalogue import Against, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyfuzz.module.compiled import Module
    from pyfuzz.module.results import Traits
    from pyfuzz.target.known_findings import Known


class Level(IntEnum):
    """How much of a list is compared; ``enum pyfuzz_level``."""

    OBSERVABLE = 0
    ORDER = 1
    SHAPE = 2


class Aside(IntFlag):
    """What is not compared; ``enum pyfuzz_aside``."""

    COUNT = 1
    ERRORS = 2
    LOG = 4
    RECYCLE = 8


PARTS = (
    "end",
    "effect",
    "returned",
    "bugged",
    "requests",
    "sptes",
    "entries",
    "rule",
    "log",
    "order",
    "layout",
)
"""What is compared after each step: ``enum part`` of csrc/compare/side.h."""

_FIRST_PART = 8  # PYFUZZ_ASIDE_PARTS


@dataclass(frozen=True, slots=True)
class Pair:
    """Two targets as one: ``target``.

    ``asides`` say, one line each, what is set aside, and why.
    """

    target: Target
    a: Target
    b: Target
    traits_a: Traits
    traits_b: Traits
    level: Level
    asides: tuple[str, ...]

    def knowing(self, entries: Iterable[Known]) -> Pair:
        """Return this pair with those of the entries that are about it."""
        return replace(self, target=self.target.knowing(entries))


def pair_of(
    a: Target,
    b: Target,
    level: Level,
    command: tuple[str, ...],
    without: tuple[str, ...] = (),
) -> Pair:
    """Build both, read their traits, and make one target of them.

    The parts in ``without`` are not compared.

    Errors: UsageError if they are of different worlds, if one does not build, or
    if the level makes no sense for them.
    """
    if a.world != b.world:
        raise UsageError(
            f"targets that are compared must be of one world: {a.name} is of {a.world}, "
            f"{b.name} of {b.world}"
        )
    traits_a, traits_b = _traits_of(a), _traits_of(b)
    _check_level(level, a, b, traits_a, traits_b)
    aside, said = by_design(a, b, traits_a, traits_b)
    parts = sum(1 << (_FIRST_PART + PARTS.index(part)) for part in set(without))
    if without:
        said = (*said, f"not compared, as asked for: {', '.join(without)}")
    name = f"{a.name}..{b.name}"
    target = replace(
        a, name=name, known=(), against=Against(b, int(level), int(aside) | parts, command)
    )
    return Pair(target, a, b, traits_a, traits_b, level, said)


def by_design(
    a: Target, b: Target, traits_a: Traits, traits_b: Traits
) -> tuple[Aside, tuple[str, ...]]:
    """Return what differs between two targets by design, and a line on each.

    It follows from their traits and policies, never from what they do.
    """
    aside, said = Aside(0), []
    if dies(a) != dies(b):
        aside |= Aside.ERRORS
        killer = a if dies(a) else b
        said.append(f"steps that err are left out: they kill the host on {killer.name} alone")
    elif _family(a) != _family(b):
        aside |= Aside.LOG
        said.append(
            f"the log of errors is not compared: {a.policy} on {a.name}, {b.policy} on {b.name}"
        )
    if bool(traits_a.tail_count_size) != bool(traits_b.tail_count_size):
        aside |= Aside.COUNT | Aside.RECYCLE
        older = b if traits_a.tail_count_size else a
        said.append(
            f"add's number is not compared, nor rmap_add() above its threshold: {older.name} "
            "counts up to the first descriptor with room"
        )
    elif traits_a.capacity != traits_b.capacity and not traits_a.tail_count_size:
        aside |= Aside.COUNT | Aside.RECYCLE
        said.append(
            "add's number is not compared, nor rmap_add() above its threshold: both count up to "
            "the first descriptor with room, and theirs have different sizes"
        )
    elif traits_a.rmap_add_recycles != traits_b.rmap_add_recycles:
        aside |= Aside.RECYCLE
        said.append("rmap_add() above its threshold is not compared: its caller recycles on one")
    return aside, tuple(said)


def dies(target: Target) -> bool:
    """Tell whether an error kills the host, by the policy that the target states."""
    return "config on" in target.policy or bool(re.match(r"BUG(_ON)?\(", target.policy))


def _family(target: Target) -> str:
    """Return what the policy calls, without its configuration."""
    return target.policy.partition(",")[0].removesuffix("()")


def _check_level(level: Level, a: Target, b: Target, traits_a: Traits, traits_b: Traits) -> None:
    layout = ("capacity", "descriptor_size", "spte_count_size", "tail_count_size")
    for name in layout if level is Level.SHAPE else layout[-1:] if level is Level.ORDER else ():
        one, other = getattr(traits_a, name), getattr(traits_b, name)
        if one != other and (level is Level.SHAPE or bool(one) != bool(other)):
            raise UsageError(
                f"--level {level.name.lower()} needs descriptors of one kind, {name} is {one} in "
                f"{a.name} and {other} in {b.name}: use --level observable"
            )


def _traits_of(target: Target) -> Traits:
    with Runner(target) as runner:
        traits: Traits = runner.call(_traits)
    return traits


def _traits(module: Module) -> Traits:
    return module.traits
