# SPDX-License-Identifier: GPL-2.0-only
"""The catalogue: every target is complete, and a wrong name gets similar ones."""

from __future__ import annotations

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import TARGETS, Target

NAMES = ["bug", "rfc-v1", "rfc-v2", "rfc-v3", "rfc-v4", "v5.10", "v6.6", "v6.6-corruption-bug"]


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_target_has_a_source_and_says_what_it_is(target: Target) -> None:
    assert target.source.is_file()
    assert all((target.generation, target.policy, target.note))


@pytest.mark.parametrize("name", [*NAMES, "v6.15"])
def test_target_of_the_series_is_there(name: str) -> None:
    assert name == catalogue.get(name).name


def test_default_is_the_series_as_last_posted() -> None:
    assert catalogue.DEFAULT == "rfc-v4"


def test_unknown_target_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no target 'rfcv4': did you mean rfc-v4"):
        catalogue.get("rfcv4")


def test_unknown_target_like_no_other_names_them_all() -> None:
    with pytest.raises(UsageError, match=r"one of bug, rfc-v1, .*v6\.15"):
        catalogue.get("zzzzz")
