# SPDX-License-Identifier: GPL-2.0-only
"""One search in several processes: what they are told, and what they say together."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from pyfuzz.module.states import End, Found, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyfuzz.module.compiled import Module

_SUMS: tuple[str, ...] = ("expanded", "transitions", "beyond", "ended", "bytes", "audited")
_SUMS += ("audited_transitions", "second_ways", "failed")


class Step(Enum):
    """What a process does next, once it has heard the others' news."""

    ON = auto()  # go on at this depth
    DEPTH = auto()  # begin the next depth
    CUT = auto()  # number what was found, and stop


def advance(
    module: Module, part: int, news: Sequence[bytes], step: Step, transitions: int
) -> tuple[Progress, bytes]:
    """Hear the news of all parts, take a step, and return how far it is and its own news."""
    for other, heard in enumerate(news):
        if heard and other != part:
            module.search_hear(other, heard)
    if step is not Step.ON:
        progress = module.search_meet(whole=step is Step.DEPTH)
    if step is not Step.CUT:
        progress = module.search_on(transitions)
    return progress, module.search_news()


def together(said: Sequence[Progress]) -> Progress:
    """Return how far the whole search is."""
    sums = {name: sum(getattr(one, name) for one in said) for name in _SUMS}
    # Only at the end of a depth do they agree; any other end is one process's own.
    ends = sorted({one.end for one in said if one.end})
    return replace(
        said[0],
        end=ends[-1] if ends else End.NOT,
        waiting=int(all(one.waiting for one in said)),
        trouble=next((one.trouble for one in said if one.trouble), ""),
        **sums,
    )


def findings(found: Iterable[Sequence[Found]]) -> list[Found]:
    """Return the findings of all parts in the order in which one process meets them."""
    merged: dict[int, Found] = {}
    for one in (one for part in found for one in part):
        other = merged.get(one.signature)
        first = one if other is None else min(one, other, key=lambda found: found.where)
        count = one.count + (other.count if other else 0)
        merged[one.signature] = replace(first, count=count)
    return sorted(merged.values(), key=lambda one: one.where)
