# SPDX-License-Identifier: GPL-2.0-only
"""Cells on a cluster: ``python -m pyfuzz.containment.piece`` searches one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import records
from pyfuzz.cluster import job, pieces
from pyfuzz.cluster.connection import Connection
from pyfuzz.cluster.job import Code
from pyfuzz.cluster.piece import serve
from pyfuzz.containment import fill
from pyfuzz.containment.cell import Cell, read_cell
from pyfuzz.containment.matrix import Effort, Row
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.lists import faults
from pyfuzz.worlds.lists.faults import Fault

_MODULE = "pyfuzz.containment.piece"


@dataclass(frozen=True, slots=True)
class Job:
    """A cell as text."""

    code: Code
    fault: str
    seed: records.Count
    effort: Effort


def find(
    cluster: Connection,
    targets: Sequence[Target],
    chosen: Sequence[Fault],
    *,
    seed: int,
    effort: Effort,
    watch: fill.Watch,
    note: Callable[[str], None],
) -> list[Row]:
    """Search all cells on a cluster, as fill.find() does here.

    After Ctrl-C it returns the rows that are whole.
    Errors: UsageError or HarnessError as a Dask worker says, or if the cluster is lost.
    """
    found: dict[tuple[int, str], Cell] = {}

    def done(place: tuple[int, str], text: str) -> None:
        found[place] = read_cell(json.loads(text))
        watch(found[place])

    jobs = (
        ((row, fault.name), json.dumps(records.plain(Job(code, fault.name, seed, effort))))
        for row, code in enumerate(map(Code.of, targets))
        for fault in chosen
    )
    with suppress(KeyboardInterrupt):
        pieces.run(cluster, _MODULE, jobs, done, note)
    return [
        Row(
            target.name,
            target.generation,
            target.policy,
            tuple(found[row, fault.name] for fault in chosen),
        )
        for row, target in enumerate(targets)
        if all((row, fault.name) in found for fault in chosen)
    ]


def work(text: str, folder: Path) -> str:
    """Search one cell; return it as text."""
    one = job.read(text, Job)
    target = one.code.unpacked(folder)
    cell = fill.search_one(target, faults.get(one.fault), one.seed, one.effort)
    return json.dumps(cell.as_object())


if __name__ == "__main__":
    serve(work)
