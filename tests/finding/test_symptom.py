# SPDX-License-Identifier: GPL-2.0-only
"""What a finding is called, wherever it is shown."""

from __future__ import annotations

import pytest

from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.symptom import Symptom


@pytest.mark.parametrize(
    ("symptom", "title", "place", "expectation"),
    [
        (Symptom(Kind.LEAK, "f", "m", 3), "leak in f", "leak in f, line 3", "leak f"),
        (Symptom(Kind.LEAK, "f", "m"), "leak in f", "leak in f", "leak f"),
        (Symptom(Kind.HANG, "", "m"), "hang", "hang", "hang"),
    ],
)
def test_symptom_is_called_by_kind_function_and_line(
    symptom: Symptom, title: str, place: str, expectation: str
) -> None:
    assert (title, place, expectation) == (symptom.title, symptom.place, symptom.expectation)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Symptom(Kind.LEAK, "f", "another message", 9), True),
        (Symptom(Kind.LEAK, "g", "m", 3), False),
        (Symptom(Kind.SHAPE, "f", "m", 3), False),
    ],
)
def test_symptom_is_like_one_of_its_kind_in_its_function(other: Symptom, expected: bool) -> None:
    assert expected == Symptom(Kind.LEAK, "f", "m", 3).like(other)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((3,), "leak in f"),
        ((3, 3), "leak in f"),
        ((3, 9), "leak in f, line 3"),
    ],
)
def test_symptom_is_called_by_its_line_only_beside_one_of_another_line(
    lines: tuple[int, ...], expected: str
) -> None:
    others = [Symptom(Kind.LEAK, "f", "m", line) for line in lines]
    others.append(Symptom(Kind.LEAK, "g", "m", 4))

    assert expected == others[0].title_among(others)


def test_what_holds_a_symptom_answers_for_it() -> None:
    found = RawFinding(Symptom(Kind.LEAK, "f", "m", 3), operation=1)

    assert (Kind.LEAK, "f", "m", 3, "leak in f") == (
        found.kind,
        found.function,
        found.message,
        found.line,
        found.title,
    )
