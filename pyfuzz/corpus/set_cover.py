# SPDX-License-Identifier: GPL-2.0-only
"""A small set of inputs that covers as much as many, by greedy set cover.

Finding the smallest set is intractable; greedy comes within a logarithmic factor.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# The cost of an input in addition to its bytes.
_INPUT_BYTES = 48


@dataclass(frozen=True, slots=True)
class Candidate:
    """One input: its bytes, and what it covers as the set bits of a number."""

    data: bytes
    covers: int


def cover(candidates: Sequence[Candidate], already: int = 0) -> list[int]:
    """Return the indices of candidates that together cover as much as all of them.

    ``already`` is covered by something else.  Greedy by what is new per size, since
    bytes cost the engine time; then candidates that others made redundant are
    dropped, longest first.  The result, in ascending order, depends only on the set
    of candidates, not on their order (except for which of two equal ones is named).
    """
    chosen: list[int] = []
    covered = already
    # What a candidate adds can only decrease: if its updated worth is still the best,
    # the others need not be looked at.
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
    """Return everything that they cover."""
    whole = 0
    for one in covers:
        whole |= one
    return whole


def _worth(one: Candidate, covered: int) -> float:
    return (one.covers & ~covered).bit_count() / (len(one.data) + _INPUT_BYTES)


def _needed(chosen: list[int], candidates: Sequence[Candidate], already: int) -> list[int]:
    """Drop, longest first, candidates whose cover the remaining ones have."""
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
