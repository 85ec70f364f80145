# SPDX-License-Identifier: GPL-2.0-only
"""A measurement in independent pieces on a cluster: each is done, wherever there is room.

A piece that is lost with its Dask worker or with the scheduler is done again: it gives the
same result, and only one result is taken.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pyfuzz.cluster.address import host_of
from pyfuzz.cluster.connection import DONE, PENDING, Connection, Task
from pyfuzz.cluster.job import Said
from pyfuzz.errors import HarnessError, UsageError

K = TypeVar("K")
_LOOK_S = 1.0
_PAUSE_S = 0.1
# For a Dask worker to come, for a scheduler to come back.
_PATIENCE_S = 60.0
# A scheduler that does not answer for so long is lost.
_SLOW_S = 15.0
_RECONNECT_S = 5.0
_ATTEMPTS = 3
# So many for each thread are with the scheduler: none waits, and few lie there.
_AHEAD = 2


@dataclass(slots=True)
class _Piece:
    job: str
    task: Task
    failures: int = 0


def run(
    cluster: Connection,
    module: str,
    jobs: Iterable[tuple[K, str]],
    done: Callable[[K, str], None],
    note: Callable[[str], None],
) -> None:
    """Have ``module`` do every job; ``done`` is called with each one's name and its result.

    Jobs are taken as there is room for them.  Whatever ends this ends the pieces.

    Errors: UsageError or HarnessError as a piece says, UsageError if the cluster is lost.
    """
    measurement = _Measurement(cluster, module, iter(jobs), done, note)
    try:
        measurement.run()
    finally:
        measurement.end()


class _Measurement(Generic[K]):
    def __init__(
        self,
        cluster: Connection,
        module: str,
        jobs: Iterator[tuple[K, str]],
        done: Callable[[K, str], None],
        note: Callable[[str], None],
    ) -> None:
        self._cluster = cluster
        self._module = module
        self._jobs = jobs
        self._done = done
        self._note = note
        self._name = _new_name()
        self._pieces: dict[K, _Piece] = {}
        self._workers: dict[str, int] = {}
        self._heard_s = time.monotonic()  # the scheduler
        self._there_s = time.monotonic()  # some Dask worker
        self._tried_s = 0.0
        self._away = False

    def run(self) -> None:
        """Do it all."""
        looked_s = 0.0
        more = True
        while more or self._pieces:
            if time.monotonic() - looked_s >= _LOOK_S:
                looked_s = time.monotonic()
                self._look()
            more = more and self._give()
            self._take()
            time.sleep(_PAUSE_S)

    def end(self) -> None:
        """End what still runs."""
        for piece in self._pieces.values():
            piece.task.forget()
        if self._pieces and not self._cluster.lost:
            self._cluster.stop(self._name, forever=True)
        self._pieces.clear()

    def _look(self) -> None:
        """See who is there; errors: UsageError if nobody has been for a minute."""
        now_s = time.monotonic()
        workers = None if self._cluster.lost else self._cluster.workers()
        if workers is None:
            self._look_for_scheduler(now_s)
            return
        self._heard_s = now_s
        for address in self._workers.keys() - workers.keys():
            self._note(f"a Dask worker on {host_of(address)} was lost; its pieces are done again")
        self._workers = workers
        if workers:
            self._there_s = now_s
        elif now_s - self._there_s > _PATIENCE_S:
            raise UsageError(f"{self._cluster.shown} has had no Dask worker for a minute")

    def _look_for_scheduler(self, now_s: float) -> None:
        if not self._cluster.lost and now_s - self._heard_s < _SLOW_S:
            return
        if not self._away:
            self._away = True
            self._note("the scheduler was lost; what has no result yet is done again")
        if self._cluster.local or now_s - self._heard_s > _PATIENCE_S:
            raise UsageError(f"the scheduler of {self._cluster.shown} was lost")
        if now_s - self._tried_s < _RECONNECT_S:
            return
        self._tried_s = now_s
        if self._cluster.reconnect():
            self._away = False
            self._heard_s = self._there_s = time.monotonic()
            self._note(f"the scheduler of {self._cluster.shown} is there again")
            # Its workers may still have pieces of before, that it knows nothing of.
            self._cluster.stop(self._name, forever=True)
            self._name = _new_name()
            for piece in self._pieces.values():
                piece.task = self._submitted(piece.job)

    def _give(self) -> bool:
        """Submit more; return whether there may be still more."""
        while not self._away and len(self._pieces) < _AHEAD * max(1, sum(self._workers.values())):
            following = next(self._jobs, None)
            if following is None:
                return False
            name, job = following
            self._pieces[name] = _Piece(job, self._submitted(job))
        return True

    def _submitted(self, job: str) -> Task:
        return self._cluster.submit_piece(self._name, self._module, job)

    def _take(self) -> None:
        """Take in what has ended."""
        for name, piece in list(self._pieces.items()):
            state = piece.task.state
            if self._away or self._cluster.lost or state == PENDING:
                continue
            said = Said.read(piece.task.answer()) if state == DONE else None
            if said is not None and not said.error:
                del self._pieces[name]
                self._done(name, said.result)
                continue
            why = said.error if said is not None else piece.task.why()
            where = f"on {said.host}: " if said is not None else ""
            piece.failures += 1
            if (said is not None and said.hopeless) or piece.failures >= _ATTEMPTS:
                raise (HarnessError if said is not None and said.ours else UsageError)(where + why)
            self._note(f"{where}{why}; it is done again")
            piece.task = self._submitted(piece.job)


def _new_name() -> str:
    return f"p{secrets.token_hex(4)}"
