# SPDX-License-Identifier: GPL-2.0-only
"""The workers of a campaign on a cluster, as the campaign sees them.

What a slice has done is read from its heartbeat in the share, and what it has found is
replayed here before it counts.  So a worker or a scheduler that is lost takes nothing
along but the last seconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pyfuzz.campaign.engine_log import Greeting
from pyfuzz.campaign.worker_process import add_counts
from pyfuzz.cluster.connection import Connection
from pyfuzz.cluster.job import Answer, Job, packed
from pyfuzz.cluster.replays import Replays
from pyfuzz.cluster.slices import Place, Slices
from pyfuzz.finding.table import FindingTable
from pyfuzz.module.shared import Counts, Slot
from pyfuzz.run.options import Options
from pyfuzz.share.link import Link
from pyfuzz.share.objects import Host

_LOOK_S = 1.0
# For slices to end by themselves: the sanitizer worker's last inputs, the share's last round.
_GRACE_S = 25.0
_LAST_WORDS_S = 10.0
_LAST_WORDS_AFTER_CTRL_C_S = 3.0
# Far longer than a target takes to be compiled.
_UNHEARD_S = 300.0
_SEED_STEP = 15_485_863


@dataclass(slots=True)
class Part:
    """A worker of the campaign: the slices of a place, one after the other."""

    name: str
    started: int = 0
    checks: bool = False
    beats: dict[str, Host] = field(default_factory=dict)

    def counts(self) -> Counts:
        """Return what its slices have done, by their heartbeats."""
        return add_counts([_counts(one) for one in self.beats.values()])

    def inputs(self) -> int:
        """Return how many inputs its largest slice keeps."""
        return max((one.corpus for one in self.beats.values()), default=0)


class ClusterSupervisor:
    """The slices of one campaign (pyfuzz.campaign.supervising.Supervising)."""

    def __init__(
        self,
        cluster: Connection,
        link: Link,
        url: str,
        run: str,
        processes: int | None,
        options: Options,
        note: Callable[[str], None],
        *,
        interval_s: float = 5.0,
    ) -> None:
        """Prepare; ``link`` follows the heartbeats that begin with ``run``.

        ``url`` is the share's for the slices; ``processes`` is that of Slices.
        Errors: UsageError if the target cannot travel.
        """
        assert options.seconds is not None
        self._link = link
        self._url = url
        self._run = run
        self._options = options
        self._note = note
        self._interval_s = interval_s
        self._target, self._source = packed(options.target)
        self._replays = Replays(options)
        self._slices = Slices(
            cluster,
            run,
            options.seconds,
            self._job,
            note,
            hear=self._answer,
            processes=processes,
            check=options.check and options.flavour != "sanitize",
        )
        self._parts: dict[int, Part] = {}
        self._given: list[tuple[int, float]] = []  # the place and the time of each slice
        self._found: dict[str, tuple[Slot, str]] = {}
        self._told: set[tuple[str, str]] = set()
        self._heard_s = 0.0
        self._unheard = False
        self._heard: set[int] = set()
        self.stopped = False

    @property
    def all(self) -> list[Part]:
        """The campaign's workers."""
        return list(self._parts.values())

    @property
    def folders(self) -> list[Path]:
        """None: inputs go through the share."""
        return []

    @property
    def greeting(self) -> Greeting | None:
        """What the target has, as it was loaded here."""
        return self._replays.greeting

    @property
    def ended_early(self) -> str:
        """Why the campaign ended before its time, "" if it did not."""
        return self._slices.ended_early

    def start(self) -> None:
        """Load the target here, and give a slice to every Dask worker that is there."""
        self._replays.start()
        self._slices.look()

    def look_after(self, table: FindingTable) -> bool:
        """See to every slice; return whether the campaign goes on."""
        self._slices.look()
        self._hear()
        return not self.ended_early

    def take_findings(self, table: FindingTable) -> None:
        """Add the share's findings to the table, for each slice that has them."""
        found, self._link.findings = self._link.findings, []
        for one in found:
            slot = self._replays.slot(one)
            if slot is not None:
                self._found[one.signature] = (slot, self._replays.flavour(one))
                self._told = {(name, seen) for name, seen in self._told if seen != one.signature}
        holders: dict[str, list[str]] = {signature: [] for signature in self._found}
        for part in self.all:
            for signature in {one for beat in part.beats.values() for one in beat.findings}:
                holders.get(signature, []).append(part.name)
        for signature, names in holders.items():
            slot, flavour = self._found[signature]
            # Nobody of this campaign: the share has it from others.
            for name in names or ["share"]:
                if (name, signature) not in self._told:
                    self._told.add((name, signature))
                    for finding in table.update(
                        f"{name}.{signature}",
                        [slot],
                        flavour=flavour,
                        scored=flavour == self._options.flavour,
                    ):
                        finding.artifact = None  # it has another sequence now

    def counts(self) -> Counts:
        """Return what all slices have done, by their heartbeats."""
        return add_counts([part.counts() for part in self.all])

    def check_pending(self) -> tuple[int, bool]:
        """There is nothing to wait for: slices check their own inputs."""
        return 0, False

    def pause(self) -> None:
        """Nothing to do: on a cluster, campaigns run one after the other."""

    def resume(self) -> None:
        """Nothing to do."""

    def stop_fuzzing(self) -> None:
        """Wait until the slices have ended, and hear what they said last."""
        if self.stopped:
            return
        self.stopped = True
        out_of_time = self._slices.left_s <= 0
        if not (out_of_time and self._slices.end(_GRACE_S)):
            self._slices.interrupt()
            self._slices.end(_LAST_WORDS_S)
        self._last_words(_LAST_WORDS_S)

    def stop(self) -> None:
        """End the slices at once, as Ctrl-C does."""
        if not self.stopped:
            self.stopped = True
            self._slices.interrupt()
            self._slices.end(_LAST_WORDS_AFTER_CTRL_C_S)
            self._last_words(_LAST_WORDS_AFTER_CTRL_C_S)
        self._slices.forget()

    def close(self) -> None:
        """End the child processes; what was counted is kept."""
        self._replays.close()

    def _last_words(self, limit_s: float) -> None:
        if not self._link.catch_up(limit_s):
            self._note("the share did not answer at the end: what it has since is not counted")
        self._heard_s = 0.0
        self._hear()

    def _hear(self) -> None:
        """Read the heartbeats of all slices."""
        now_s = time.monotonic()
        if now_s - self._heard_s < _LOOK_S:
            return
        self._heard_s = now_s
        for name, host in self._link.followed().items():
            self._count(name, host)
        silent = [
            number
            for number, (_, given_s) in enumerate(self._given)
            if number not in self._heard and now_s - given_s > _UNHEARD_S
        ]
        if silent and not self._unheard:
            self._unheard = True
            self._note(
                "a slice is not heard of in the share: it must be the same place on every machine"
            )

    def _count(self, name: str, host: Host) -> None:
        """Take in a slice's heartbeat; the last one stands."""
        match = re.match(rf"{self._run}-(\d{{1,9}})-", name)
        if match is None or int(match[1]) >= len(self._given):
            return
        number = int(match[1])
        beats = self._parts[self._given[number][0]].beats
        if name not in beats or not beats[name].ended:
            self._heard.add(number)
            beats[name] = host

    def _answer(self, said: Answer) -> None:
        """Take in what a slice answers: the share has it too, unless it is full or away."""
        if said.beat is not None:
            self._count(said.name, said.beat)
        self._link.findings += said.findings

    def _job(self, place: Place, seconds: float) -> str:
        options, number = self._options, len(self._given)
        self._given.append((place.number, time.monotonic()))
        part = self._parts.setdefault(place.number, Part(f"slice-{place.number + 1}"))
        part.started += 1
        return Job(
            label=f"{self._run}-{number}-",
            url=self._url,
            key=self._link.key,
            target=self._target,
            source=self._source,
            faults=options.faults,
            flavour=options.flavour,
            seed=(options.seed + place.number * _SEED_STEP + place.slices * 7919) % 2**32 or 1,
            workers=place.processes,
            first_worker=place.number * place.processes,
            seconds=seconds,
            memory_mb=options.memory_mb,
            check=place.checks,
            interval_s=self._interval_s,
        ).text()


def _counts(one: Host) -> Counts:
    return Counts(
        executions=one.executions,
        operations=one.operations,
        steps=one.steps,
        edges=one.edges,
        states=one.states,
    )
