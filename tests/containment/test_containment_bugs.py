# SPDX-License-Identifier: GPL-2.0-only
"""What real bugs come to: a fix reverted, ordinary use after it, and what the host notices."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner
from plants import plant
from taken_back import CAUSES

from pyfuzz import paths
from pyfuzz.cli.containment import containment as command
from pyfuzz.containment import bugs
from pyfuzz.containment.bugs import BugCell, Consequence, Example
from pyfuzz.errors import UsageError
from pyfuzz.module.compiled import load
from pyfuzz.module.results import Skip
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue

ROLE, MMIO = "81ccda30b4e8", "aad885e77496"
B, F, U, X = Consequence


def cell(target: str, commit: str) -> BugCell:
    (found,) = bugs.find([catalogue.get(target)], bugs.catalogue([commit]), lambda one: None)
    return found


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one operation follow, not two."""
    monkeypatch.setattr(bugs, "MOST", 1)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("pages-bug", {X}),
        pytest.param("pages-rfc-v4", {B, F}, marks=pytest.mark.slow),
        pytest.param("pages", {B, F}, marks=pytest.mark.slow),
        pytest.param("pages-corruption-bug", {X}, marks=pytest.mark.slow),
        pytest.param("pages-hardened", {B, F}, marks=pytest.mark.slow),
    ],
)
@pytest.mark.usefixtures("short")
def test_unexpected_role_kills_the_host_or_bugs_the_vm_by_the_policy(
    target: str, expected: set[Consequence]
) -> None:
    found = cell(target, ROLE)

    assert (found.how, set(found.shown)) == (bugs.REVERTED, expected)
    assert found.sequences == 1 + len(bugs.FOLLOW_UPS)
    assert found.fixed == {}


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_example_names_what_follows_and_what_the_host_dies_of() -> None:
    example = cell("pages", MMIO).shown[X]

    assert "rmap_yield" in example.because
    assert example.sequence[-1] == "age vm0 0x203 slot"


def watched(bug: str, text: str, tmp_path: Path, port: str = "pages") -> tuple[object, str]:
    module = load(plant(port, tmp_path, *CAUSES[bug].edits))
    operations = parse(f"# pyfuzz sequence 2 pages\n{text}", "test")
    module.watch(on=True)
    try:
        return bugs.consequence(module, operations)  # type: ignore[arg-type]
    finally:
        module.watch(on=False)


def test_entry_in_a_freed_page_is_a_silent_use_after_free(tmp_path: Path) -> None:
    bug = "an entry stays behind when its SPTE is dropped"

    assert watched(bug, "access vm0 cpu0 read 0:0:0:0\nzap-all vm0\n", tmp_path) == (
        U,
        "the reverse map of gfn 0x201 has an entry in a page that is freed",
    )


def test_wrong_page_in_use_is_none_of_the_three(tmp_path: Path) -> None:
    text = "access vm0 cpu0 read 0:0:0:0\nwrite vm0 cpu0 0:0:0 table 0x17\n"
    bug = "KVM is told of a PDE and keeps the page below it"

    assert watched(bug, text, tmp_path) == (None, "")


def test_sequence_goes_on_after_a_mistake_only_while_it_is_watched(tmp_path: Path) -> None:
    bug = CAUSES["KVM is told of a PDE and keeps the page below it"]
    module = load(plant("pages", tmp_path, *bug.edits))
    operations = parse(f"{bug.text}access vm0 cpu1 read 0:0:0:0\n", "test")
    skipped = []
    for on in (True, False):
        module.watch(on=on)
        module.begin()
        skipped.append([module.step(op, number).skip for number, op in enumerate(operations)][-1])

    assert skipped == [Skip.RAN, Skip.HOST_DEAD]


def test_markdown_has_a_letter_for_each_consequence_and_says_how() -> None:
    (fix,) = bugs.catalogue([ROLE])
    example = Example(("zap-all vm0",), "because")
    cells = [
        BugCell("one", fix, bugs.REVERTED, 3, {B: example, X: example}, {}),
        BugCell("two", fix, bugs.SHIPPED, 3, {}),
        BugCell("three", fix, "there is no get_child"),
    ]

    table = list(bugs.markdown(cells))
    assert table[0] == "| bug | `one` | `two` | `three` |"
    assert table[2] == "| CVE-2026-53359 | **BX** | · \\* | n/a |"
    said = "\n".join(bugs.examples([*cells, replace(cells[0], fixed={B: example})]))
    assert "three, CVE-2026-53359: there is no get_child" in said
    assert "one, CVE-2026-53359: WITH THE FIX bugged: because" in said


@pytest.mark.usefixtures("short")
def test_command_prints_the_matrix_and_its_object() -> None:
    done = CliRunner().invoke(command, ["pages", "--bug", "5.13", "--json"], standalone_mode=False)

    assert done.return_value == 0, done.output
    assert "verdict: with its fix, no bug comes to anything" in done.stderr
    (found,) = json.loads(done.stdout)["bugs"]
    assert (found["target"], found["commit"], found["with_fix"]) == ("pages", "5.13", {})
    assert list(found["consequences"]) == ["bugged"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bug", "nothing"], "a bug must be all or one of 0cb2af2ea66a"),
        (["v6.6", "--bug", "all"], "'v6.6' is a target of the world lists"),
        (["--bug", "all", "--fault", "double-zap"], "leave out --fault, or --bug"),
        (["--bug", "all", "--html", "x.html"], "leave out --html, or --bug"),
    ],
)
def test_command_refuses_what_does_not_go_together(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(command, arguments, standalone_mode=False)

    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


def documented() -> dict[tuple[str, str], str]:
    """Return the cells of the second matrix in docs/containment.md."""
    text = (paths.corpus().parent / "docs" / "containment.md").read_text()
    marked = text.partition("<!-- made by: pyfuzz containment --bug all -->\n\n")[2]
    lines = takewhile(lambda line: line.startswith("|"), marked.splitlines())
    table = [re.split(r"\s*\|\s*", line.strip("| ")) for line in lines]
    targets = [name.strip("`") for name in table[0][1:]]
    return {
        (row[0], target): sign.replace("*", "").replace("\\", "").strip()
        for row in table[2:]
        for target, sign in zip(targets, row[1:], strict=True)
    }


@pytest.mark.slow
@pytest.mark.parametrize(("target", "commit"), [("pages-rfc-v4", ROLE), ("pages", MMIO)])
def test_matrix_of_the_docs_is_what_is_measured(target: str, commit: str) -> None:
    found = cell(target, commit)

    assert documented()[found.fix.cve, target] == found.sign
