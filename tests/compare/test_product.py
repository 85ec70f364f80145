# SPDX-License-Identifier: GPL-2.0-only
"""The product of two state spaces: counts, verdicts, audits, shortest sequences."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli_process import pyfuzz
from plants import Edit, plant
from taken_back import REAL

from pyfuzz.compare.pair import Level, pair_of
from pyfuzz.exhaust.search import Search, Searcher
from pyfuzz.module.states import End, Groups, Scope
from pyfuzz.mutants.sources import Source, changed
from pyfuzz.sequence.text import format_operation
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target

SHADOWED = Scope("shadowed", pdes=1, ptes=1, targets=1, groups=Groups.WRITES)
# Operations that make the first state.
BEFORE = 12
LOOKS = "		sp->written = (uintptr_t)sp->spt >> 12 & 1;"
HEADS = Scope("heads", parents=1, entries=16, errors=True)


def searched(
    a: Target, b: Target, scope: Scope, level: Level = Level.OBSERVABLE, workers: int = 1
) -> Search:
    searcher = Searcher(pair_of(a, b, level, ()).target, workers)
    try:
        return searcher.search(scope, None, lambda _: None)
    finally:
        searcher.close()


def test_product_of_a_target_with_itself_has_a_pair_for_each_state() -> None:
    v66 = catalogue.get("v6.6")

    search = searched(v66, v66, HEADS, Level.SHAPE, workers=2)

    assert search.progress is not None
    # As docs/exhaust.md has it for the one: renaming SPTEs for two loses nothing.
    assert (1300, 110_809, 0) == (
        search.progress.states,
        search.progress.transitions,
        search.progress.left,
    )
    assert search.complete
    assert [] == search.findings


@pytest.mark.slow
def test_product_of_two_generations_relates_their_orders() -> None:
    """Lists with the same entries in other orders: each pair of orders is a state."""
    scope = Scope("", entries=4, errors=True)

    search = searched(catalogue.get("v6.6"), catalogue.get("rfc-v4"), scope)

    assert search.progress is not None
    assert (True, []) == (search.complete, search.findings)
    assert searched(catalogue.get("v6.6"), catalogue.get("v6.6"), scope).progress is not None
    assert 0 == search.progress.failed < search.progress.second_ways


def test_product_shows_a_difference_with_a_shortest_sequence() -> None:
    scope = Scope("", entries=2, errors=True)

    search = searched(catalogue.get("rfc-v3"), catalogue.get("rfc-v4"), scope)

    shown = {tuple(map(format_operation, found.operations)) for found in search.findings}
    assert ("add vm0 f0 s0", "rmap-remove vm0 f0 s1") in shown
    assert {2} == {len(operations) for operations in shown}
    assert all(found.minimized for found in search.findings)


@pytest.mark.parametrize("name", ["pages", "pages-rfc-v4", "pages-bug"])
def test_product_in_the_world_pages_is_searched_to_its_end(name: str) -> None:
    search = searched(catalogue.get("pages"), catalogue.get(name), SHADOWED)

    assert search.progress is not None
    assert (271, 2010, 0) == (
        search.progress.states,  # as many as each has alone
        search.progress.transitions,
        search.progress.left,
    )
    assert search.complete
    assert [] == search.findings


def test_product_in_the_world_pages_shows_a_difference_with_a_shortest_sequence(
    tmp_path: Path,
) -> None:
    bug = next(bug for title, bug in REAL.items() if title.startswith("0cb2af2ea66a"))
    scope = replace(SHADOWED, groups=Groups.POKES, depth=4)

    search = searched(catalogue.get("pages"), plant("pages", tmp_path, *bug.edits), scope)

    shown = min((found.operations for found in search.findings), key=len)
    assert BEFORE + 3 == len(shown), [format_operation(operation) for operation in shown]
    assert all(found.minimized for found in search.findings)


def test_product_of_pages_that_look_at_an_address_fails_an_audit(tmp_path: Path) -> None:
    edit = Edit("ports/pages/fault.h", "		sp->written = 0;", LOOKS)
    looks = plant("pages", tmp_path, edit)

    search = searched(looks, looks, replace(SHADOWED, audit_every=5))

    assert search.progress is not None
    assert search.progress.end is End.AUDIT


def test_product_of_targets_that_look_at_an_address_fails_an_audit(tmp_path: Path) -> None:
    bug = catalogue.get("bug")
    place = "for (desc = rmap_desc(val); desc->spte_count == PTE_LIST_EXT;"
    text = Source(bug).text.decode()
    assert 1 == text.count(place)
    skewed = text.replace(
        place, f"if ((unsigned long)sptep & 64) {{ (*(u64 *)sptep) ^= 1UL << 60; }} {place}"
    )
    looks = changed(bug, skewed.encode(), "looks", tmp_path)

    search = searched(looks, looks, Scope("", entries=20, audit_every=5))

    assert search.progress is not None
    assert search.progress.end in (End.AUDIT, End.CANNOT_HOLD)
    assert not search.complete


@pytest.mark.slow
def test_compare_exhaust_says_that_nothing_tells_them_apart(tmp_path: Path) -> None:
    options = ("--exhaust", "--scope", "heads", "--level", "order", "--time", "10m")
    done = pyfuzz("compare", "v6.6", "v6.15", *options, folder=tmp_path)
    as_json = pyfuzz("compare", "v6.6", "v6.15", *options, "--json", folder=tmp_path)

    assert 0 == done.returncode, done.stderr
    assert "A and B cannot be told apart by any sequence within this scope" in done.stdout
    assert "verdict: same" in done.stdout
    search = json.loads(as_json.stdout)["exhaust"]
    assert (True, 0) == (search["complete"], search["left"])
    assert 0 == search["audits"]["failed"] < search["audits"]["states"]


@pytest.mark.slow
def test_compare_exhaust_that_is_cut_says_up_to_how_many_operations(tmp_path: Path) -> None:
    options = ("--exhaust", "--scope", "vms", "--time", "0.01s")
    done = pyfuzz("compare", "v6.6", "v6.6", *options, folder=tmp_path)

    assert 0 == done.returncode, done.stderr
    assert "by any sequence of up to" in done.stdout
    assert "complete:" not in done.stdout


@pytest.mark.slow
def test_compare_exhaust_keeps_sequences_that_show_the_difference_again(tmp_path: Path) -> None:
    options = ("--exhaust", "--scope", "grown", "--time", "5s", "--out", "run", "--json")
    done = pyfuzz("compare", "rfc-v3", "rfc-v4", *options, folder=tmp_path)

    assert 1 == done.returncode, done.stderr
    artifact = json.loads(done.stdout)["differences"][0]["artifact"]
    again = pyfuzz("compare", "rfc-v3", "rfc-v4", artifact, folder=tmp_path)
    assert 1 == again.returncode, again.stderr


@pytest.mark.parametrize(("world", "scope"), [("pages", "long"), ("lists", "tables")])
def test_compare_exhaust_with_another_worlds_scope_exits_2(
    world: str, scope: str, tmp_path: Path
) -> None:
    name = "pages" if world == "pages" else "v6.6"
    done = pyfuzz("compare", name, name, "--exhaust", "--scope", scope, folder=tmp_path)

    assert 2 == done.returncode
    assert f"in the world {world}, is '{scope}'" in done.stderr
