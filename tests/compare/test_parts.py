# SPDX-License-Identifier: GPL-2.0-only
"""Each part that is compared differs when a mistake is planted in one of the two."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from selection import mostly_slow

from pyfuzz import paths
from pyfuzz.compare.pair import PARTS, Level, Pair, pair_of
from pyfuzz.compare.result import parts
from pyfuzz.module.results import RawFinding
from pyfuzz.mutants.experiment import Options, mutants_of
from pyfuzz.mutants.sources import Source, plant
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue

TWO = "add vm0 f0 s0\nadd vm0 f0 s1"

# A mutant of v6.6, the level that sees it, a sequence, what differs, and on both sides.
PLANTED = (
    ("add-returns-after", 0, TWO, "returned of add", "0", "1"),
    ("remove-many-dies", 0, f"{TWO}\nremove vm0 f0 s9", "end of remove", "it goes on", "BUG"),
    (
        "remove-single-silent",
        0,
        "add vm0 f0 s0\nremove vm0 f0 s9",
        "bugged of remove",
        "bugged: vm0",
        "no VM is bugged",
    ),
    (
        "remove-single-no-return",
        0,
        "add vm0 f0 s0\nremove vm0 f0 s9",
        "entries of remove",
        "1 entries: s0",
        "0 entries",
    ),
    (
        "zap-one-keeps-spte",
        0,
        "add vm0 f0 s0\nzap-one vm0 f0 #0",
        "sptes of zap-one",
        "left as 0",
        "left as 1800",
    ),
    (
        "recycle-at-300",
        0,
        "add vm0 f0 s0 x301\nrmap-add vm0 f0 s400",
        "entries of rmap-add",
        "302 entries: ",
        "0 entries",
    ),
    ("add-single-order", 1, TWO, "order of add", "2 entries: s0 s1", "2 entries: s1 s0"),
)


def planted_pair(name: str, level: Level, folder: Path) -> Pair:
    original = catalogue.get("v6.6")
    mutants = mutants_of(Source(original), Options(original))
    mutant = next(mutant for mutant in mutants if mutant.name == name)
    return pair_of(original, plant(original, mutant, folder), level, ())


def run(pair: Pair, text: str) -> tuple[RawFinding, ...]:
    with Runner(pair.target) as runner:
        return runner.run(Input.of(parse(text, "sequence")))


@pytest.mark.parametrize(
    ("name", "level", "text", "what", "a", "b"), mostly_slow(PLANTED, *PLANTED[:3])
)
def test_compare_with_a_planted_mistake_names_the_part_and_both_sides(
    tmp_path: Path, name: str, level: int, text: str, what: str, a: str, b: str
) -> None:
    (found,) = run(planted_pair(name, Level(level), tmp_path), text)

    differs, one, other = parts(found.message)
    assert what == differs
    assert one.startswith(a), found.message
    assert b in other, found.message


def test_compare_at_a_lower_level_does_not_see_the_order(tmp_path: Path) -> None:
    assert () == run(planted_pair("add-single-order", Level.OBSERVABLE, tmp_path), TWO)


@pytest.mark.slow
def test_compare_the_other_way_round_shows_the_sides_the_other_way_round(tmp_path: Path) -> None:
    pair = planted_pair("remove-single-no-return", Level.OBSERVABLE, tmp_path)
    turned = pair_of(pair.b, pair.a, Level.OBSERVABLE, ())

    (found,) = run(turned, "add vm0 f0 s0\nremove vm0 f0 s9")

    assert ("entries of remove", "0 entries", "1 entries: s0") == parts(found.message)


@pytest.mark.slow
def test_compare_without_a_part_goes_on_to_the_next(tmp_path: Path) -> None:
    pair = planted_pair("remove-single-no-return", Level.ORDER, tmp_path)
    text = "add vm0 f0 s0\nremove vm0 f0 s9"
    found = []
    for without in ((), ("entries",), ("entries", "rule", "order")):
        (difference, *_) = (
            *run(pair_of(pair.a, pair.b, Level.ORDER, (), without), text),
            None,
        )
        found.append(difference and parts(difference.message)[0])

    assert ["entries of remove", "rule of remove", None] == found


def test_parts_are_those_of_the_harness() -> None:
    header = (paths.csrc() / "compare" / "side.h").read_text()
    words = (paths.csrc() / "compare" / "lockstep.c").read_text()

    names = re.findall(r"^\tPART_(\w+),", header, re.MULTILINE)
    assert list(PARTS) == [re.search(rf'\[PART_{name}\] = "(\w+)"', words)[1] for name in names]  # type: ignore[index]
    assert f"#define PYFUZZ_ASIDE_PARTS {8}" in (paths.csrc() / "compare" / "compare.h").read_text()
