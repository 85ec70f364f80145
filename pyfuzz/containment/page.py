# SPDX-License-Identifier: GPL-2.0-only
"""The matrix as one HTML page, in the style of the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment

from pyfuzz.containment.answers import (
    CONTAINED,
    Comparison,
    compare,
    everywhere_contained,
    nowhere_contained,
    share_contained,
)
from pyfuzz.containment.cell import Cell
from pyfuzz.containment.deaths import causes_of_death
from pyfuzz.containment.matrix import Matrix, Row
from pyfuzz.containment.reach import triggers
from pyfuzz.containment.table import sign
from pyfuzz.module.results import OUTCOMES, Outcome
from pyfuzz.replay.outcome_text import MEANING, stale_text
from pyfuzz.report import style
from pyfuzz.target.catalogue import TARGETS
from pyfuzz.worlds.lists.faults import BY_GROUP, Fault, Reach

PROPOSAL = "hardened"
# Before the series, its last version, the merged code, that code in 6.15, the proposal.
_HEADLINE = ("bug", "rfc-v4", "v6.6", "v6.15", PROPOSAL)


@dataclass(frozen=True, slots=True)
class Question:
    """A question for the matrix: what did the second of two targets change?"""

    title: str
    before: str
    after: str


QUESTIONS = (
    Question("What v4 of the series gained over BUG()", "bug", "rfc-v4"),
    Question("What returning after an error gained: v4 against v3", "rfc-v3", "rfc-v4"),
    Question("What the merged code gained or lost against v4", "rfc-v4", "v6.6"),
    Question("What CONFIG_BUG_ON_DATA_CORRUPTION=y costs", "v6.6", "v6.6-corruption-bug"),
    Question("What 6.15 changed", "v6.6", "v6.15"),
    Question("What the hardened proposal gains over the merged code", "v6.6", "hardened"),
)


def render(matrix: Matrix) -> str:
    """Return the page of a matrix."""
    return (
        _environment()
        .get_template("containment.html.j2")
        .render(
            matrix=matrix,
            rows=matrix.rows,
            faults=_faults(matrix),
            headline=[row for name in _HEADLINE for row in matrix.rows if row.target == name],
            answers=_answers(matrix),
            nowhere=nowhere_contained(matrix, frozenset((PROPOSAL,))),
            not_even_proposed=nowhere_contained(matrix),
            everywhere=everywhere_contained(matrix),
            proposal=PROPOSAL,
            outcomes=OUTCOMES[1:],
            meaning=MEANING,
            left_out=[target for target in TARGETS.values() if not target.builds],
            reaches=_reaches(matrix),
            triggered=_triggered(matrix),
        )
    )


def _faults(matrix: Matrix) -> list[tuple[str, list[tuple[Fault, list[Cell]]]]]:
    """Return the faults of the matrix by group, each with its cells in the rows' order."""
    groups: dict[str, list[tuple[Fault, list[Cell]]]] = {}
    for fault in BY_GROUP:
        cells = [cell for row in matrix.rows if (cell := row.find(fault.name)) is not None]
        if len(cells) == len(matrix.rows):
            groups.setdefault(fault.group.value, []).append((fault, cells))
    return list(groups.items())


def _reaches(matrix: Matrix) -> list[tuple[Reach, list[str]]]:
    """Return the planted faults by whose mistake it takes to cause them."""
    planted = [
        fault
        for fault in BY_GROUP
        if any((cell := row.find(fault.name)) and cell.applies for row in matrix.rows)
    ]
    by_reach = [(reach, [f.name for f in planted if f.reach is reach]) for reach in Reach]
    return [(reach, found) for reach, found in by_reach if found]


def _triggered(matrix: Matrix) -> list[tuple[Row, list[tuple[str, list[Cell]]]]]:
    """Return, for each row, its bad cells by who triggers the outcome."""
    return [
        (row, [(who.value, cells) for who, cells in triggers(row.applicable).items()])
        for row in matrix.rows
        if any(not cell.contained for cell in row.applicable)
    ]


def _answers(matrix: Matrix) -> list[tuple[Question, Comparison]]:
    found = ((question, compare(matrix, question.before, question.after)) for question in QUESTIONS)
    return [(question, comparison) for question, comparison in found if comparison is not None]


@cache
def _environment() -> Environment:
    filters = dict[str, Callable[..., Any]](
        percent=_percent,
        contained=_contained_of,
        deaths=causes_of_death,
        sign=sign,
        slug=_slug,
        stale=stale_text,
    )
    environment = style.environment(__file__, filters)
    environment.tests["dead"] = lambda cell: cell.outcome is Outcome.HOST_DEATH
    return environment


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _contained_of(one: Row | Cell) -> float:
    """Return the share of the sampled sequences that is contained, of a row or a cell."""
    if isinstance(one, Cell):
        return share_contained(one)
    return one.sampled(*CONTAINED)


def _slug(cell: Cell) -> str:
    return f"{cell.target}-{cell.fault}".replace(".", "-")
