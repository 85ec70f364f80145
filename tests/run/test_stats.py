# SPDX-License-Identifier: GPL-2.0-only
"""The statistics of a campaign: written line by line, readable even if damaged."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pyfuzz.run.stats import Sample, StatsFile, WorkerSample, joined, read, thinned

WORKER = WorkerSample("0", 90, 900, 7, 30, 5, {"lost-entry": 1})


def sample(elapsed_s: float, executions: int = 100, started: str = "A") -> Sample:
    return Sample(started, elapsed_s, executions, 10, 7, 30, 5, {"lost-entry": 1}, (WORKER,))


def record(path: Path, *elapsed_s: float) -> StatsFile:
    stats = StatsFile(path)
    for time_s in elapsed_s:
        stats.record(time_s, lambda time_s=time_s: sample(time_s))  # type: ignore[misc]
    return stats


def test_stats_written_are_read_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "stats.jsonl"
    record(path, 0.0, 5.0)

    assert read(path) == ([sample(0.0), sample(5.0)], [])


def test_stats_come_every_second_at_first_and_more_seldom_later(tmp_path: Path) -> None:
    path = tmp_path / "stats.jsonl"
    record(path, *(tenth / 10 for tenth in range(30)), 3600.0, 3620.0, 3640.0)

    times = [sample.elapsed_s for sample in read(path)[0]]
    assert times == [0.0, 1.0, 2.0, 3600.0, 3640.0]


def test_stats_last_sample_is_written_though_it_is_not_due(tmp_path: Path) -> None:
    path = tmp_path / "stats.jsonl"
    stats = record(path, 0.0)
    stats.record(0.1, lambda: sample(0.1), last=True)

    assert [sample.elapsed_s for sample in read(path)[0]] == [0.0, 0.1]


def test_stats_after_half_a_line_begin_on_a_line_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "stats.jsonl"
    record(path, 0.0)
    os.truncate(path, path.stat().st_size - 9)
    record(path, 4.0)

    samples, notes = read(path)
    assert [sample.elapsed_s for sample in samples] == [4.0]
    assert len(notes) == 1
    assert "1 of 2 lines cannot be read (line 1: " in notes[0]


@pytest.mark.parametrize(
    "line", ["{}", "[]", "7", "null", '{"stats": 2}', '{"stats": 1, "workers": 3}', "\x00\xff"]
)
def test_stats_of_a_damaged_line_is_skipped_with_a_note(tmp_path: Path, line: str) -> None:
    path = tmp_path / "stats.jsonl"
    path.write_text(f"{line}\n")
    record(path, 1.0)

    samples, notes = read(path)
    assert [sample.elapsed_s for sample in samples] == [1.0]
    assert len(notes) == 1


def test_stats_of_another_version_say_so(tmp_path: Path) -> None:
    path = tmp_path / "stats.jsonl"
    path.write_text(json.dumps({"stats": 9}))

    assert "the version must be 1, is 9" in read(path)[1][0]


def test_stats_that_are_not_there_are_none(tmp_path: Path) -> None:
    assert read(tmp_path / "stats.jsonl") == ([], [])


def test_stats_without_room_keep_quiet_but_for_the_trouble() -> None:
    stats = record(Path("/dev/full"), 0.0, 5.0)

    assert stats.trouble is not None
    assert stats.trouble.startswith("/dev/full cannot be written (No space left on device)")


def test_joined_of_two_campaigns_adds_up_what_was_done() -> None:
    one, two = sample(10.0, 100), sample(3.0, 40, started="B")

    (first, second) = joined([one, two])
    assert first == one
    assert (second.elapsed_s, second.executions, second.edges) == (13.0, 140, 7)
    assert second.findings == {"lost-entry": 1}


def test_joined_of_three_campaigns_adds_each_once() -> None:
    campaigns = [sample(10.0, 100), sample(10.0, 100, "B"), sample(10.0, 100, "C")]

    assert [s.executions for s in joined(campaigns)] == [100, 200, 300]


def test_thinned_keeps_the_first_and_the_last() -> None:
    samples = [sample(float(number)) for number in range(1000)]

    times = [sample.elapsed_s for sample in thinned(samples, 5)]
    assert times == [0.0, 250.0, 500.0, 749.0, 999.0]
    assert thinned(samples[:3], 5) == samples[:3]
