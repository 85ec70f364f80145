# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz exhaust --world pages``: counts, planted bugs of the past, and audits that can fail."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli_process import pyfuzz
from plants import Edit, plant
from searches import searched
from taken_back import CAUSES, REAL

from pyfuzz.errors import UsageError
from pyfuzz.exhaust.search import Searcher
from pyfuzz.kinds import Kind
from pyfuzz.module.states import Groups, Scope
from pyfuzz.sequence.text import format_operation
from pyfuzz.target import catalogue

SMALL = Scope("small", pdes=1, ptes=1, targets=1, groups=Groups.WRITES)
# The guest's own page table is among the frames, so that it comes to be out of sync.
SYNCED = Scope("synced", pdes=1, ptes=2, targets=4, groups=Groups.POKES | Groups.FLUSHES, depth=4)
# Entries of a table, PDEs, frames of a memslot that are alike.
ALIKE = (
    Scope("ptes", pdes=1, ptes=2, targets=1, groups=Groups.WRITES),
    Scope("pdes", pdes=2, ptes=1, targets=1, groups=Groups.WRITES),
    Scope("frames", pdes=1, ptes=1, targets=3, groups=Groups.WRITES),
)
# Operations that make the first state.
BEFORE = 12


def test_states_of_one_page_are_counted_and_audited() -> None:
    search = searched(catalogue.get("pages"), SMALL)

    assert search.complete
    assert search.progress is not None
    assert (271, 2010, 9) == (
        search.progress.states,
        search.progress.transitions,
        search.progress.depth,
    )
    assert search.progress.audited > 20
    assert search.progress.second_ways > 0


@pytest.mark.parametrize(
    ("name", "groups", "length", "kinds"),
    [
        ("0cb2af2ea66a", Groups.POKES, 3, {Kind.WRONG_ROLE}),
        ("81ccda30b4e8", Groups.POKES | Groups.LARGE, 4, {Kind.WRONG_GFN, Kind.WARNING}),
    ],
)
def test_fix_that_is_taken_back_is_found_by_a_shortest_sequence(
    name: str, groups: Groups, length: int, kinds: set[Kind], tmp_path: Path
) -> None:
    bug = next(bug for title, bug in REAL.items() if title.startswith(name))
    scope = Scope("planted", pdes=1, ptes=1, targets=1, groups=groups, depth=4)

    search = searched(plant("pages", tmp_path, *bug.edits), scope)

    assert kinds <= {one.kind for one in search.findings}
    assert all(one.minimized for one in search.findings)  # a replay shows each
    shortest = min((one.operations for one in search.findings), key=len)
    lines = [format_operation(operation) for operation in shortest][BEFORE:]
    assert length == len(lines), lines
    assert lines[-1].startswith("access"), lines


def test_flush_that_leaves_a_page_out_of_sync_is_found(tmp_path: Path) -> None:
    bug = CAUSES["a flush leaves pages out of sync"]

    search = searched(plant("pages", tmp_path, *bug.edits), SYNCED)

    assert {Kind.WRONG_GFN} == {one.kind for one in search.findings}
    assert all(one.minimized for one in search.findings)


def test_what_was_synced_is_part_of_a_state() -> None:
    search = searched(catalogue.get("pages"), replace(SYNCED, audit_every=1))

    assert search.progress is not None
    assert not search.findings
    assert 0 == search.progress.failed, search.progress.trouble
    assert search.progress.audited == search.progress.expanded


@pytest.mark.parametrize("scope", ALIKE, ids=lambda scope: scope.name)
def test_alike_states_are_as_many_as_the_forms_stand_for(scope: Scope) -> None:
    one, apart = (
        searched(catalogue.get("pages"), replace(scope, alike=alike)) for alike in (True, False)
    )

    assert one.complete and apart.complete
    assert not one.findings and not apart.findings
    assert one.progress is not None and apart.progress is not None
    assert one.progress.apart == apart.progress.states > 1.5 * one.progress.states


def test_without_renaming_a_scope_has_the_same_verdict() -> None:
    exact = searched(catalogue.get("pages"), replace(SMALL, renamed=False))

    assert exact.complete and not exact.findings
    assert exact.progress is not None
    assert 948 == exact.progress.states


# The scope that the default ones have, and a part of it that is quick.
WHOLE = (
    ("part", 2, 1, 1, (2_414, 46_136, 10, 4_286)),
    pytest.param("tables", 2, 2, 3, (150_150, 5_492_336, 14, 1_634_414), marks=pytest.mark.slow),
)


@pytest.mark.parametrize(("name", "pdes", "ptes", "targets", "counts"), WHOLE)
def test_tables_are_searched_to_the_end(
    name: str, pdes: int, ptes: int, targets: int, counts: tuple[int, ...]
) -> None:
    searcher = Searcher(catalogue.get("pages"))
    try:
        bounds = {"pdes": pdes, "ptes": ptes, "targets": targets}
        (scope,) = searcher.scopes(("tables",), bounds)
        search = searcher.search(scope, None, lambda _: None)
    finally:
        searcher.close()

    assert search.complete, name
    assert not search.findings
    assert search.progress is not None
    progress = search.progress
    assert counts == (progress.states, progress.transitions, progress.depth, progress.apart)


# A line that runs for each page on the way of an access, and must only depend on what is
# in a state; no rule says how often a page may be written to.
COUNTED = "		sp->written = 0;"
HEAD = "gfn_to_rmap(slot, w->gfn, 1)->val"


@pytest.mark.parametrize(
    ("what", "scope"),
    [
        ("({ static unsigned int calls; calls++ & 1; })", SMALL),
        # Each of these is left out of the canonical form, or has another name there.
        ("sp->translations && sp->translations[index_of(address, 1)]", SMALL),
        ("sp->next && sp->next->gfn < sp->gfn", SMALL),
        ("index_of(address, 1)", ALIKE[0]),
        ("index_of(address, 2)", ALIKE[1]),
        ("w->gfn & 1", ALIKE[2]),
        (f"{HEAD} & 1 && spte_index(rmap_desc({HEAD})->sptes[0])", ALIKE[0]),
    ],
    ids=["calls", "stale gfn", "order of pages", "pte", "pde", "frame", "order of a list"],
)
def test_target_that_reads_what_a_state_leaves_out_fails_an_audit(
    what: str, scope: Scope, tmp_path: Path
) -> None:
    hidden = Edit("ports/pages/fault.h", COUNTED, f"		sp->written = !!({what});")

    search = searched(plant("pages", tmp_path, hidden), replace(scope, audit_every=5))

    assert not search.complete
    assert search.progress is not None
    assert search.progress.failed
    assert not search.findings


def test_target_that_does_not_say_where_its_data_is_cannot_be_searched(tmp_path: Path) -> None:
    silent = Edit(
        "ports/pages/adapter.h", "		{ pyfuzz_kvms, sizeof(pyfuzz_kvms) },", "		{ 0 },"
    )

    with pytest.raises(UsageError, match="does not say where all that it can read is; name a port"):
        searched(plant("pages", tmp_path, silent), SMALL)


def test_exhaust_of_pages_that_is_cut_says_up_to_how_many_operations(tmp_path: Path) -> None:
    arguments = ("--world", "pages", "--scope", "wide", "--depth", "1", "--json")
    done = pyfuzz("exhaust", *arguments, folder=tmp_path)

    found = json.loads(done.stdout)
    assert 0 == done.returncode, done.stderr
    assert ("pages", False, "clean", 1) == tuple(
        found[key] for key in ("world", "complete", "verdict", "depth")
    )
    assert "every sequence of up to 1 operations was tried" in found["searches"][0]["said"]
    assert found["searches"][0]["apart"] > found["searches"][0]["states"]
    assert "the second VM and the second vCPU" in found["not_covered"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--world", "pages", "--scope", "long"), "--scope must be one of page, frames"),
        (("--world", "pages", "--entries", "2"), "--entries bounds no scope of the world pages"),
        (("--pdes", "2"), "--pdes bounds no scope of the world lists"),
        (("v6.6", "--world", "pages"), "'v6.6' is a target of the world lists"),
    ],
)
def test_exhaust_with_bounds_of_another_world_exits_2(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = pyfuzz("exhaust", *arguments, folder=tmp_path)

    assert 2 == done.returncode
    assert message in done.stderr
