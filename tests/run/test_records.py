# SPDX-License-Identifier: GPL-2.0-only
"""The errors for JSON values that do not match the expected record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pyfuzz import records
from pyfuzz.kinds import Kind


@dataclass(frozen=True, slots=True)
class Part:
    kind: Kind
    count: int
    names: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    seconds: float
    parts: tuple[Part, ...]


GOOD: dict[str, Any] = {"kind": "leak", "count": 3}


def test_record_is_read_back_from_what_it_is_written_as() -> None:
    whole = Whole(1.5, (Part(Kind.LEAK, 3, ("a",), 4), Part(Kind.HANG, 1)))

    values = records.plain(whole)

    assert {"kind": "leak", "count": 3, "names": ["a"], "line": 4} == values["parts"][0]
    assert whole == records.read(values, Whole)


def test_record_of_a_newer_pyfuzz_may_have_more_keys() -> None:
    assert Part(Kind.LEAK, 3) == records.read({**GOOD, "colour": "red"}, Part)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"kind": "leak"}, "it has no 'parts[1].count'"),
        ({**GOOD, "count": True}, "parts[1].count must be a number, is true"),
        ({**GOOD, "count": "9" * 90}, f'parts[1].count must be a number, is "{"9" * 39}…'),
        ({**GOOD, "line": "x"}, 'parts[1].line must be a number or null, is "x"'),
        ({**GOOD, "names": ["a", None]}, "parts[1].names[1] must be a text, is null"),
        (
            {**GOOD, "kind": "lost"},
            'parts[1].kind must be one of those that this pyfuzz knows, is "lost"',
        ),
        (7, "parts[1] must be an object, is 7"),
    ],
)
def test_record_that_is_none_is_refused_with_key_rule_and_value(part: Any, said: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (the whole text is compared)
        records.read({"seconds": 1, "parts": [GOOD, part]}, Whole)

    assert said == str(refused.value)


def test_record_that_is_no_object_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^it must be an object, is \[\]$"):
        records.read([], Whole)
