# SPDX-License-Identifier: GPL-2.0-only
"""Mutants in random states: they apply, and only the seed determines them."""

from __future__ import annotations

import re

from bench import rare
from pyfuzz.mutants.sources import Source
from pyfuzz.target import catalogue


def test_every_template_applies_to_the_port_it_is_for() -> None:
    source = Source(catalogue.get("v6.6"))

    for mutant in rare.mutants(each=2, seed=7):
        text = source.apply(mutant).decode("latin-1")
        assert "pyfuzz_mutant_reached = 1;" in text, mutant.name
        assert not re.search(r"\{(few|slot|tail|far|n|long|spte|gfn|error)\}", text), mutant.name


def test_the_same_seed_draws_the_same_mutants_and_another_draws_others() -> None:
    first, again, other = (rare.mutants(each=1, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert len(rare.HEADDESC) == len(first)
    assert [mutant.choices for mutant in first] != [mutant.choices for mutant in other]


def test_what_a_mutant_is_names_the_numbers_that_it_has() -> None:
    for mutant in rare.mutants(each=1, seed=3):
        told = set(re.findall(r"\d+", mutant.what))
        made = set(re.findall(r"\d+", mutant.choices[0][0].new))
        assert told
        assert told & made, mutant
