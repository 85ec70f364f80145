# SPDX-License-Identifier: GPL-2.0-only
"""The status line: short, and plain where there is no terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pyfuzz import catalogue, status
from pyfuzz.campaign import Options, Report
from pyfuzz.shared import Counts


def report(seconds: float | None = 60.0, runs: int | None = None) -> Report:
    options = Options(catalogue.get("rfc-v4"), Path("out"), 1, seconds=seconds, runs=runs)
    return Report(options, Counts(1_234_567, 9_000_000, 20_000_000, 30, 700), 61.0, corpus=250)


def test_line_while_fuzzing_has_what_matters_in_80_columns() -> None:
    line = status.line(report(), "fuzzing")
    assert len(line) <= 80
    for part in ("rfc-v4", "1:01/1:00", "0 new", "20.2k exec/s", "30 edges"):
        assert part in line


@pytest.mark.parametrize(
    ("seconds", "runs", "part"), [(3600.0, None, "/1:00:00"), (None, 5, "of 5")]
)
def test_line_says_when_it_ends(seconds: float | None, runs: int | None, part: str) -> None:
    assert part in status.line(report(seconds, runs), "fuzzing")


def test_status_without_a_terminal_prints_a_phase_once() -> None:
    stream = io.StringIO()
    with status.Status(stream) as show:
        for _ in range(5):
            show(report(), "building")
        show(report(), "fuzzing")
    assert ["rfc-v4: building", "rfc-v4 1:01/1:00"] == [
        line[:16] for line in stream.getvalue().splitlines()
    ]
