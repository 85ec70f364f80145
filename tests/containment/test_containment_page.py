# SPDX-License-Identifier: GPL-2.0-only
"""The matrix in words: what changed between versions, and the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import schema
from made_matrix import D, H, M, S, X, cell, matrix, row, versions

from pyfuzz.containment import page, table
from pyfuzz.containment.answers import compare, everywhere_contained, nowhere_contained
from pyfuzz.containment.deaths import ACCESS, LOOP, WALK, cause_of_death, causes_of_death
from pyfuzz.containment.matrix import MatrixRecord, read_matrix
from pyfuzz.containment.reach import Trigger, trigger
from pyfuzz.errors import UsageError
from pyfuzz.module.results import Outcome
from pyfuzz.worlds.lists.faults import FAULTS, Reach


def test_comparison_says_what_a_version_gained_and_lost() -> None:
    made = matrix(
        row("bug", {"count-zero": X, "count-less": S, "double-zap": X, "slot-null": X}),
        row("rfc-v4", {"count-zero": M, "count-less": X, "double-zap": X, "slot-null": X}),
    )
    found = compare(made, "bug", "rfc-v4")
    assert found is not None
    assert ["count-zero"] == [change.fault for change in found.better]
    assert ["count-less"] == [change.fault for change in found.worse]
    assert compare(made, "bug", "v6.6") is None


def test_comparison_of_equal_outcomes_looks_at_how_often() -> None:
    rarely = replace(cell("rfc-v4", "slot-null", X), sample={X: 20, S: 180})
    before = row("bug", {"slot-null": X})
    found = compare(
        matrix(before, replace(before, target="rfc-v4", cells=(rarely,))), "bug", "rfc-v4"
    )
    assert found is not None
    assert [(0.25, 0.9)] == [(c.share_before, c.share_after) for c in found.more_often]
    assert () == found.less_often


def test_comparison_tells_what_is_left_behind_and_what_a_sanitizer_reports() -> None:
    stale = replace(row("rfc-v3", {}), cells=(cell("rfc-v3", "double-zap", D, stale=1),))
    clean, reported = row("rfc-v4", {"double-zap": D}), row("v6.6", {"count-zero": X})
    found = compare(matrix(stale, clean), "rfc-v3", "rfc-v4")
    assert found is not None
    assert (("double-zap",), (), False) == (found.clean, found.stale, found.nothing)
    found = compare(matrix(stale, clean), "rfc-v4", "rfc-v3")
    assert found is not None
    assert ((), ("double-zap",), False) == (found.clean, found.stale, found.nothing)
    plain = replace(cell("rfc-v4", "count-zero", X), report=None)
    found = compare(matrix(replace(clean, cells=(plain,)), reported), "rfc-v4", "v6.6")
    assert found is not None
    assert (("count-zero",), ()) == (found.reported, found.unreported)


def test_faults_that_no_version_contains_and_that_every_one_does() -> None:
    made = versions()
    assert ["more-other-vm"] == nowhere_contained(made)
    assert ["count-zero", "more-other-vm"] == nowhere_contained(made, frozenset(("hardened",)))
    assert [] == everywhere_contained(made)
    without = matrix(*(one for one in made.rows if one.target not in ("bug", "v5.10")))
    assert ["double-zap"] == everywhere_contained(without)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"kind": "host-bug", "function": "rmap_get_next"}, WALK),
        ({"kind": "hang", "function": "pte_list_add"}, LOOP),
        ({"kind": "host-fault", "function": "pte_list_add"}, ACCESS),
    ],
)
def test_cause_of_death_is_told_by_kind_and_function(changes: dict[str, str], cause: str) -> None:
    assert cause == cause_of_death(cell("bug", "slot-null", X, **changes))


def test_causes_of_death_are_counted_the_most_first() -> None:
    one = row("bug", {"count-zero": X, "count-less": X, "slot-null": S})
    hang = cell("bug", "more-self", X, kind="hang")
    assert [(WALK, 2), (LOOP, 1)] == causes_of_death(replace(one, cells=(hang, *one.cells)))


@pytest.mark.parametrize(
    ("because", "who"),
    [
        ("host-bug in f, operation 2: x", Trigger.GUEST),
        ("host-bug in f, line 3, operation 3: x", Trigger.HOST),
        ("host-bug in f, operation 4: x", Trigger.END),
        ("host-bug in f, operation 5: x", Trigger.END),
        ("", None),
    ],
)
def test_trigger_is_who_does_what_it_is_seen_at(because: str, who: Trigger | None) -> None:
    text = "add vm0 f0 s0; fault vm0 f0 slot-null; iterate vm0 f0; zap-all vm0 f0; destroy vm0"
    sequence = tuple(text.split("; "))
    assert who == trigger(cell("bug", "slot-null", X, because=because, sequence=sequence))


def test_every_fault_says_whose_mistake_it_takes() -> None:
    assert set(Reach) == {fault.reach for fault in FAULTS}


def text_of(html: str) -> str:
    plain = re.sub(r"<style>.*?</style>|<script>.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(plain.replace("&#39;", "'").split())


@pytest.mark.parametrize(
    "said",
    [
        "rfc-v4 protects the other VMs, whatever comes after, from 1 of 4 faults: double-zap .",
        "3 can kill the host: 3 by the iterator's own BUG_ON(), which asks whether an SPTE is",
        "What v4 of the series gained over BUG()",
        "In the worst case, 1 of the faults has a better outcome than before and none a worse",
        "What the merged code gained or lost against v4",
        "nothing contains 2 of the 4 faults whatever happens after them: count-zero ,",
        "With the proposal there is 1 left: more-other-vm",
        "rfc-v1 , which does not compile",
        "Without another bug, none of it.",
        "hardened 1 by what the guest does",
    ],
)
def test_page_answers_in_words(said: str) -> None:
    assert said in text_of(page.render(versions()))


def test_page_of_one_target_without_the_series_has_no_answers() -> None:
    text = text_of(page.render(matrix(row("linux-6.12", {"slot-null": X, "count-zero": None}))))
    assert "linux-6.12 protects the other VMs, whatever comes after, from 0 of 1 faults." in text
    assert "Gained and lost" not in text


def test_page_shows_what_outlives_a_zap() -> None:
    stale = cell("v6.6", "head-zero", S, stale=2)
    made = row("v6.6", {"slot-null": X})
    html = page.render(matrix(replace(made, cells=(*made.cells, stale))))
    assert "2 SPTEs stayed present after a zap of the whole list" in html
    assert "Contained is not repaired: with 1 of the faults above" in text_of(html)
    assert "s°" in html


def test_page_escapes_what_a_kernel_is_called() -> None:
    html = page.render(matrix(row("<script>alert(1)</script>", {"slot-null": X})))
    assert "<script>alert" not in html


def test_matrix_as_text_and_as_markdown_has_every_cell() -> None:
    made = versions()
    lines = list(table.text(made.rows))
    assert next(line for line in lines if " count-zero" in line).split()[1:] == [
        "X!", "X!", "·", "m", "X!", "D!",
    ]  # fmt: skip
    (marked,) = [line for line in table.markdown(made) if line.startswith("| `more-other-vm`")]
    assert marked == "| `more-other-vm` | **X** | **X** | **X** | **X** | S | S |"


def test_matrix_read_back_is_the_same() -> None:
    made = versions()

    schema.check(made.as_object(), MatrixRecord)
    assert made == read_matrix(json.dumps(made.as_object()), "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "x: must be what 'pyfuzz containment --json' prints, is not: line 1: Expecting"),
        ('{"version": 9}', "x: the matrix's version must be 1, is 9"),
        ('{"version": 1, "rows": [{}]}', "x: must be what .* is not: it has no 'rows.0..target'"),
    ],
)
def test_matrix_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_matrix(text, "x")


def test_outcomes_from_the_best_to_the_worst() -> None:
    assert sorted((X, H, M, S, D), key=lambda one: one.rank) == [D, S, M, H, X]
    assert [Outcome.DETECTED, Outcome.SILENT] == [one for one in Outcome if one.contained]
