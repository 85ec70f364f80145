# SPDX-License-Identifier: GPL-2.0-only
"""The shipped seeds of the world threads: what a campaign begins with."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from write_seeds_threads import candidates

from pyfuzz import paths
from pyfuzz.corpus.set_cover import union
from pyfuzz.corpus.survey import Reached, survey
from pyfuzz.run.folder import RunFolder
from pyfuzz.sequence import container
from pyfuzz.sequence.input import Encoding, Input
from pyfuzz.target import catalogue

THREADS = Encoding("threads")


def seeds() -> list[Input]:
    files = container.read_folder(paths.corpus() / "seeds", pytest.fail)
    return [file.input for file in files if file.input.encoding == THREADS]


def test_campaign_begins_with_the_seeds_of_its_world(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run", "v6.15", THREADS)
    folder.prepare_corpus(pytest.fail)
    folder.close()

    assert {path.read_bytes() for path in folder.corpus.iterdir()} == {
        one.payload for one in seeds()
    }
    assert len(seeds()) >= 20


def test_seeds_reach_every_edge_that_their_candidates_reach_and_show_nothing() -> None:
    some = random.Random(1).sample(sorted(set(candidates())), 500)
    mine = seeds()
    found = survey(
        catalogue.get("v6.15", "threads"), "fuzz", [*mine, *(Input(one, THREADS) for one in some)]
    )

    reached = [one for one in found.results if isinstance(one, Reached)]
    assert len(reached) == len(mine) + 500
    assert not [one.findings for one in reached if one.findings]
    by_seeds = union(one.covers for one in reached[: len(mine)])
    assert found.edges(by_seeds) == found.edges(union(one.covers for one in reached))
