# SPDX-License-Identifier: GPL-2.0-only
"""Two targets of the world pages, compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_process import pyfuzz

from pyfuzz.compare.pair import Level, pair_of
from pyfuzz.compare.result import parts
from pyfuzz.mutants.experiment import Options, mutants_of
from pyfuzz.mutants.sources import Source, plant
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.input import Encoding, Input
from pyfuzz.target import catalogue

RUNS = ("--runs", "400", "--seed", "3")


@pytest.mark.slow
def test_compare_of_pages_with_itself_is_the_same_at_every_level(tmp_path: Path) -> None:
    done = pyfuzz("compare", "pages", "pages", *RUNS, "--level", "shape", folder=tmp_path)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "verdict: same" in done.stdout


@pytest.mark.slow
def test_compare_of_pages_with_a_planted_mistake_differs(tmp_path: Path) -> None:
    pages = catalogue.get("pages")
    mutants = {mutant.name: mutant for mutant in mutants_of(Source(pages), Options(pages))}
    planted = plant(pages, mutants["set-no-entry"], tmp_path)
    pair = pair_of(pages, planted, Level.OBSERVABLE, ())

    pyfuzz("fuzz", "pages", *RUNS, "--out", "run", folder=tmp_path)
    found = set()
    with Runner(pair.target) as runner:
        for path in sorted((tmp_path / "run" / "corpus").iterdir()):
            one = Input(path.read_bytes(), Encoding("pages"))
            found |= {parts(difference.message)[0] for difference in runner.run(one)}

    assert found, "no input of the corpus shows it"
    assert all(" of " in what for what in found)
