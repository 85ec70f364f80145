# SPDX-License-Identifier: GPL-2.0-only
"""docs/rooms.svg is what the contract and the code say now."""

from __future__ import annotations

import pytest

from bench import rooms


def test_rooms_picture_is_what_the_code_draws() -> None:
    assert rooms.draw() == rooms.PICTURE.read_text(), "draw it again: python -m bench.rooms"


def test_imports_of_a_room_are_those_of_its_modules() -> None:
    found = rooms.imports()

    assert {"ci", "campaign", "errors"} <= found["cli"]
    assert "cli" not in found["ci"]


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ({"a": {"b", "c"}, "b": {"c"}, "c": set()}, {"a": ["b"], "b": ["c"], "c": []}),
        ({"a": {"c"}, "b": {"c"}, "c": set()}, {"a": ["c"], "b": ["c"], "c": []}),
        ({"a": set(), "b": {"a"}, "c": set()}, {"a": [], "b": [], "c": []}),
    ],
)
def test_reduced_leaves_out_what_follows_and_what_leads_upwards(
    found: dict[str, set[str]], kept: dict[str, list[str]]
) -> None:
    assert kept == rooms.reduced(found, ["a", "b", "c"])
