# SPDX-License-Identifier: GPL-2.0-only
"""The status line: short, and plain where there is no terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pyfuzz.campaign import status
from pyfuzz.campaign.campaign import Progress, WorkerState
from pyfuzz.module.shared import Counts
from pyfuzz.run.options import Options
from pyfuzz.target import catalogue


def progress(seconds: float | None = 60.0, runs: int | None = None) -> Progress:
    options = Options(catalogue.get("rfc-v4"), Path("out"), 1, seconds=seconds, runs=runs)
    return Progress(options, Counts(1_234_567, 9_000_000, 20_000_000, 30, 700), 61.0, corpus=250)


def test_line_while_fuzzing_has_what_matters_in_80_columns() -> None:
    line = status.line(progress(), "fuzzing")
    assert len(line) <= 80
    for part in ("rfc-v4", "1:01/1:00", "0 new", "20.2k exec/s", "30 edges"):
        assert part in line


@pytest.mark.parametrize(
    ("seconds", "runs", "part"), [(3600.0, None, "/1:00:00"), (None, 5, "of 5")]
)
def test_line_says_when_it_ends(seconds: float | None, runs: int | None, part: str) -> None:
    assert part in status.line(progress(seconds, runs), "fuzzing")


def test_status_without_a_terminal_prints_a_phase_once() -> None:
    stream = io.StringIO()
    with status.Status(stream) as show:
        for _ in range(5):
            show(progress(), "building")
        show(progress(), "fuzzing")
    assert ["rfc-v4: building", "rfc-v4 1:01/1:00"] == [
        line[:16] for line in stream.getvalue().splitlines()
    ]


def test_status_without_a_terminal_prints_a_phase_that_counts_down_once() -> None:
    stream = io.StringIO()
    with status.Status(stream) as show:
        for left in range(9, 0, -1):
            show(progress(), f"checking {left} inputs")
    assert ["rfc-v4: checking 9 inputs …"] == stream.getvalue().splitlines()


def test_panel_has_all_that_is_to_be_watched_in_80_columns() -> None:
    watched = progress()
    watched.workers = [
        WorkerState("structure", Counts(executions=900_000), 1),
        WorkerState("plans", Counts(executions=300_000), 3),
        WorkerState("sanitizer", Counts(executions=200), 1, checks=True),
    ]
    lines = status.panel(watched, "fuzzing")
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for part in (
        "0:00 left",
        "executions  1.23M (20.2k/s)",
        "operations  9M (148k/s)",
        "30 edges, 700 states; 250 inputs kept",
        "0 new 0 known",
        "structure 14.8k/s, plans 4.92k/s (process 3), sanitizer 200 of 250",
    ):
        assert part in text
