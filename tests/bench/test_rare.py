# SPDX-License-Identifier: GPL-2.0-only
"""Faults in states that chance chose: they apply, and the seed alone says which."""

from __future__ import annotations

import re

from bench import rare
from pyfuzz.mutants.sources import Source
from pyfuzz.target import catalogue


def test_every_template_applies_to_the_port_it_is_for() -> None:
    source = Source(catalogue.get("v6.6"))

    for fault in rare.faults(each=2, seed=7):
        text = source.apply(fault).decode("latin-1")
        assert "pyfuzz_mutant_reached = 1;" in text, fault.name
        assert not re.search(r"\{(few|slot|tail|far|n|long|spte|gfn|error)\}", text), fault.name


def test_the_same_seed_draws_the_same_faults_and_another_draws_others() -> None:
    first, again, other = (rare.faults(each=1, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert len(rare.HEADDESC) == len(first)
    assert [fault.choices for fault in first] != [fault.choices for fault in other]


def test_what_a_fault_is_names_the_numbers_that_it_has() -> None:
    for fault in rare.faults(each=1, seed=3):
        told = set(re.findall(r"\d+", fault.what))
        made = set(re.findall(r"\d+", fault.choices[0][0].new))
        assert told
        assert told & made, fault
