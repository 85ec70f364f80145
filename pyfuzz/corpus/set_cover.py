# SPDX-License-Identifier: GPL-2.0-only
"""The smallest set of inputs that covers what many cover, as far as that is known to be cheap.

Finding the very smallest is intractable; greedy comes within a logarithm of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# What an input costs by itself, beside its bytes.
_INPUT_BYTES = 48


@dataclass(frozen=True, slots=True)
class Candidate:
    """One input: its bytes, and what it covers as the set bits of a number."""

    data: bytes
    covers: int


def cover(candidates: Sequence[Candidate], already: int = 0) -> list[int]:
    """Return the places of candidates that together cover all that they do.

    ``already`` is covered by something else.  Greedy by what is new for the
    size, since the engine pays for bytes; then those that the others made
    superfluous are left out, the longest first.  The result, in ascending
    order, depends on the set of candidates alone and not on their order, but for
    which of two equal ones it names.
    """
    chosen: list[int] = []
    covered = already
    # What a candidate adds only gets less: one whose last known worth is the
    # best needs no look at the others.
    heap = [
        (-_worth(one, already), len(one.data), one.data, place)
        for place, one in enumerate(candidates)
    ]
    heapq.heapify(heap)
    while heap:
        _, size, data, place = heapq.heappop(heap)
        worth = _worth(candidates[place], covered)
        if not worth:
            continue
        again = (-worth, size, data, place)
        if heap and again > heap[0]:
            heapq.heappush(heap, again)
            continue
        covered |= candidates[place].covers
        chosen.append(place)
    return sorted(_needed(chosen, candidates, already))


def union(covers: Iterable[int]) -> int:
    """Return what any of them covers."""
    whole = 0
    for one in covers:
        whole |= one
    return whole


def _worth(one: Candidate, covered: int) -> float:
    return (one.covers & ~covered).bit_count() / (len(one.data) + _INPUT_BYTES)


def _needed(chosen: list[int], candidates: Sequence[Candidate], already: int) -> list[int]:
    """Leave out, the longest first, what the others that are left cover."""
    by_size = sorted(
        chosen, key=lambda place: (len(candidates[place].data), candidates[place].data)
    )
    # below[i]: what is covered by those that are shorter than the i-th.
    below = [already]
    for place in by_size:
        below.append(below[-1] | candidates[place].covers)
    kept, above = [], 0
    for i, place in reversed(list(enumerate(by_size))):
        if candidates[place].covers & ~(below[i] | above):
            above |= candidates[place].covers
            kept.append(place)
    return kept
