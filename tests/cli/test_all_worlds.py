# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz fuzz`` in every world of a target: which these are, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path

import made_up
import pytest

from pyfuzz.campaign import summary_of_worlds
from pyfuzz.campaign.summary_of_worlds import Outcome
from pyfuzz.cli import all_worlds
from pyfuzz.cli.group import run
from pyfuzz.run.summary import FoundEntry, Summary
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel

Capture = pytest.CaptureFixture[str]


def result(executions: int = 7, seconds: float = 2.0, *found: str, known: bool = False) -> Summary:
    return Summary(
        target="k", flavour="fuzz", seed=1, workers=1, executions=executions, operations=9,
        seconds=seconds, executions_per_second=1, operations_per_second=1, edges=3, states=4,
        corpus=5, verdict="clean" if not found else "known" if known else "finding",
        findings=[
            FoundEntry(kind=kind, message="m", count=1, first_execution=1, first_seconds=0.5,
                       operations=[], artifact=None, known=known) for kind in found
        ],
    )  # fmt: skip


def total(*outcomes: Outcome, at_once: int = 1) -> Summary:
    return summary_of_worlds.total(
        outcomes, {"threads": "no walkers"}, target="k", source="mmu.c", seed=1, workers=1,
        at_once=at_once, out=Path("out"), report=None, interrupted=False,
    )  # fmt: skip


def test_has_walkers_is_true_of_the_port_that_has_some_alone() -> None:
    has = {name for name, one in catalogue.TARGETS.items() if all_worlds.has_walkers(one.source)}

    assert {"v6.15"} == has


@pytest.mark.parametrize(
    ("name", "worlds"),
    [("v6.6", ("lists",)), ("v6.15", ("lists", "threads")), ("pages", ("pages",))],
)
def test_worlds_of_a_port_are_those_that_it_was_written_for(name: str, worlds: object) -> None:
    assert (worlds, {}) == all_worlds.of_target(catalogue.get(name), None)


def test_kernel_in_one_file_has_lists_alone_and_says_why(tmp_path: Path) -> None:
    mmu = made_up.variant(tmp_path, "v5.10")
    has, lacks = all_worlds.of_target(catalogue.get("v6.6"), Kernel(mmu))

    assert ("lists",) == has
    assert "headers" in lacks["pages"]
    assert "no walkers" in lacks["threads"]


def test_total_findings_say_their_world_and_what_was_not_run_its_reason() -> None:
    found = total(
        Outcome("lists", result(7, 2.0, "leak")), Outcome("pages", error="does not compile")
    )

    assert (["lists"], 7) == (found.worlds, found.executions)
    assert {"threads": "no walkers", "pages": "does not compile"} == found.not_run
    assert ["lists"] == [finding.world for finding in found.findings]
    text = summary_of_worlds.as_text(found, [])
    assert "the world pages was not fuzzed: does not compile" in text
    assert "verdict: finding: 1 new, 0 known" == text.splitlines()[-1]


@pytest.mark.parametrize(("at_once", "seconds"), [(1, 5.0), (2, 3.0)])
def test_total_seconds_are_those_that_passed_while_fuzzing(at_once: int, seconds: float) -> None:
    found = total(
        Outcome("lists", result(7, 2.0)), Outcome("pages", result(8, 3.0)), at_once=at_once
    )

    assert (15, seconds) == (found.executions, found.seconds)


def test_verdict_is_the_worst_of_all_worlds() -> None:
    known = Outcome("lists", result(7, 2.0, "leak", known=True))

    assert "known" == summary_of_worlds.verdict([known, Outcome("pages", result())])
    new = Outcome("pages", result(7, 2.0, "leak"))
    assert "finding" == summary_of_worlds.verdict([known, new])


def test_trouble_of_one_world_does_not_cost_what_it_found() -> None:
    early = result(7, 2.0, "leak")
    object.__setattr__(early, "error", "the disk is full")
    found = total(Outcome("lists", early))

    assert ("world lists: the disk is full", 1) == (found.error, len(found.findings))


def test_systematic_search_in_all_worlds_is_refused(capsys: Capture) -> None:
    assert run(["fuzz", "v6.15", "--world", "all", "--systematic"]) == 2
    assert "add --world threads" in capsys.readouterr().err


def test_folder_of_another_run_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "precious").write_text("x")

    assert run(["fuzz", "v6.15", "--out", str(tmp_path)]) == 2
    assert "it has no worlds.json" in capsys.readouterr().err
    (tmp_path / "worlds.json").write_text('{"pyfuzz": 1, "target": "other"}')
    assert run(["fuzz", "v6.15", "--out", str(tmp_path)]) == 2
    assert "is of target other, not of v6.15" in capsys.readouterr().err
    (tmp_path / "worlds.json").write_text("[]")
    assert run(["fuzz", "v6.15", "--out", str(tmp_path)]) == 2
    assert "cannot be understood" in capsys.readouterr().err


def fuzz(capsys: Capture, *arguments: str, code: int = 0) -> dict[str, object]:
    command = ["fuzz", *arguments, "--json", "--no-sanitizer-worker", "--no-report"]
    assert run(command) == code
    said: dict[str, object] = json.loads(capsys.readouterr().out)
    return said


@pytest.mark.slow
def test_every_world_of_a_port_is_fuzzed_and_resumed(tmp_path: Path, capsys: Capture) -> None:
    out = str(tmp_path / "out")
    said = fuzz(capsys, "v6.15", "--runs", "1000", "--out", out)
    assert ["lists", "threads"] == said["worlds"]
    by_world = said["by_world"]
    assert isinstance(by_world, dict)
    assert [500, 500] == [one["executions"] for one in by_world.values()]
    assert 1000 == said["executions"]

    assert fuzz(capsys, "v6.15", "--runs", "600", "--workers", "2", "--out", out)["resumed"]


@pytest.mark.slow
def test_runs_and_seed_are_repeatable_in_several_worlds(tmp_path: Path, capsys: Capture) -> None:
    reached = []
    for name in ("a", "b"):
        said = fuzz(capsys, "v6.15", "--runs", "1001", "--seed", "5", "--out", str(tmp_path / name))
        assert 1001 == said["executions"]
        reached.append((said["operations"], said["edges"], said["states"]))

    assert reached[0] == reached[1]


@pytest.mark.slow
def test_run_folder_of_one_world_is_resumed_as_such(tmp_path: Path, capsys: Capture) -> None:
    options = ("v6.15", "--runs", "300", "--seed", "1", "--out", str(tmp_path / "out"))
    fuzz(capsys, *options, "--world", "threads")
    said = fuzz(capsys, *options)

    assert (["threads"], True) == (said["worlds"], said["resumed"])
    assert {"lists"} == set(said["not_run"])  # type: ignore[call-overload]


@pytest.mark.slow
def test_kernel_whose_mmu_is_not_all_there_is_fuzzed_as_lists_and_says_why(
    tmp_path: Path, capsys: Capture
) -> None:
    kernel = made_up.tree(tmp_path / "linux")
    out = tmp_path / "out"
    said = fuzz(capsys, "--kernel", str(kernel), "--runs", "300", "--out", str(out))

    assert ["lists"] == said["worlds"]
    assert {"pages", "threads"} == set(said["not_run"])  # type: ignore[call-overload]
    assert (out / "run.json").is_file()
