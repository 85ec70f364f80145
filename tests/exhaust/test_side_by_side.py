# SPDX-License-Identifier: GPL-2.0-only
"""Scopes that are searched side by side: the same verdict, a share of the memory each."""

from __future__ import annotations

import time

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.exhaust.search import Search, side_by_side
from pyfuzz.target import catalogue

NAMES = ("heads", "vms", "grown")
CHANGES = {"entries": 2, "memory_mb": 600}


def searched(workers: int, until_s: float) -> tuple[list[Search], int]:
    target = catalogue.get("v6.6")
    return side_by_side(target, NAMES, CHANGES, until_s, lambda _: None, workers)


def told(searches: list[Search]) -> list[tuple[str, int, int, bool]]:
    return [
        (one.scope.name, one.progress.states, one.progress.transitions, one.complete)
        for one in searches
        if one.progress is not None
    ]


@pytest.mark.slow
def test_scopes_side_by_side_end_as_they_do_in_turn() -> None:
    until_s = time.monotonic() + 120
    in_turn, wanted = searched(1, until_s)
    side, wanted_too = searched(3, until_s)

    assert told(in_turn) == told(side)
    assert [name for name, *_ in told(side)] == list(NAMES)
    assert all(complete for *_, complete in told(side))
    assert len(NAMES) == wanted == wanted_too


def test_scopes_side_by_side_share_the_limit_on_memory() -> None:
    side, _ = searched(2, time.monotonic() + 120)

    assert [300] * 3 == [search.scope.memory_mb for search in side]


def test_scopes_side_by_side_are_all_cut_when_the_time_is_up() -> None:
    side, wanted = searched(2, time.monotonic())

    assert wanted == len(side)
    assert not any(search.interrupted for search in side)


def test_scopes_of_another_world_are_refused_before_a_process_is_started() -> None:
    with pytest.raises(UsageError, match="--scope must be one of"):
        side_by_side(catalogue.get("v6.6"), ("tables",), {}, 0.0, lambda _: None, 2)
