# SPDX-License-Identifier: GPL-2.0-only
"""The statistics of a comparison: restricted means, their ratios, who missed what."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.compare.trials import Row
from pyfuzz.mutants.trial import Trial

_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Ratio:
    """Our processor time relative to a peer's, with its 95 % confidence interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


class Table:
    """The trials by mutant and peer; ``start_s`` is what each peer's start costs."""

    def __init__(self, rows: Sequence[Row], budget_s: float, start_s: dict[str, float]) -> None:
        self.budget_s = budget_s
        self.start_s = start_s
        self._cells: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            self._cells.setdefault((row.mutant, row.peer), []).append(row)

    @property
    def mutants(self) -> list[str]:
        """The mutants, in the order of the trials' names."""
        return sorted({mutant for mutant, _ in self._cells})

    def tried_by(self, peer: str) -> list[str]:
        """Return the mutants that a peer was tried with."""
        return [mutant for mutant in self.mutants if (mutant, peer) in self._cells]

    def trials(self, mutant: str, peer: str) -> list[Trial]:
        """Return the trials of one cell."""
        return [row.trial for row in self._cells.get((mutant, peer), [])]

    def found(self, mutant: str, peer: str) -> int:
        """Return the number of trials in which a peer found a mutant."""
        return sum(one.kind is not None for one in self.trials(mutant, peer))

    def times_s(self, mutant: str, peer: str, *, net: bool) -> list[float]:
        """Return the times to detection, the budget where nothing was found.

        ``net`` subtracts the start-up, the trial's own if it reported one; a trial
        that found nothing stays at the budget.
        """
        times = []
        for row in self._cells.get((mutant, peer), []):
            start_s = self.start_s.get(peer, 0.0) if row.start_s is None else row.start_s
            net_s = max(row.trial.processor_s - (start_s if net else 0.0), 0.0)
            times.append(net_s if row.trial.kind else self.budget_s)
        return times

    def mean_s(self, mutant: str, peer: str, *, net: bool) -> float:
        """Return the restricted mean of one cell."""
        times = self.times_s(mutant, peer, net=net)
        return sum(times) / len(times)

    def restricted_mean_s(self, peer: str, mutants: Sequence[str], *, net: bool) -> float:
        """Return the mean over mutants, with equal weights."""
        return sum(self.mean_s(mutant, peer, net=net) for mutant in mutants) / len(mutants)

    def ratio(self, ours: str, theirs: str, mutants: Sequence[str], *, net: bool) -> Ratio:
        """Return our restricted mean over theirs; the interval is a bootstrap over mutants."""
        pairs = [
            (self.mean_s(mutant, ours, net=net), self.mean_s(mutant, theirs, net=net))
            for mutant in mutants
        ]
        rng = random.Random(1)
        again = sorted(_ratio(rng.choices(pairs, k=len(pairs))) for _ in range(_RESAMPLES))
        return Ratio(_ratio(pairs), again[_RESAMPLES // 40], again[-_RESAMPLES // 40])

    def faster(self, ours: str, theirs: str, mutants: Sequence[str], *, net: bool) -> float:
        """Return the probability that our trial is the faster one: A12, mutant by mutant."""
        likely = [
            a12(self.times_s(mutant, ours, net=net), self.times_s(mutant, theirs, net=net))
            for mutant in mutants
        ]
        return sum(likely) / len(likely)

    def only_theirs(self, ours: str, theirs: str) -> list[str]:
        """Return the mutants that a peer found in some trial and pyfuzz in none."""
        return [
            mutant
            for mutant in self.tried_by(theirs)
            if self.found(mutant, theirs) and not self.found(mutant, ours)
        ]


def _ratio(pairs: Sequence[tuple[float, float]]) -> float:
    ours, theirs = (sum(column) for column in zip(*pairs, strict=True))
    return ours / theirs if theirs else float("inf")


def a12(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the probability that a time of ours is below one of theirs (Vargha and Delaney)."""
    wins = sum((a < b) + 0.5 * (a == b) for a in ours for b in theirs)
    return wins / (len(ours) * len(theirs))
