# SPDX-License-Identifier: GPL-2.0-only
"""Trials of mutants on a cluster: ``python -m pyfuzz.mutants.piece`` does those of one mutant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import records, world
from pyfuzz.cluster import job, pieces
from pyfuzz.cluster.connection import Connection
from pyfuzz.cluster.job import Code
from pyfuzz.cluster.piece import serve
from pyfuzz.mutants import experiment, schedules, trial
from pyfuzz.mutants.experiment import Elsewhere, Measured, Piece
from pyfuzz.target.known_findings import Known

_MODULE = "pyfuzz.mutants.piece"


@dataclass(frozen=True, slots=True)
class Job:
    """A piece as text."""

    name: str
    planted: Code
    clean: Code | None
    known: tuple[Known, ...]
    budget_s: records.Seconds
    trials: records.Count
    seed: int
    ways: trial.Ways

    @classmethod
    def of(cls, piece: Piece) -> Job:
        """Make it of a piece; errors: as job.packed()."""
        return cls(
            piece.name,
            Code.of(piece.planted),
            None if piece.clean is None else Code.of(piece.clean),
            piece.known,
            piece.budget_s,
            piece.trials,
            piece.seed,
            piece.ways,
        )

    def piece(self, folder: Path) -> Piece:
        """Make the piece; errors: UsageError, OSError."""
        return Piece(
            self.name,
            self.planted.unpacked(folder),
            None if self.clean is None else self.clean.unpacked(folder),
            self.known,
            self.budget_s,
            self.trials,
            self.seed,
            self.ways,
        )


def on(cluster: Connection, note: Callable[[str], None]) -> Elsewhere:
    """Return what has pieces done on a cluster."""

    def elsewhere(some: Iterable[tuple[str, Piece]], done: Callable[[str, Measured], None]) -> None:
        jobs: Iterator[tuple[str, str]] = (
            (name, json.dumps(records.plain(Job.of(piece)))) for name, piece in some
        )
        pieces.run(
            cluster, _MODULE, jobs, lambda name, text: done(name, job.read(text, Measured)), note
        )

    return elsewhere


def work(text: str, folder: Path) -> str:
    """Run the trials of one mutant; return the result as text."""
    piece = job.read(text, Job).piece(folder)
    if world.get(piece.planted.world).schedules:
        measured = schedules.measure(piece)
    else:
        measured = experiment.measure(piece, folder)
    return json.dumps(records.plain(measured))


if __name__ == "__main__":
    serve(work)
