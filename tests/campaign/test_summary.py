# SPDX-License-Identifier: GPL-2.0-only
"""The summary as text: 80 columns, the verdict last, nothing left out silently."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pyfuzz import paths
from pyfuzz.campaign import summary
from pyfuzz.campaign.campaign import Progress
from pyfuzz.campaign.engine_log import Greeting
from pyfuzz.finding.finding import Finding
from pyfuzz.kinds import Kind
from pyfuzz.module.shared import Counts
from pyfuzz.run.options import Options
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists.operation import Opcode


def finding(known: str | None = None, operations: int = 1) -> Finding:
    text = "remove vm0 f0 s0\n" * operations
    return Finding(
        Symptom(
            Kind.HOST_BUG, "pte_list_remove", "BUG() reached: the host would have died " * 4, 3
        ), 7,
        12_345, 10, 0.5, parse(text, "test"), known, minimized=True,
        artifact=Path("x.seq"),
    )  # fmt: skip


def progress(*findings: Finding) -> Progress:
    options = Options(catalogue.get("rfc-v4"), Path("out/run"), 1)
    return Progress(options, Counts(1000, 5000, 9000, 20, 300), 2.0, 40, list(findings))


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([], "clean: nothing found"),
        ([finding("declared")], "known: nothing new, 1 known finding"),
        ([finding(), finding("declared")], "finding: 1 new, 1 known"),
    ],
)
def test_verdict_is_the_last_line(findings: list[Finding], verdict: str) -> None:
    assert f"verdict: {verdict}" == summary.as_text(progress(*findings)).splitlines()[-1]


def test_summary_fits_80_columns() -> None:
    text = summary.as_text(progress(finding("a reason with many words " * 10)))
    assert [] == [line for line in text.splitlines() if len(line) > 80]


def test_findings_of_one_function_on_several_lines_are_told_apart() -> None:
    here, there = finding(), finding("declared")
    there.symptom = replace(there.symptom, line=8)

    both = summary.as_text(progress(here, there)).splitlines()
    alone = summary.as_text(progress(here)).splitlines()

    assert "1. NEW: host-bug in pte_list_remove, line 3, 12,345 times" in both
    assert "2. known: host-bug in pte_list_remove, line 8, 12,345 times" in both
    assert "1. NEW: host-bug in pte_list_remove, 12,345 times" in alone


def test_long_sequence_is_cut_and_says_so() -> None:
    assert "… and 8 more operations" in summary.as_text(progress(finding(operations=20)))


def test_rates_are_per_second() -> None:
    told = summary.as_object(progress())
    assert (500, 2500) == (told["executions_per_second"], told["operations_per_second"])


def test_operations_that_the_target_lacks_are_named() -> None:
    lacking = progress()
    there = tuple(opcode for opcode in Opcode if opcode not in (Opcode.COUNT, Opcode.ZAP_ALL))
    lacking.greeting = Greeting(30, 12, there)
    assert "not in this target, so not fuzzed: count, zap-all" in summary.as_text(lacking)


def test_notes_reach_both_forms() -> None:
    noted = progress()
    noted.notes.append("worker 0 died")
    assert "note: worker 0 died" in summary.as_text(noted)
    assert ["worker 0 died"] == summary.as_object(noted)["notes"]


def test_every_key_of_the_object_is_documented() -> None:
    text = (paths.ROOT / "docs" / "campaigns.md").read_text().partition("## `--json`")[2]
    told = summary.as_object(progress(finding()))
    keys = {*told, *told["findings"][0]}
    documented = set(re.findall(r"`(\w+)`", text))
    assert set() == keys - documented


@pytest.mark.parametrize(
    ("walker", "words"), [("kernel", "own FNAME(walk_addr)"), ("pyfuzz", "a walker of ours")]
)
def test_summary_says_whose_code_walks_the_guest_tables(walker: str, words: str) -> None:
    told = progress()
    told.greeting = Greeting(30, 12, (0, 1), walker)

    assert walker == summary.as_object(told)["walker"]
    assert words in summary.as_text(told)
    assert summary.as_object(progress())["walker"] is None
    assert "walked by" not in summary.as_text(progress())


def test_world_that_was_not_fuzzed_is_named_with_the_reason() -> None:
    told = progress()
    told = replace(told, options=replace(told.options, not_run={"pages": "no headers"}))

    assert {"pages": "no headers"} == summary.as_object(told)["not_run"]
    assert "the world pages was not fuzzed: no headers" in summary.as_text(told)
