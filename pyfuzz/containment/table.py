# SPDX-License-Identifier: GPL-2.0-only
"""The matrix as text for a terminal, and as Markdown for docs/containment.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyfuzz.containment.cell import Cell
from pyfuzz.containment.matrix import Matrix, Row
from pyfuzz.module.results import OUTCOMES, Outcome
from pyfuzz.replay.outcome_text import MEANING
from pyfuzz.worlds.lists.faults import BY_GROUP, BY_NAME, Group

SIGNS = {
    None: "·",
    Outcome.DETECTED: "D",
    Outcome.SILENT: "s",
    Outcome.MEMORY: "m",
    Outcome.SPREAD: "S",
    Outcome.HOST_DEATH: "X",
}
REPORTED, STALE = "!", "°"
_NAME = max(len(fault.name) for fault in BY_GROUP)
_COLUMN = 4


def sign(cell: Cell) -> str:
    """Return a cell in one letter, with marks for a sanitizer's report and stale SPTEs."""
    reported = cell.report is not None and cell.outcome is not Outcome.MEMORY
    stale = cell.contained and cell.stale
    return SIGNS[cell.outcome] + REPORTED * reported + STALE * bool(stale)


def text(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the matrix: faults down, targets across by number."""
    faults = [cell.fault for cell in rows[0].cells]
    yield " " * (_NAME + 1) + "".join(f"{number:>{_COLUMN}}" for number in range(1, len(rows) + 1))
    group: Group | None = None
    for name in faults:
        if BY_NAME[name].group is not group:
            group = BY_NAME[name].group
            yield f"{group.value}"
        signs = "".join(f"{sign(row.cell(name)):>{_COLUMN}}" for row in rows)
        yield f" {name:{_NAME}}{signs}"
    yield ""
    for outcome in OUTCOMES[1:]:
        yield f"  {SIGNS[outcome]}  {outcome.value}: {MEANING[outcome]}"
    yield "  °  SPTEs may also stay present after a zap of their whole list"
    yield "  !  a sanitizer also reports an invalid access"
    yield "  ·  the target has nothing for this fault to damage"
    yield ""
    yield from totals(rows)


def totals(rows: Sequence[Row]) -> Iterator[str]:
    """Yield one line per target: its faults, and the shares contained and fatal."""
    width = max(len(row.target) for row in rows)
    yield f"{'':{width + 4}}  faults   worst case          200 random sequences per fault"
    yield f"{'':{width + 4}}           contained  fatal    contained  fatal"
    for number, row in enumerate(rows, 1):
        contained = row.sampled(Outcome.DETECTED, Outcome.SILENT)
        yield (
            f"{number:>2}  {row.target:{width}}  {len(row.applicable):>6}   "
            f"{row.contained:>8.0%}  {row.fatal:>5.0%}     "
            f"{contained:>8.0%}  {row.sampled(Outcome.HOST_DEATH):>5.0%}"
        )


def markdown(matrix: Matrix) -> Iterator[str]:
    """Yield the lines of the matrix for the document."""
    rows = matrix.rows
    yield "| fault | " + " | ".join(f"`{row.target}`" for row in rows) + " |"
    yield "|---|" + ":-:|" * len(rows)
    group: Group | None = None
    for cell in rows[0].cells:
        if BY_NAME[cell.fault].group is not group:
            group = BY_NAME[cell.fault].group
            yield f"| **{group.value}** |" + " |" * len(rows)
        cells = " | ".join(_marked(row.cell(cell.fault)) for row in rows)
        yield f"| `{cell.fault}` | {cells} |"
    yield ""
    meanings = [f"{SIGNS[outcome]} {outcome.value}" for outcome in OUTCOMES[1:]]
    yield f"{', '.join(meanings)}; ! a sanitizer reports as well; "
    yield "° SPTEs may stay present after a zap of their whole list; · nothing to damage."
    yield ""
    yield from markdown_totals(matrix)


def _marked(cell: Cell) -> str:
    shown = sign(cell)
    return f"**{shown}**" if cell.outcome is Outcome.HOST_DEATH else shown


def markdown_totals(matrix: Matrix) -> Iterator[str]:
    """Yield the totals of each target for the document."""
    yield (
        "| target | faults | contained | memory | spread | fatal | "
        "sampled: contained | sampled: fatal |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for row in matrix.rows:
        shares = (
            row.contained,
            row.count(Outcome.MEMORY) / max(1, len(row.applicable)),
            row.count(Outcome.SPREAD) / max(1, len(row.applicable)),
            row.fatal,
            row.sampled(Outcome.DETECTED, Outcome.SILENT),
            row.sampled(Outcome.HOST_DEATH),
        )
        yield (
            f"| `{row.target}` | {len(row.applicable)} | "
            + " | ".join(f"{share:.0%}" for share in shares)
            + " |"
        )


def sequences(matrix: Matrix, faults: Sequence[str], targets: Sequence[str]) -> Iterator[str]:
    """Yield the sequences behind some cells, as Markdown."""
    for fault in faults:
        for row in matrix.rows:
            if row.target not in targets:
                continue
            cell = row.cell(fault)
            if not cell.applies:
                continue
            assert cell.outcome is not None
            yield f"`{row.target}`, `{fault}`: **{cell.outcome.value}**"
            yield ""
            yield "```"
            yield from cell.sequence
            yield "```"
            yield ""
            if cell.because:
                yield f"{cell.because}."
                yield ""
