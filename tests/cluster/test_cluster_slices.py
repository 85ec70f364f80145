# SPDX-License-Identifier: GPL-2.0-only
"""Slices on Dask workers that come, go and fail; the cluster is a table here."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from dask_task import Task

from pyfuzz.cluster.connection import DONE, FAILED
from pyfuzz.cluster.job import Answer
from pyfuzz.cluster.slices import Place, Slices

A, B, C = "tls://10.0.0.1:1", "tls://10.0.0.1:2", "tls://10.0.0.2:1"


@dataclass
class Cluster:
    """A cluster (pyfuzz.cluster.connection.Connection) whose workers a test names."""

    there: dict[str, int] | None
    lost: bool = False
    local: bool = False
    shown: str = "tls://head:8786"
    tasks: list[Task] = field(default_factory=list)
    stopped: int = 0
    comes_back: bool = False

    def workers(self) -> dict[str, int] | None:
        return self.there

    def submit(self, worker: str, name: str, job: str) -> Task:
        self.tasks.append(Task(worker, job))
        return self.tasks[-1]

    def stop(self, name: str) -> None:
        self.stopped += 1

    def reconnect(self) -> bool:
        self.lost = not self.comes_back
        return self.comes_back


class Bench:
    """Slices on such a cluster, with a clock that a test sets forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, there: dict[str, int]) -> None:
        self.ahead_s = 0.0
        real = time.monotonic
        monkeypatch.setattr("pyfuzz.cluster.slices.time.monotonic", lambda: real() + self.ahead_s)
        self.cluster = Cluster(there)
        self.notes: list[str] = []
        self.heard: list[Answer] = []
        self.places: list[tuple[int, int, bool]] = []
        self.slices = Slices(
            self.cluster,  # type: ignore[arg-type]
            "run",
            3600.0,
            self.job,
            self.notes.append,
            hear=self.heard.append,
        )

    def job(self, place: Place, seconds: float) -> str:
        self.places.append((place.number, place.processes, place.checks))
        return f"{seconds:.0f}"

    def look(self, later_s: float = 1.5) -> list[str]:
        """Set the clock forward and look; return the addresses that got a slice."""
        before = len(self.cluster.tasks)
        self.ahead_s += later_s
        self.slices.look()
        return [task.of for task in self.cluster.tasks[before:]]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch, {A: 4, B: 1, C: 2})


def test_each_dask_worker_gets_one_slice_with_its_threads_and_each_host_one_sanitizer(
    bench: Bench,
) -> None:
    assert [A, B, C] == bench.look()
    assert [(0, 4, True), (1, 1, False), (2, 2, True)] == bench.places
    assert [] == bench.look(), "while they run"
    assert {"600"} == {task.job for task in bench.cluster.tasks}


def test_slice_that_ended_is_followed_by_another(bench: Bench) -> None:
    bench.look()
    bench.cluster.tasks[1].state = DONE
    bench.cluster.tasks[1].said = Answer("there", notes=("full",)).text()

    assert [B] == bench.look()
    assert ["on there: full"] == bench.notes
    assert [Answer("there", notes=("full",))] == bench.heard


def test_last_slice_is_as_long_as_the_time_that_is_left(bench: Bench) -> None:
    bench.look(3600.0 - 100.0)
    assert {"100"} == {task.job for task in bench.cluster.tasks}
    bench.cluster.tasks[0].state, bench.cluster.tasks[0].said = DONE, Answer("x").text()
    assert [] == bench.look(98.0), "2 s are too short for a slice"


def test_dask_worker_that_is_lost_is_a_note_and_its_number_is_free(bench: Bench) -> None:
    bench.look()
    bench.cluster.there = {A: 4, C: 2, "tls://10.0.0.3:9": 8}

    assert ["tls://10.0.0.3:9"] == bench.look()
    assert bench.cluster.tasks[1].forgotten
    assert (1, 8, True) == bench.places[-1]
    (note,) = bench.notes
    assert "a Dask worker on 10.0.0.1 was lost" in note


def test_slice_that_fails_is_tried_again_later_and_later_and_then_left(bench: Bench) -> None:
    bench.look()
    for pause_s in (2.0, 10.0, 60.0):
        failed = next(task for task in reversed(bench.cluster.tasks) if task.of == B)
        failed.state = FAILED
        assert [] == bench.look(), "not at once"
        assert [B] == bench.look(pause_s)
    bench.cluster.tasks[-1].state = FAILED
    assert [] == bench.look() == bench.look(1000.0)
    assert ["a slice on 10.0.0.1 failed: KilledWorker: its Dask worker died"] * 4 == bench.notes
    assert "" == bench.slices.ended_early, "the others go on"


@pytest.mark.parametrize("said", [b"\x80\x04", "{", '{"host": 1}', "x" * (2 << 20), None])
def test_answer_that_is_none_is_a_failure(bench: Bench, said: object) -> None:
    bench.look()
    bench.cluster.tasks[0].state, bench.cluster.tasks[0].said = DONE, said

    assert [] == bench.look()
    (note,) = bench.notes
    assert note.startswith("a slice on 10.0.0.1 failed: ")


def test_campaign_ends_where_no_dask_worker_can_run_it(bench: Bench) -> None:
    bench.look()
    for task in bench.cluster.tasks:
        task.state, task.said = DONE, Answer("there", "it has other C code", hopeless=True).text()
    bench.look()
    bench.look()
    assert "no slice can run: on there: it has other C code" == bench.slices.ended_early


def test_scheduler_that_comes_back_gets_new_slices(bench: Bench) -> None:
    bench.look()
    bench.cluster.lost = True
    bench.look()
    assert "" == bench.slices.ended_early
    bench.cluster.comes_back = True
    bench.look(6.0)

    assert 1 == bench.cluster.stopped, "slices that the new one does not know of"
    assert [A, B, C] == bench.look()
    assert 2 == len(bench.notes)


@pytest.mark.parametrize("what", ["scheduler", "workers"])
def test_cluster_that_stays_away_ends_the_campaign_after_a_minute(bench: Bench, what: str) -> None:
    bench.look()
    if what == "scheduler":
        bench.cluster.lost = True
    else:
        bench.cluster.there = {}
    bench.look()
    bench.look(58.0)
    assert "" == bench.slices.ended_early
    bench.look(4.0)
    assert "tls://head:8786" in bench.slices.ended_early


def test_scheduler_that_is_slow_for_a_moment_is_no_note(bench: Bench) -> None:
    bench.look()
    bench.cluster.there, there = None, bench.cluster.there
    bench.look(5.0)
    bench.cluster.there = there
    assert ([], [], "") == (bench.look(), bench.notes, bench.slices.ended_early)
    bench.cluster.there = None
    bench.look()
    bench.look(16.0)
    assert 1 == len(bench.notes)


def test_scheduler_that_is_gone_at_the_end_is_said(bench: Bench) -> None:
    bench.look()
    bench.cluster.lost = True

    assert bench.slices.end(10.0)
    assert "the scheduler of tls://head:8786 was lost" == bench.slices.ended_early
