# SPDX-License-Identifier: GPL-2.0-only
"""The matrix of targets and faults, its rows, and the file that it is stored in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyfuzz import files
from pyfuzz.containment import cell as cells
from pyfuzz.containment.cell import Cell
from pyfuzz.errors import UsageError
from pyfuzz.module.results import Outcome
from pyfuzz.worlds.lists.faults import BY_GROUP

VERSION = 1
REPLAYS = 20


@dataclass(frozen=True, slots=True)
class Effort:
    """The effort per cell: sampled, guided and sanitized runs, and replays."""

    sample: int = 200
    runs: int = 800
    sanitized: int = 150
    replays: int = REPLAYS


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
        """Return which part of all sampled sequences had one of these outcomes."""
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

    def as_object(self) -> dict[str, Any]:
        """Return the row as ``pyfuzz containment --json`` prints it."""
        return {
            "target": self.target,
            "generation": self.generation,
            "policy": self.policy,
            "faults": len(self.applicable),
            "contained": round(self.contained, 4),
            "fatal": round(self.fatal, 4),
            "stale": len(self.stale_faults),
            "sampled_contained": round(self.sampled(Outcome.DETECTED, Outcome.SILENT), 4),
            "sampled_fatal": round(self.sampled(Outcome.HOST_DEATH), 4),
            "cells": [cell.as_object() for cell in self.cells],
        }


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
        return {
            "version": VERSION,
            "seed": self.seed,
            "sample": self.effort.sample,
            "runs": self.effort.runs,
            "seconds": round(self.seconds, 1),
            "faults": [
                {
                    "name": fault.name,
                    "group": fault.group.value,
                    "damage": fault.damage,
                    "cause": fault.cause,
                }
                for fault in BY_GROUP
            ],
            "rows": [row.as_object() for row in self.rows],
        }


def read_matrix(text: str, name: str) -> Matrix:
    """Read what ``pyfuzz containment --json`` printed; ``name`` is what errors call it.

    Errors: UsageError if it is no matrix, or one of another version.
    """
    try:
        values = files.object_of(files.parse_json(text))
        if values["version"] != VERSION:
            raise UsageError(
                f"{name}: the matrix's version must be {VERSION}, is {values['version']}; "
                "make it again with: pyfuzz containment --json"
            )
        rows = tuple(
            Row(
                row["target"],
                row["generation"],
                row["policy"],
                tuple(cells.read_cell(cell) for cell in row["cells"]),
            )
            for row in values["rows"]
        )
        effort = Effort(sample=values["sample"], runs=values["runs"])
        return Matrix(rows, values["seed"], effort, values["seconds"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{name}: must be what 'pyfuzz containment --json' prints, is not: "
            f"{files.reason(error)}"
        ) from None
