# SPDX-License-Identifier: GPL-2.0-only
"""The number of states, counted on paper and visited."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import perm

import pytest
from selection import mostly_slow

from pyfuzz.exhaust.search import Search, Searcher
from pyfuzz.module.states import Scope
from pyfuzz.target import catalogue

# The empty list, the single entry, and the VM that is destroyed.
BESIDES = 3


@contextmanager
def searcher_of(name: str) -> Iterator[Searcher]:
    searcher = Searcher(catalogue.get(name))
    try:
        yield searcher
    finally:
        searcher.close()


def visited(name: str, scope: Scope) -> Search:
    with searcher_of(name) as searcher:
        return searcher.search(scope, None, lambda _: None)


def states(search: Search) -> int:
    assert search.progress is not None
    return search.progress.states


@pytest.mark.parametrize(("name", "capacity", "descriptors"), [("bug", 14, 2), ("v5.10", 3, 4)])
def test_append_generation_has_a_state_for_each_fill_of_each_descriptor(
    name: str, capacity: int, descriptors: int
) -> None:
    scope = Scope("", entries=capacity * descriptors, descriptors=descriptors, audit_every=50)

    search = visited(name, scope)

    fills = sum(capacity**n for n in range(1, descriptors + 1))
    assert (states(search), search.complete) == (fills + BESIDES, True)


@pytest.mark.parametrize("name", ["v6.6", "v6.15", "hardened"])
def test_head_descriptor_generation_has_a_state_for_each_length(name: str) -> None:
    search = visited(name, Scope("", entries=60, audit_every=50))

    # A single entry may be in the head itself or in a descriptor.
    assert (states(search), search.complete) == (60 + BESIDES, True)


# States and transitions; only few if an error kills the host.
COUNTS = {
    "bug": (351, 22_477),
    "rfc-v2": (6_565, 774_852),
    "rfc-v3": (6_565, 419_897),
    "rfc-v4": (4_485, 286_867),
    "v5.10": (351, 21_127),
    "v6.6": (4_485, 286_867),
    "v6.6-corruption-bug": (351, 22_477),
    "v6.15": (4_485, 286_867),
    "hardened": (4_485, 286_867),
}


@pytest.mark.parametrize("name", mostly_slow(sorted(COUNTS), "bug", "v5.10", "v6.6"))
def test_two_vms_with_errors_have_the_same_states_every_time(name: str) -> None:
    with searcher_of(name) as searcher:
        (scope,) = searcher.scopes(("vms",), {"audit_every": 5_000})
        search = searcher.search(scope, None, lambda _: None)

    assert search.progress is not None
    assert COUNTS[name] == (search.progress.states, search.progress.transitions)


@pytest.mark.parametrize(("name", "entries"), [("v6.6", 4), ("v5.10", 4)])
def test_without_renaming_there_is_a_state_for_each_choice_of_entries(
    name: str, entries: int
) -> None:
    scope = Scope("", entries=entries, total=entries, descriptors=int(name == "v5.10"))
    renamed = visited(name, scope)
    apart = visited(name, replace(scope, renamed=False))

    longest = min(entries, 3) if name == "v5.10" else entries
    lists = [0, 1, *range(1, longest + 1)]
    assert (states(renamed), states(apart)) == (
        len(lists) + 1,
        sum(perm(entries, length) for length in lists) + 1,
    )
    assert [f.signature for f in renamed.findings] == [f.signature for f in apart.findings]
    assert renamed.complete
    assert apart.complete


def test_levels_of_the_cache_are_states_where_the_scope_says_so() -> None:
    plain = visited("v6.6", Scope("", entries=20))
    levels = visited("v6.6", Scope("", entries=20, caches=True))

    assert levels.complete
    assert states(plain) < states(levels) <= 5 * states(plain)


def test_a_depth_cuts_the_search_and_nothing_is_complete() -> None:
    search = visited("v6.6", Scope("", entries=60, depth=5))

    assert search.progress is not None
    assert (search.progress.depth, search.complete) == (5, False)
    assert search.progress.left > 0


def test_a_search_without_audits_is_not_complete() -> None:
    search = visited("v6.6", Scope("", entries=5, audit_every=0))

    assert (states(search), search.complete) == (5 + BESIDES, False)
