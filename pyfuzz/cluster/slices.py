# SPDX-License-Identifier: GPL-2.0-only
"""One slice of the campaign on each Dask worker, and another when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from pyfuzz.cluster.address import host_of
from pyfuzz.cluster.connection import DONE, PENDING, Connection, Task
from pyfuzz.cluster.job import Answer
from pyfuzz.errors import HarnessError

SLICE_S = 600.0
MAX_PROCESSES = 256
_LOOK_S = 1.0
_SHORTEST_S = 3.0
_RETRY_S = (2.0, 10.0, 60.0)
# For a Dask worker to come, for a scheduler to come back.
_PATIENCE_S = 60.0
# A scheduler that does not answer for so long is lost.
_SLOW_S = 15.0
_RECONNECT_S = 5.0


@dataclass(slots=True)
class Place:
    """A Dask worker; ``number`` is its own as long as it is there, and decides its strategies.

    ``processes`` fuzz there; ``checks``: it has its host's sanitizer worker.
    """

    number: int
    host: str
    processes: int
    checks: bool
    task: Task | None = None
    slices: int = 0
    failures: int = 0
    not_before_s: float = 0.0
    hopeless: bool = False

    @property
    def busy(self) -> bool:
        """Whether a slice is there that has not ended, as far as the scheduler knows."""
        return self.task is not None and self.task.state == PENDING


class Slices:
    """The slices of one campaign, wherever there are Dask workers."""

    def __init__(
        self,
        cluster: Connection,
        run: str,
        seconds: float,
        job: Callable[[Place, float], str],
        note: Callable[[str], None],
        *,
        hear: Callable[[Answer], None],
        processes: int | None = None,
        check: bool = True,
    ) -> None:
        """Prepare; ``run`` is the campaign's name on the cluster, ``seconds`` its time.

        ``job`` makes the text of a slice of so many seconds for a place, ``hear`` is
        called with what each answers.  ``processes`` fuzz in each slice, None: as many
        as the Dask worker has threads.
        """
        self._cluster = cluster
        self._run = run
        self._until_s = time.monotonic() + seconds
        self._job = job
        self._note = note
        self._answered = hear
        self._processes = processes
        self._check = check
        self._places: dict[str, Place] = {}
        self._looked_s = 0.0
        self._away_since_s: float | None = None  # the scheduler
        self._missing_since_s: float | None = None  # every Dask worker
        self._said_lost = False
        self._tried_s = 0.0
        self._last_error = ""
        self._ending = False
        self.ended_early = ""

    @property
    def left_s(self) -> float:
        """How much of the campaign's time is left."""
        return self._until_s - time.monotonic()

    def look(self) -> None:
        """See to every Dask worker, at most once a second.

        Errors: UsageError if one is neither TLS nor loopback.
        """
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_S:
            return
        self._looked_s = now_s
        workers = None if self._cluster.lost else self._cluster.workers()
        if workers is None:
            self._look_for_scheduler(now_s)
            return
        self._away_since_s = None
        self._count_on(workers, now_s)
        for address in [one for one in self._places if one not in workers]:
            self._leave(address)
        for address, threads in workers.items():
            if address not in self._places:
                self._join(address, threads)
            self._see_to(address, now_s)

    def end(self, limit_s: float) -> bool:
        """Give no more, wait until all have ended; return whether they did within the limit."""
        self._ending = True
        until_s = time.monotonic() + limit_s
        while any(place.busy for place in self._places.values()) and not self._cluster.lost:
            if time.monotonic() > until_s:
                return False
            self.look()
            time.sleep(0.1)
        if self._cluster.lost:
            self._look_for_scheduler(time.monotonic())
        for place in self._places.values():
            self._hear(place, time.monotonic())
        return True

    def interrupt(self) -> None:
        """Have all end as by Ctrl-C."""
        self._ending = True
        if not self._cluster.lost:
            self._cluster.stop(self._run)

    def forget(self) -> None:
        """Let the scheduler forget those that have not ended."""
        for place in self._places.values():
            if place.task is not None:
                place.task.forget()

    def _look_for_scheduler(self, now_s: float) -> None:
        if self._away_since_s is None:
            self._away_since_s = now_s
        away_s = now_s - self._away_since_s
        if not self._cluster.lost and away_s < _SLOW_S:
            return
        if not self._said_lost:
            self._said_lost = True
            self._note("the scheduler was lost; what was found until then is in the share")
        if away_s > _PATIENCE_S or self._cluster.local or self._ending:
            self.ended_early = f"the scheduler of {self._cluster.shown} was lost"
        elif now_s - self._tried_s > _RECONNECT_S:
            self._tried_s = now_s
            if self._cluster.reconnect():
                self._note(f"the scheduler of {self._cluster.shown} is there again")
                # Its workers may still have slices of before, that it knows nothing of.
                self._cluster.stop(self._run)
                self._places.clear()
                self._said_lost = False

    def _count_on(self, workers: dict[str, int], now_s: float) -> None:
        """End the campaign if there is nobody, or nobody who can run a slice."""
        if workers:
            self._missing_since_s = None
            places = self._places.values()
            if places and all(place.hopeless for place in places):
                self.ended_early = self._last_error
            return
        self._missing_since_s = self._missing_since_s or now_s
        if now_s - self._missing_since_s > _PATIENCE_S:
            self.ended_early = f"{self._cluster.shown} has had no Dask worker for a minute"

    def _join(self, address: str, threads: int) -> None:
        host = host_of(address)
        taken = {place.number for place in self._places.values()}
        checked = {place.host for place in self._places.values() if place.checks}
        self._places[address] = Place(
            number=min(set(range(len(taken) + 1)) - taken),
            host=host,
            processes=min(self._processes or max(1, threads), MAX_PROCESSES),
            checks=self._check and host not in checked,
        )

    def _leave(self, address: str) -> None:
        place = self._places.pop(address)
        if place.task is None:
            return
        place.task.forget()
        if not self._ending:
            self._note(f"a Dask worker on {place.host} was lost; what it told the share stays")

    def _see_to(self, address: str, now_s: float) -> None:
        place = self._places[address]
        self._hear(place, now_s)
        wanted = not self._ending and not place.hopeless and self.left_s > _SHORTEST_S
        if wanted and place.task is None and now_s >= place.not_before_s:
            job = self._job(place, min(SLICE_S, self.left_s))
            place.slices += 1
            place.task = self._cluster.submit(address, self._run, job)

    def _hear(self, place: Place, now_s: float) -> None:
        """Take in how a slice ended; after a failure the next one waits, longer each time."""
        task = place.task
        if task is None or place.busy:
            return
        place.task = None
        if task.state == DONE:
            try:
                said = Answer.read(task.answer())
            except HarnessError as error:
                said = Answer(place.host, str(error))
        else:
            said = Answer(place.host, task.why())
        self._answered(said)
        for text in said.notes:
            self._note(f"on {said.host}: {text}")
        if not said.error:
            place.failures = 0
            return
        self._last_error = f"no slice can run: on {said.host}: {said.error}"
        self._note(f"a slice on {said.host} failed: {said.error}")
        place.not_before_s = now_s + _RETRY_S[min(place.failures, len(_RETRY_S) - 1)]
        place.failures += 1
        # What fails at once, time after time, is not going to mend itself.
        place.hopeless = said.hopeless or place.failures > len(_RETRY_S)
