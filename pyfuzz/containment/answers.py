# SPDX-License-Identifier: GPL-2.0-only
"""Comparisons of versions, fault by fault, from the matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyfuzz.containment.cell import Cell
from pyfuzz.containment.matrix import Matrix, Row
from pyfuzz.module.results import Outcome
from pyfuzz.worlds.lists.faults import BY_GROUP

CONTAINED = (Outcome.DETECTED, Outcome.SILENT)
# Smaller differences between shares of a few hundred sequences are not significant.
NOTABLE = 0.1


@dataclass(frozen=True, slots=True)
class Change:
    """One fault on two targets: the worst, and the share of the sample that is contained."""

    fault: str
    before: Outcome
    after: Outcome
    share_before: float
    share_after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one target gained and lost compared with another.

    ``better`` and ``worse`` are faults whose worst outcome changed; ``more_often``
    and ``less_often`` are others whose damage is contained significantly more or
    less often.  All are sorted by the size of the change.  ``clean`` are faults
    that no longer leave an SPTE present after a zap, ``stale`` those that newly do;
    ``unreported`` and ``reported`` are the same for sanitizer reports.
    """

    before: Row
    after: Row
    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    more_often: tuple[Change, ...]
    less_often: tuple[Change, ...]
    clean: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    unreported: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether nothing changed."""
        worst = self.better + self.worse + self.more_often + self.less_often
        return not (worst or self.clean or self.stale or self.unreported or self.reported)


def compare(matrix: Matrix, before: str, after: str) -> Comparison | None:
    """Compare two targets of the matrix; None if it lacks one of them."""
    rows = {row.target: row for row in matrix.rows}
    if before not in rows or after not in rows:
        return None
    changes = [
        change
        for fault in BY_GROUP
        if (change := _change(rows[before].find(fault.name), rows[after].find(fault.name)))
    ]
    same = [change for change in changes if change.before is change.after]
    both = [
        (cell, other)
        for cell in rows[before].applicable
        if (other := rows[after].find(cell.fault)) is not None and other.applies
    ]
    return Comparison(
        rows[before],
        rows[after],
        better=tuple(c for c in changes if c.after.rank < c.before.rank),
        worse=tuple(c for c in changes if c.after.rank > c.before.rank),
        more_often=_by_size(same, lambda c: c.share_after - c.share_before),
        less_often=_by_size(same, lambda c: c.share_before - c.share_after),
        clean=_names(both, lambda was, now: _stale(was) and not _stale(now)),
        stale=_names(both, lambda was, now: _stale(now) and not _stale(was)),
        unreported=_names(both, lambda was, now: bool(was.report and not now.report)),
        reported=_names(both, lambda was, now: bool(now.report and not was.report)),
    )


def _change(before: Cell | None, after: Cell | None) -> Change | None:
    if before is None or after is None or before.outcome is None or after.outcome is None:
        return None
    return Change(
        before.fault, before.outcome, after.outcome, share_contained(before), share_contained(after)
    )


def _stale(cell: Cell) -> bool:
    return cell.contained and cell.stale > 0


def _names(both: list[tuple[Cell, Cell]], differ: Callable[[Cell, Cell], bool]) -> tuple[str, ...]:
    return tuple(was.fault for was, now in both if differ(was, now))


def _by_size(changes: list[Change], size: Callable[[Change], float]) -> tuple[Change, ...]:
    return tuple(
        sorted((c for c in changes if size(c) >= NOTABLE), key=lambda c: (-size(c), c.fault))
    )


def share_contained(cell: Cell) -> float:
    """Return the share of a cell's sample that harmed only the VM with the fault."""
    return sum(cell.share(outcome) for outcome in CONTAINED)


def nowhere_contained(matrix: Matrix, without: frozenset[str] = frozenset()) -> list[str]:
    """Return the faults that no target contains."""
    rows = [row for row in matrix.rows if row.target not in without]
    return [name for name in _planted(rows) if not any(_contains(row, name) for row in rows)]


def everywhere_contained(matrix: Matrix) -> list[str]:
    """Return the faults that every target to which they apply contains."""
    return [
        name
        for name in _planted(list(matrix.rows))
        if all(cell.contained for row in matrix.rows if (cell := row.find(name)) and cell.applies)
    ]


def _planted(rows: list[Row]) -> list[str]:
    return [
        fault.name
        for fault in BY_GROUP
        if any((cell := row.find(fault.name)) and cell.applies for row in rows)
    ]


def _contains(row: Row, name: str) -> bool:
    cell = row.find(name)
    return cell is not None and cell.contained
