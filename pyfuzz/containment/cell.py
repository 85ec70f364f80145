# SPDX-License-Identifier: GPL-2.0-only
"""A cell of the matrix, the worst outcome of one fault on one target; and a row of cells.

A cell is plain data, the same from a search and from a file (docs/json.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pyfuzz import records
from pyfuzz.containment.search import Found
from pyfuzz.module.results import OUTCOMES, Containment, Outcome
from pyfuzz.replay.outcome_text import evidence_text, flag_text
from pyfuzz.sequence.text import format_operation, parse
from pyfuzz.worlds.lists.operation import Operation

NOT_APPLICABLE = "n/a"


@dataclass(frozen=True, slots=True)
class SanitizerReport:
    """A sanitizer report, and the shortest sequence found that shows it."""

    message: str
    sequence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """The outcome of one fault on one target.

    ``outcome`` is the worst one found, None where the target has nothing that
    the fault could damage; ``sequence`` shows it, one line per operation, and
    ``kind``, ``function``, ``because`` are the evidence.  ``steps_to_flag`` is None if
    the VM was never bugged, ``right_vm`` if none was.  ``sample`` counts the
    outcomes of sequences that are the same on every target.
    """

    target: str
    fault: str
    outcome: Outcome | None = None
    kind: str = ""
    function: str = ""
    because: str = ""
    planted: str = ""
    flagged: str = ""
    steps_to_flag: int | None = None
    right_vm: bool | None = None
    destroyed: bool = False
    innocents_work: bool = False
    leaked: int = 0
    stale: int = 0
    sequence: tuple[str, ...] = ()
    sample: dict[Outcome, int] = field(default_factory=dict)
    runs: int = 0
    replays: int = 0
    replays_same: int = 0
    report: SanitizerReport | None = None

    @property
    def applies(self) -> bool:
        """Whether the fault can be planted on this target."""
        return self.outcome is not None

    @property
    def contained(self) -> bool:
        """Whether only the VM with the fault is harmed, and no access is invalid."""
        return self.outcome is not None and self.outcome.contained

    @property
    def sampled(self) -> int:
        """The number of sampled sequences."""
        return sum(self.sample.values())

    def share(self, outcome: Outcome) -> float:
        """Return the share of the sample with this outcome."""
        return self.sample.get(outcome, 0) / self.sampled if self.sample else 0.0

    def operations(self) -> list[Operation]:
        """Return the sequence's operations."""
        return parse("\n".join(self.sequence), f"{self.target}, {self.fault}")

    def as_object(self) -> dict[str, Any]:
        """Return the cell as ``pyfuzz containment --json`` prints it."""
        return {
            **records.plain(self),
            "outcome": self.outcome.value if self.outcome else NOT_APPLICABLE,
            "sample": {outcome.value: self.sample.get(outcome, 0) for outcome in OUTCOMES[1:]},
        }


def read_cell(values: dict[str, Any]) -> Cell:
    """Return the cell that as_object() described.

    Errors: KeyError or ValueError if it is not a cell.
    """
    outcome = values["outcome"]
    known = {**values, "outcome": None if outcome == NOT_APPLICABLE else outcome}
    cell = records.read(known, Cell)
    return replace(cell, sample={one: number for one, number in cell.sample.items() if number})


def describe_worst(found: Found) -> dict[str, Any]:
    """Return the fields of a cell that its worst sequence gives."""
    result = found.result
    evidence = result.evidence
    return {
        "outcome": result.outcome,
        "kind": evidence.kind.value if evidence else "",
        "function": evidence.function if evidence else "",
        "because": evidence_text(evidence) if evidence else "",
        "planted": result.did,
        "flagged": flag_text(result),
        "steps_to_flag": result.steps_to_flag,
        "right_vm": _right_vm(result),
        "destroyed": result.destroyed,
        "innocents_work": result.innocents_work,
        "leaked": result.leaked,
        "stale": result.stale,
        "sequence": tuple(map(format_operation, found.operations)),
    }


def _right_vm(result: Containment) -> bool | None:
    if not (result.bugged or result.wrong_vm):
        return None
    return not result.wrong_vm
