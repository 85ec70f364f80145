# SPDX-License-Identifier: GPL-2.0-only
"""Pieces of a measurement on Dask workers that come, go and fail; the cluster is a table here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from dask_task import Task

from pyfuzz.cluster import piece, pieces
from pyfuzz.cluster.connection import DONE, FAILED, GONE, PENDING
from pyfuzz.cluster.job import Said
from pyfuzz.cluster.task import _child, stop
from pyfuzz.errors import HarnessError, PyfuzzError, UsageError

A, B = "tls://10.0.0.1:1", "tls://10.0.0.2:1"


@dataclass
class Cluster:
    """A cluster (pyfuzz.cluster.connection.Connection); ``then`` happens at each look."""

    there: dict[str, int] | None = field(default_factory=lambda: {A: 1, B: 1})
    then: Callable[[Cluster], None] = lambda cluster: None
    lost: bool = False
    local: bool = False
    shown: str = "tls://head:8786"
    comes_back: bool = False
    tasks: list[Task] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def workers(self) -> dict[str, int] | None:
        self.then(self)
        return self.there

    def submit_piece(self, name: str, module: str, job: str) -> Task:
        self.tasks.append(Task(name, job))
        return self.tasks[-1]

    def stop(self, name: str, *, forever: bool = False) -> None:
        assert forever
        self.stopped.append(name)

    def reconnect(self) -> bool:
        self.lost = not self.comes_back
        return self.comes_back

    def answer(self, *numbers: int) -> None:
        """Have some tasks done: each says its job in capitals."""
        for task in [self.tasks[number] for number in numbers] or self.tasks:
            if task.state == PENDING:
                task.state, task.said = DONE, Said("there", result=task.job.upper()).text()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wait sets a clock forward."""
    ahead_s = [0.0]
    real = time.monotonic

    def sleep(seconds: float) -> None:
        ahead_s[0] += 1.5

    monkeypatch.setattr("pyfuzz.cluster.pieces.time.sleep", sleep)
    monkeypatch.setattr("pyfuzz.cluster.pieces.time.monotonic", lambda: real() + ahead_s[0])


def run(cluster: Cluster, jobs: int) -> tuple[dict[int, str], list[str]]:
    """Do so many jobs; return each one's result, and the notes."""
    results: dict[int, str] = {}
    notes: list[str] = []
    taken: list[int] = []

    def offered() -> object:
        for number in range(jobs):
            taken.append(number)
            assert len(taken) - len(results) <= 4, "no more than two for each thread"
            yield number, f"job {number}"

    def done(number: int, text: str) -> None:
        assert number not in results, "a result is taken once"
        results[number] = text

    pieces.run(cluster, "module", offered(), done, notes.append)  # type: ignore[arg-type]
    return results, notes


def test_every_piece_is_done_with_two_for_each_thread_at_a_time() -> None:
    cluster = Cluster(then=Cluster.answer)
    assert ({number: f"JOB {number}" for number in range(20)}, []) == run(cluster, 20)
    assert [] == cluster.stopped, "nothing is left to stop"


def test_dask_worker_that_is_lost_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(cluster: Cluster) -> None:
        cluster.there = {A: 1}
        cluster.answer()

    def come(cluster: Cluster) -> None:
        cluster.then = leave

    results, notes = run(Cluster(then=come), 3)
    assert 3 == len(results)
    assert ["a Dask worker on 10.0.0.2 was lost; its pieces are done again"] == notes


@pytest.mark.parametrize("state", [FAILED, GONE])
def test_piece_that_fails_is_done_again(state: str) -> None:
    def fail(cluster: Cluster) -> None:
        if cluster.tasks:
            cluster.tasks[0].state = state
            cluster.then = Cluster.answer

    cluster = Cluster(then=fail)
    results, notes = run(cluster, 2)
    assert ({0: "JOB 0", 1: "JOB 1"}, 3) == (results, len(cluster.tasks))
    assert ["KilledWorker: its Dask worker died; it is done again"] == notes


def test_piece_that_always_kills_its_dask_worker_ends_the_measurement() -> None:
    def fail(cluster: Cluster) -> None:
        for task in cluster.tasks:
            task.state = FAILED

    cluster = Cluster(then=fail)
    with pytest.raises(UsageError, match="KilledWorker"):
        run(cluster, 1)
    assert 3 == len(cluster.tasks)


@pytest.mark.parametrize("family", [UsageError, HarnessError])
def test_mistake_in_a_piece_ends_all_with_its_family(
    family: type[PyfuzzError], tmp_path: Path
) -> None:
    def work(job: str, folder: object) -> str:
        raise family("no room")

    def fail(cluster: Cluster) -> None:
        for task in cluster.tasks[:1]:
            task.state, task.said = DONE, piece.said(work, "", tmp_path / "new").text()

    cluster = Cluster(then=fail)
    with pytest.raises(family, match="no room"):
        run(cluster, 3)
    assert all(task.forgotten for task in cluster.tasks)
    assert [cluster.tasks[0].of] == cluster.stopped


def test_scheduler_that_comes_back_gets_what_has_no_result_under_another_name() -> None:
    def lose(cluster: Cluster) -> None:
        if len(cluster.tasks) == 3:
            cluster.answer(0)
            cluster.lost, cluster.comes_back, cluster.there = True, True, None
            cluster.then = come

    def come(cluster: Cluster) -> None:
        cluster.there = {A: 1, B: 1}
        cluster.answer()

    cluster = Cluster(then=lose)
    results, notes = run(cluster, 3)
    assert ({0, 1, 2}, 6) == (set(results), len(cluster.tasks))
    assert [cluster.tasks[0].of] == cluster.stopped
    assert cluster.tasks[0].of != cluster.tasks[-1].of
    first, second = notes
    assert ("the scheduler was lost" in first, "is there again" in second) == (True, True)


@dataclass
class Late(Cluster):
    """A cluster whose scheduler comes back after 45 s, and whose workers half a minute later."""

    tries: int = 0
    looks: int = 0

    def workers(self) -> dict[str, int] | None:
        self.looks += bool(self.tries)
        if self.looks > 20:
            self.there = {A: 1}
            self.answer()
        return super().workers()

    def reconnect(self) -> bool:
        self.tries += 1
        self.comes_back, self.there = self.tries > 8, {}
        return super().reconnect()


def test_dask_workers_have_a_minute_again_when_the_scheduler_is_back() -> None:
    def lose(cluster: Cluster) -> None:
        if cluster.tasks:
            cluster.lost, cluster.there, cluster.then = True, None, lambda cluster: None

    results, notes = run(Late(then=lose), 1)

    assert {0: "JOB 0"} == results
    assert any("is there again" in note for note in notes)


@pytest.mark.parametrize("local", [True, False])
def test_scheduler_that_does_not_come_back_ends_it(*, local: bool) -> None:
    def lose(cluster: Cluster) -> None:
        cluster.lost, cluster.there = True, None

    with pytest.raises(UsageError, match=r"the scheduler of .* was lost"):
        run(Cluster(then=lose, local=local), 1)


def test_cluster_without_dask_workers_for_a_minute_ends_it() -> None:
    with pytest.raises(UsageError, match="no Dask worker for a minute"):
        run(Cluster(there={}), 1)


def test_ctrl_c_ends_what_runs() -> None:
    def interrupt(cluster: Cluster) -> None:
        if cluster.tasks:
            raise KeyboardInterrupt

    cluster = Cluster(then=interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(cluster, 2)
    assert ([True, True], [cluster.tasks[0].of]) == (
        [task.forgotten for task in cluster.tasks],
        cluster.stopped,
    )


def test_piece_that_starts_after_its_measurement_was_ended_is_ended(tmp_path: Path) -> None:
    assert 0 == stop("ended", forever=True)
    # It waits for its job, unless it is ended.
    said, trouble = _child("ended", "json.tool", "{}", tmp_path)

    assert ("", True) == (said, "exit code -15" in trouble), trouble
