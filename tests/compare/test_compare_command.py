# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz compare``: what it finds, what it says, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_process import pyfuzz

from pyfuzz.campaign import engine_log
from pyfuzz.module import compiled
from pyfuzz.target import catalogue

RUNS = ("--runs", "2000", "--seed", "1")


def compared(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = pyfuzz("compare", *arguments, "--json", folder=folder)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.slow
def test_compare_of_a_target_with_itself_is_the_same(tmp_path: Path) -> None:
    code, found = compared(tmp_path, "v6.6", "v6.6", *RUNS, "--level", "shape")

    assert (0, "same", []) == (code, found["verdict"], found["set_aside"])
    assert 2000 <= found["executions"] < found["operations"]


@pytest.mark.slow
def test_compare_finds_the_entry_that_v3_drops_and_minimizes_it(tmp_path: Path) -> None:
    code, found = compared(tmp_path, "rfc-v3", "rfc-v4", *RUNS, "--out", "run")

    first = found["differences"][0]
    assert (1, "different") == (code, found["verdict"])
    assert 2 == len(first["operations"])
    assert ("0 entries", "1 entries: s0") == (first["a"], first["b"])
    assert "pte_list_remove" == first["function"]
    assert first["minimized"]
    assert found == json.loads((tmp_path / "run" / "compare.json").read_text())


@pytest.mark.slow
def test_compare_of_a_file_shows_its_difference_again(tmp_path: Path) -> None:
    _, found = compared(tmp_path, "rfc-v3", "rfc-v4", *RUNS, "--out", "run")
    artifact = found["differences"][0]["artifact"]

    code, again = compared(tmp_path, "rfc-v3", "rfc-v4", artifact)

    assert 1 == code
    assert found["differences"][0]["what"] == again["differences"][0]["what"]
    assert 0 == compared(tmp_path, "rfc-v4", "rfc-v4", artifact)[0]


@pytest.mark.slow
def test_compare_with_declared_differences_exits_0(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(
        '[[known]]\nkind = "difference"\nfunction = "pte_list_remove"\n'
        'target = "rfc-v3..rfc-v4"\nreason = "v3 drops entries"\n'
    )

    code, found = compared(tmp_path, "rfc-v3", "rfc-v4", *RUNS, "--known", "known.toml")

    assert (0, "known") == (code, found["verdict"])
    assert {"v3 drops entries"} == {one["known"] for one in found["differences"]}


@pytest.mark.slow
def test_compare_shows_both_sides_below_each_other(tmp_path: Path) -> None:
    done = pyfuzz("compare", "rfc-v3", "rfc-v4", *RUNS, folder=tmp_path)

    assert 1 == done.returncode
    assert "   A: 0 entries\n   B: 1 entries: s0\n" in done.stdout
    assert "set aside: the log of errors is not compared" in done.stdout


@pytest.mark.slow
def test_compare_of_two_policies_leaves_errors_out_and_says_so(tmp_path: Path) -> None:
    code, found = compared(tmp_path, "v6.6", "v6.6-corruption-bug", *RUNS)

    assert (0, "same") == (code, found["verdict"])
    assert ["steps that err are left out: they kill the host on v6.6-corruption-bug alone"] == (
        found["set_aside"]
    )


def test_compare_of_two_worlds_or_of_nothing_exits_2(tmp_path: Path) -> None:
    worlds = pyfuzz("compare", "v6.6", "pages", folder=tmp_path)
    nothing = pyfuzz("compare", "v6.6", "v66", folder=tmp_path)
    shape = pyfuzz("compare", "v6.6", "rfc-v4", "--level", "shape", folder=tmp_path)

    assert (2, 2, 2) == (worlds.returncode, nothing.returncode, shape.returncode)
    assert "must be of one world" in worlds.stderr
    assert "there is no target 'v66'" in nothing.stderr
    assert "--level shape needs descriptors of one kind" in shape.stderr


@pytest.mark.slow
def test_compare_lets_the_engine_see_the_counters_of_both(tmp_path: Path) -> None:
    pyfuzz("compare", "v6.6", "rfc-v4", *RUNS, "--out", "run", folder=tmp_path)
    log = (tmp_path / "run" / "workers" / "structure" / "log.1").read_text()

    both = [compiled.load(catalogue.get(name)).traits for name in ("v6.6", "rfc-v4")]
    said = engine_log.greeting(log)
    assert said is not None
    assert sum(traits.counters for traits in both) == said.counters
    assert f"({said.counters + said.states} inline 8-bit counters)" in log
