# SPDX-License-Identifier: GPL-2.0-only
"""Words, numbers and times for people."""

from __future__ import annotations

import pytest

from pyfuzz import text


def test_text_is_folded_at_blanks_and_indented_further() -> None:
    lines = text.wrapped(f"note: {'a-b ' * 30}", "  ")

    assert 2 == len(lines)
    assert ("  note: a-b", "    a-b a-b") == (lines[0][:11], lines[1][:11])
    assert max(map(len, lines)) <= text.WIDTH


def test_text_with_a_long_path_keeps_it_whole() -> None:
    path = "/very-long" * 12

    assert [f"see {path}".split()[0], f"  {path}"] == text.wrapped(f"see {path}")


@pytest.mark.parametrize(
    ("count", "files", "times"), [(0, "0 files", "0 times"), (1, "1 file", "once")]
)
def test_count_goes_with_its_noun(count: int, files: str, times: str) -> None:
    assert (files, times) == (text.number(count, "file"), text.times(count))


def test_count_of_many_has_its_own_plural_and_commas() -> None:
    assert "1,234 entries" == text.number(1234, "entry", "entries")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(7.9, "0:07"), (754, "12:34"), (3723, "1:02:03"), (0, "0:00")]
)
def test_clock_shows_hours_only_where_there_are(seconds: float, shown: str) -> None:
    assert shown == text.clock(seconds)


@pytest.mark.parametrize(
    ("count", "shown"), [(999, "999"), (12_345, "12.3k"), (4_000_000, "4M"), (0.4, "0")]
)
def test_short_number_has_a_unit(count: float, shown: str) -> None:
    assert shown == text.short(count)


def test_rate_before_any_time_has_passed_is_none() -> None:
    assert (0.0, 5.0) == (text.rate(10, 0.0), text.rate(10, 2.0))
