# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz fuzz --world all``: who runs when, what is said of each world, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import made_up
import pytest

from pyfuzz.cli import all_worlds
from pyfuzz.cli.all_worlds import Outcome, Plan
from pyfuzz.cli.group import run
from pyfuzz.target import catalogue

Capture = pytest.CaptureFixture[str]


def plan(worlds: str, workers: int, seconds: float = 600.0) -> Plan:
    names = tuple(worlds.split())
    return Plan("v6.15", names, ("v6.15",), (), workers, seconds, 1, Path("out"))


def test_rounds_workers_are_dealt_to_the_worlds() -> None:
    (turns,) = all_worlds.rounds(plan("lists pages threads", 5))

    assert [("lists", 2), ("pages", 2), ("threads", 1)] == [(t.world, t.workers) for t in turns]
    assert {600.0} == {turn.seconds for turn in turns}


def test_rounds_one_worker_takes_turns_that_add_up_to_the_time() -> None:
    rounds = list(all_worlds.rounds(plan("lists threads", 1)))

    assert [["lists"], ["threads"]] * 5 == [[turn.world for turn in turns] for turns in rounds]
    assert sum(turn.seconds for turns in rounds for turn in turns) == pytest.approx(600.0)
    assert max(turn.seconds for turns in rounds for turn in turns) <= all_worlds.SLICE_S


def test_has_walkers_is_true_of_the_port_that_has_some_alone() -> None:
    has = {name for name, one in catalogue.TARGETS.items() if all_worlds.has_walkers(one.source)}

    assert {"v6.15"} == has


def test_object_findings_say_their_world_and_what_was_not_run_its_reason() -> None:
    said = {"verdict": "finding", "findings": [{"kind": "leak"}], "seconds": 2.0}
    outcomes = [Outcome("lists", said), Outcome("pages", error="does not compile")]
    made = all_worlds.as_object(plan("lists pages", 2), outcomes, interrupted=False)

    assert (["lists"], {"pages": "does not compile"}) == (made["worlds"], made["not_run"])
    assert [{"kind": "leak", "world": "lists"}] == made["findings"]
    assert "finding" == made["verdict"]
    text = all_worlds.as_text(plan("lists pages", 2), outcomes)
    assert "world pages was not run: does not compile" in text


@pytest.mark.parametrize("option", ["--systematic", "--faults", "--sanitize"])
def test_options_of_one_world_are_refused(option: str, capsys: Capture) -> None:
    assert run(["fuzz", "v6.15", "--world", "all", option]) == 2
    assert "or name one world" in capsys.readouterr().err


def test_folder_of_another_run_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "precious").write_text("x")

    assert run(["fuzz", "v6.15", "--world", "all", "--out", str(tmp_path)]) == 2
    assert "it has no worlds.json" in capsys.readouterr().err
    (tmp_path / "worlds.json").write_text('{"target": "other"}')
    assert run(["fuzz", "v6.15", "--world", "all", "--out", str(tmp_path)]) == 2
    assert "is of target other, not of v6.15" in capsys.readouterr().err


@pytest.mark.slow
def test_every_world_of_a_port_is_fuzzed_and_resumed(tmp_path: Path, capsys: Capture) -> None:
    command = ["fuzz", "v6.15", "--world", "all", "--time", "4s", "--workers", "2", "--json"]
    command += ["--no-sanitizer-worker", "--out", str(tmp_path / "out")]
    assert run(command) == 0
    said = json.loads(capsys.readouterr().out)
    assert ["lists", "threads"] == said["worlds"]
    assert said["by_world"]["lists"]["executions"] > 0
    assert said["by_world"]["threads"]["executions"] > 0

    assert run(command) == 0
    assert json.loads(capsys.readouterr().out)["by_world"]["lists"]["resumed"]


@pytest.mark.slow
def test_kernel_whose_mmu_is_not_all_there_is_fuzzed_as_lists_and_says_why(
    tmp_path: Path, capsys: Capture
) -> None:
    kernel = made_up.tree(tmp_path / "linux")
    command = ["fuzz", "--kernel", str(kernel), "--world", "all", "--time", "4s", "--json"]
    assert run([*command, "--workers", "3", "--out", str(tmp_path / "out")]) == 0

    said = json.loads(capsys.readouterr().out)
    assert "lists" in said["worlds"]
    assert {"pages"} == set(said["not_run"])
    assert said["not_run"]["pages"]
