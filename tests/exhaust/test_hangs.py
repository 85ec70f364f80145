# SPDX-License-Identifier: GPL-2.0-only
"""An operation that does not end is a finding, and does not hold up the search for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfuzz.exhaust.search import Searcher
from pyfuzz.exhaust.verdict import how_far
from pyfuzz.module.states import End, Scope
from pyfuzz.mutants.experiment import Options, mutants_of
from pyfuzz.mutants.sources import Source, plant
from pyfuzz.target import catalogue

SCOPE = Scope("", parents=1, entries=4, errors=True)


@pytest.mark.slow
def test_search_of_a_target_that_hangs_finds_the_shortest_way_and_ends(tmp_path: Path) -> None:
    target = catalogue.get("v6.15")
    mutants = mutants_of(Source(target), Options(target))
    planted = next(one for one in mutants if one.name == "unlink-clears-only")
    searcher = Searcher(plant(target, planted, tmp_path))

    try:
        search = searcher.search(SCOPE, None, lambda _: None)
    finally:
        searcher.close()

    hangs = [finding for finding in search.findings if finding.kind.value == "hang"]
    assert 2 == min(len(finding.operations) for finding in hangs)
    assert 4 == sum(finding.count for finding in hangs)
    assert search.progress is not None
    assert (False, End.HANGS) == (search.complete, search.progress.end)
    assert "cut short by operations that did not end" in how_far(search)
