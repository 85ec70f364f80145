# SPDX-License-Identifier: GPL-2.0-only
"""Mutants of the world threads: found by fuzzing schedules, and named when they are unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.mutants import schedules
from pyfuzz.mutants.experiment import Options, Outcome
from pyfuzz.mutants.sources import Source, changed
from pyfuzz.target import catalogue

V6_15 = catalogue.get("v6.15")
PORT = replace(V6_15, defines=("PYFUZZ_THREADS=1",))
SOON = "two-unlocks"


@pytest.mark.slow
def test_mutant_of_schedules_is_reached_and_found_as_what_it_is() -> None:
    seen: list[tuple[Outcome, int]] = []

    result = schedules.run(Options(V6_15, 60.0, only=(SOON,)), lambda *one: seen.append(one))

    (outcome,) = result.outcomes
    assert [(outcome, 1)] == seen
    assert (outcome.reached, outcome.detected, outcome.wrong_kind) == (True, True, False)
    (trial,) = outcome.trials
    assert trial.executions > 0
    assert "rmap_unlock_readonly" == trial.function


def test_mutant_that_fits_no_other_target_is_trouble_and_not_missed() -> None:
    result = schedules.run(Options(catalogue.get("v6.6"), 1.0, only=(SOON,)), lambda *_: None)

    (outcome,) = result.outcomes
    assert outcome.trouble.startswith(f"{SOON} does not apply")
    assert not outcome.trials


# Runs in the trial's process when the target is loaded.
_LEAVES_A_FILE = """
#include <stdio.h>
static void __attribute__((constructor)) leave_a_file(void)
{{
	FILE *file = fopen("{path}", "w");

	if (file)
		fclose(file);
}}
"""


def test_trial_of_a_mutant_cannot_write_files(tmp_path: Path) -> None:
    left = tmp_path / "left"
    text = Source(PORT).text + _LEAVES_A_FILE.format(path=left).encode()
    target = changed(PORT, text, "leaves", tmp_path)

    trial = schedules.trial(target, seed=1, budget_s=0.1)

    assert (trial.kind, trial.died) == (None, "")
    assert trial.executions > 0
    assert not left.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(V6_15, only=("nothing",)), "there is no mutant 'nothing' in the world threads"),
        (Options(V6_15, mechanical=True), "has no mechanical mutants: leave out --mechanical"),
        (Options(V6_15, sample=3), "has no mechanical mutants: leave out --sample"),
    ],
)
def test_options_that_fit_no_mutant_of_schedules_are_refused(
    options: Options, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        schedules.mutants_of(options)
