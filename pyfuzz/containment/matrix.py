# SPDX-License-Identifier: GPL-2.0-only
"""The matrix of targets and faults, its rows, and the file that it is stored in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from pyfuzz import files, records
from pyfuzz.containment import cell as cells
from pyfuzz.containment.cell import Cell
from pyfuzz.errors import UsageError
from pyfuzz.module.results import Outcome
from pyfuzz.records import Count, Seconds
from pyfuzz.worlds.lists.faults import BY_GROUP

VERSION = 1
# From 0 to 1.
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
REPLAYS = 20


@dataclass(frozen=True, slots=True)
class Effort:
    """The effort per cell: sampled, guided and sanitized runs, and replays."""

    sample: int = 200
    runs: int = 800
    sanitized: int = 150
    replays: int = REPLAYS


@dataclass(frozen=True, slots=True)
class FaultEntry:
    """A fault, as a matrix lists it."""

    name: str
    group: str
    damage: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEntry:
    """A row in JSON: its cells, and what follows from them.

    A cell is written and read by hand (pyfuzz/containment/cell.py): JSON has "n/a" for
    one that does not apply, which is not an outcome here.
    """

    target: str
    generation: str
    policy: str
    faults: Count = 0
    contained: Share = 0.0
    fatal: Share = 0.0
    stale: Count = 0
    sampled_contained: Share = 0.0
    sampled_fatal: Share = 0.0
    cells: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRecord:
    """What ``pyfuzz containment --json`` prints.  Keys are added, never renamed."""

    version: int
    seed: Count
    sample: Count
    runs: Count
    seconds: Seconds
    faults: list[FaultEntry] = field(default_factory=list)
    rows: list[RowEntry]


@dataclass(frozen=True, slots=True)
class Row:
    """One target and its cells, in the order of BY_GROUP."""

    target: str
    generation: str
    policy: str
    cells: tuple[Cell, ...]

    @property
    def applicable(self) -> list[Cell]:
        """The cells of the faults that can be planted."""
        return [cell for cell in self.cells if cell.applies]

    def count(self, *outcomes: Outcome) -> int:
        """Return how many faults have one of these outcomes at worst."""
        return sum(cell.outcome in outcomes for cell in self.cells)

    @property
    def contained(self) -> float:
        """The share of the faults that are contained in the worst case."""
        return sum(cell.contained for cell in self.cells) / max(1, len(self.applicable))

    @property
    def fatal(self) -> float:
        """The share of the faults that kill the host in the worst case."""
        return self.fatal_faults / max(1, len(self.applicable))

    def sampled(self, *outcomes: Outcome) -> float:
        """Return the share of all sampled sequences that had one of these outcomes."""
        total = sum(cell.sampled for cell in self.cells)
        return sum(cell.sample.get(one, 0) for cell in self.cells for one in outcomes) / max(
            1, total
        )

    def cell(self, fault: str) -> Cell:
        """Return the cell of a fault."""
        return next(cell for cell in self.cells if cell.fault == fault)

    @property
    def fatal_faults(self) -> int:
        """The number of faults that kill the host in the worst case."""
        return self.count(Outcome.HOST_DEATH)

    @property
    def dies(self) -> float:
        """The share of all sampled sequences that kill the host."""
        return self.sampled(Outcome.HOST_DEATH)

    def find(self, fault: str) -> Cell | None:
        """Return the cell of a fault, None if it was not searched."""
        return next((cell for cell in self.cells if cell.fault == fault), None)

    @property
    def contained_faults(self) -> list[str]:
        """The faults that harm only their own VM, whatever follows."""
        return [cell.fault for cell in self.cells if cell.contained]

    @property
    def stale_faults(self) -> list[str]:
        """Those of them after which an SPTE may stay present after a zap of its list."""
        return [cell.fault for cell in self.cells if cell.contained and cell.stale]

    def entry(self) -> RowEntry:
        """Return what ``pyfuzz containment --json`` prints of the row."""
        return RowEntry(
            target=self.target,
            generation=self.generation,
            policy=self.policy,
            faults=len(self.applicable),
            contained=round(self.contained, 4),
            fatal=round(self.fatal, 4),
            stale=len(self.stale_faults),
            sampled_contained=round(self.sampled(Outcome.DETECTED, Outcome.SILENT), 4),
            sampled_fatal=round(self.sampled(Outcome.HOST_DEATH), 4),
            cells=[cell.as_object() for cell in self.cells],
        )


@dataclass(frozen=True, slots=True)
class Matrix:
    """The rows of all targets, and how they were found."""

    rows: tuple[Row, ...]
    seed: int
    effort: Effort
    seconds: float = 0.0

    @property
    def planted(self) -> int:
        """How many faults were planted on one target or another."""
        return len({cell.fault for row in self.rows for cell in row.applicable})

    def as_object(self) -> dict[str, Any]:
        """Return the object that ``pyfuzz containment --json`` prints."""
        record = MatrixRecord(
            version=VERSION,
            seed=self.seed,
            sample=self.effort.sample,
            runs=self.effort.runs,
            seconds=round(self.seconds, 1),
            faults=[
                FaultEntry(fault.name, fault.group.value, fault.damage, fault.cause)
                for fault in BY_GROUP
            ],
            rows=[row.entry() for row in self.rows],
        )
        return dict(records.plain(record))


def read_matrix(text: str, name: str) -> Matrix:
    """Read what ``pyfuzz containment --json`` printed; ``name`` is what errors call it.

    Errors: UsageError if it is not a matrix, or is of another version.
    """
    try:
        values = files.object_of(files.parse_json(text))
        if values.get("version", VERSION) != VERSION:
            raise UsageError(
                f"{name}: the matrix's version must be {VERSION}, is {values['version']}; "
                "make it again with: pyfuzz containment --json"
            )
        record = records.read(values, MatrixRecord)
        rows = tuple(
            Row(row.target, row.generation, row.policy, tuple(map(cells.read_cell, row.cells)))
            for row in record.rows
        )
    except (ValueError, KeyError) as error:
        raise UsageError(
            f"{name}: must be what 'pyfuzz containment --json' prints, is not: "
            f"{files.reason(error)}"
        ) from None
    return Matrix(rows, record.seed, Effort(record.sample, record.runs), record.seconds)
