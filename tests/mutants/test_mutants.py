# SPDX-License-Identifier: GPL-2.0-only
"""Planted mutants: they apply, one that does not is reported, and how they are found."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from pyfuzz.cli.mutants import mutants
from pyfuzz.kinds import Kind
from pyfuzz.mutants import experiment, mechanical, mutant, sources, trial
from pyfuzz.mutants.experiment import Measured, Piece
from pyfuzz.mutants.mutant import Edit, Mutant
from pyfuzz.target import catalogue


def source_of(port: str) -> sources.Source:
    return sources.Source(catalogue.get(port))


@pytest.mark.parametrize(
    ("port", "least"), [("v6.6", 60), ("rfc-v4", 60), ("v6.15", 80), ("pages", 75)]
)
def test_hand_picked_mutants_all_apply_to_their_port(port: str, least: int) -> None:
    source = source_of(port)
    mutants = experiment.mutants_of(source, experiment.Options(source.target))

    texts = {source.apply(one) for one in mutants}

    assert least <= len(mutants)
    assert len(mutants) == len(texts), "two mutants are the same"


def test_locked_heads_have_their_own_mutants() -> None:
    assert 20 <= len(mutant.catalogue("locked"))


def test_mutant_that_does_not_apply_says_why() -> None:
    edit = Edit(("pte_list_add",), "$d->no_such_field = $x;", ";")
    wrong = Mutant("wrong", "", "", (), ((edit,),), "test")

    with pytest.raises(sources.DoesNotApplyError) as raised:
        source_of("v6.6").apply(wrong)

    expected = "'$d->no_such_field = $x;' must be in pte_list_add once, is 0 times"
    assert f"wrong does not apply: {expected}" == str(raised.value)


def test_pattern_that_fits_twice_does_not_apply() -> None:
    edit = Edit(("pte_list_add",), "$v = rmap_many($d);", ";")

    with pytest.raises(sources.DoesNotApplyError, match="once, is 2 times"):
        source_of("v6.6").edit([edit])


def test_pattern_finds_the_whole_of_nested_expressions() -> None:
    function = source_of("v6.6").functions["rmap_get_next"]

    (match,) = function.find("$d->sptes[iter->pos])")[1:]

    assert "iter->desc" == match.names["$d"]


def test_name_used_twice_stands_for_the_same() -> None:
    function = source_of("v6.6").functions["pte_list_desc_remove_entry"]

    assert [] == function.find("$d->sptes[$i] = $d->sptes[$l];")
    assert 1 == len(function.find("$d->sptes[$i] = $h->sptes[$l];"))


def test_edit_keeps_lines_and_marks_the_place() -> None:
    source = source_of("v6.6")
    edit = Edit(("pte_list_remove",), "KVM_BUG_ON_DATA_CORRUPTION(true, $k);", ";")

    text = source.edit([edit]).decode()

    assert "	pyfuzz_mutant_reached = 1; ;\nunlock:" in text
    assert source.text.count(b"\n") == text.count("\n") - 2  # the flag and its #line


def test_mechanical_mutants_have_stable_unique_names() -> None:
    names = [one.name for one in mechanical.mutants(source_of("v6.6"))]

    assert 100 < len(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("port", "listed"), [("v6.6", 8), ("v6.15", 12), ("rfc-v4", 5)])
def test_listed_equivalents_are_mechanical_mutants_of_their_targets(port: str, listed: int) -> None:
    found = mechanical.mutants(source_of(port))

    assert listed == sum(bool(mutant.equivalent) for mutant in found)


def test_sample_is_drawn_from_the_mechanical_mutants_by_the_seed() -> None:
    source = source_of("v6.6")

    def drawn(seed: int, number: int) -> list[str]:
        options = experiment.Options(source.target, seed=seed, sample=number)
        return [one.name for one in experiment.mutants_of(source, options)]

    names = [one.name for one in mechanical.mutants(source)]
    assert drawn(1, 9) == drawn(1, 9) != drawn(2, 9)
    assert 9 == len(set(drawn(1, 9)) & set(names))
    assert names == drawn(1, len(names) + 1)


def test_command_with_a_sample_of_named_mutants_exits_2() -> None:
    arguments = ["v6.6", "--sample", "3", "--only", "free-missing"]

    done = CliRunner().invoke(mutants, arguments, standalone_mode=False)

    assert "leave out --only" in str(done.exception)


@pytest.mark.slow
def test_command_measures_one_mutant_as_json() -> None:
    arguments = ["v6.6", "--only", "free-missing", "--time-per-fault", "20s", "--json"]

    done = CliRunner().invoke(mutants, arguments, standalone_mode=False)

    assert 0 == done.return_value, done.output
    (found,) = json.loads(done.stdout)["faults"]
    assert ("detected", True, True) == (found["status"], found["reached"], found["triggered"])
    assert Kind.LEAK.value == found["trials"][0]["kind"]


def test_command_without_such_a_mutant_says_so() -> None:
    done = CliRunner().invoke(mutants, ["v6.6", "--only", "nothing"], standalone_mode=False)

    expected = "there is no mutant 'nothing' for v6.6: pyfuzz mutants v6.6 --list has their names"
    assert expected == str(done.exception)


def test_interrupt_while_mutants_are_planted_runs_no_more_trials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Path] = []
    planted = threading.Event()

    def measure(piece: Piece, folder: Path) -> Measured:
        started.append(folder)
        planted.wait()
        time.sleep(0.1)
        return Measured()

    def pieces() -> Iterator[tuple[str, Piece]]:
        target = catalogue.get("v6.6")
        for name in map(str, range(500)):
            yield name, Piece(name, target, None, (), 1.0, 1, 1, trial.AS_A_CAMPAIGN)
        planted.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "measure", measure)
    with pytest.raises(KeyboardInterrupt):
        experiment._here(pieces(), lambda name, measured: None)
    assert len(started) < 500


def test_interrupt_keeps_the_outcomes_that_there_are() -> None:
    def measure_all(some: Iterable[tuple[str, Piece]], done: Callable[..., None]) -> None:
        for name, _ in some:
            if name == "two":
                raise KeyboardInterrupt
            done(name, Measured(triggered=True))

    def planted(mutant: Mutant) -> Piece:
        if mutant.name == "none":
            raise sources.DoesNotApplyError("none does not apply")
        return Piece(mutant.name, catalogue.get("v6.6"), None, (), 1.0, 1, 1, trial.AS_A_CAMPAIGN)

    some = [Mutant(name, "", "", (), (), "") for name in ("none", "one", "two", "three")]
    shown: list[str] = []
    outcomes = experiment.outcomes_of(
        some, planted, measure_all, lambda outcome, total: shown.append(outcome.mutant.name)
    )

    assert [("none", False), ("one", True)] == [
        (one.mutant.name, one.triggered) for one in outcomes
    ]
    assert ["none", "one"] == shown


def test_command_that_is_interrupted_shows_what_there_is_and_exits_130(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(options: experiment.Options, *_: object) -> experiment.Result:
        return experiment.Result(options, (), [], left=7)

    monkeypatch.setattr(experiment, "run", run)
    done = CliRunner().invoke(mutants, ["v6.6", "--json"], standalone_mode=False)

    assert (130, 7) == (done.return_value, json.loads(done.stdout)["left"])
    assert "7 not measured: interrupted" in done.stderr
