# SPDX-License-Identifier: GPL-2.0-only
"""Made-up matrices for tests of pages and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pyfuzz.containment.cell import Cell, SanitizerReport
from pyfuzz.containment.matrix import Effort, Matrix, Row
from pyfuzz.module.results import Outcome

BECAUSE = {
    Outcome.HOST_DEATH: "host-bug in rmap_yield, line 23, operation 2: BUG_ON(gone) reached",
    Outcome.SPREAD: "wrong-vm in pte_list_remove, operation 1: an operation of vm0 changed vm1",
    Outcome.MEMORY: "host-fault in pte_list_remove, operation 3: AddressSanitizer: poison",
}


def cell(target: str, fault: str, outcome: Outcome | None, **changes: object) -> Cell:
    """Make a cell: its sequence has three operations, the second is the fault."""
    if outcome is None:
        return Cell(target, fault)
    made = Cell(
        target,
        fault,
        outcome,
        kind="host-bug" if outcome is Outcome.HOST_DEATH else "",
        function="rmap_yield" if outcome is Outcome.HOST_DEATH else "",
        because=BECAUSE.get(outcome, ""),
        planted="something of vm0 f0 is otherwise",
        flagged="never",
        destroyed=outcome is not Outcome.HOST_DEATH,
        innocents_work=outcome.contained,
        sequence=("add vm0 f0 s0 x2", f"fault vm0 f0 {fault}", "iterate vm0 f0"),
        sample={outcome: 150, Outcome.SILENT: 50},
        runs=800,
        replays=20,
        replays_same=20,
        report=SanitizerReport("UBSan: index -1", ("add vm0 f0 s0 x2",))
        if fault == "count-zero"
        else None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def row(target: str, outcomes: Mapping[str, Outcome | None], policy: str = "a policy") -> Row:
    """Make a row of these outcomes."""
    cells = tuple(cell(target, fault, outcome) for fault, outcome in outcomes.items())
    return Row(target, "6.1", policy, cells)


def matrix(*rows: Row) -> Matrix:
    """Make a matrix of rows."""
    return Matrix(rows, 1, Effort())


D, S, M, H, X = (
    Outcome.DETECTED,
    Outcome.SILENT,
    Outcome.MEMORY,
    Outcome.SPREAD,
    Outcome.HOST_DEATH,
)


def versions() -> Matrix:
    """Make a matrix of six targets and four faults that has an answer to each question."""
    faults = ("count-zero", "more-other-vm", "spte-cleared", "double-zap")
    return matrix(
        *(
            row(target, dict(zip(faults, outcomes, strict=True)))
            for target, outcomes in {
                "bug": (X, X, X, X),
                "rfc-v4": (X, X, X, D),
                "v5.10": (None, X, X, X),
                "v6.6": (M, X, X, D),
                "v6.15": (X, H, S, D),
                "hardened": (D, H, S, D),
            }.items()
        )
    )
