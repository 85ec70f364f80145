# SPDX-License-Identifier: GPL-2.0-only
"""The line coverage of a run: its corpus and its findings' sequences, run once more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyfuzz.coverage.lines import FileCoverage, Line, LineCoverage, line_coverage
from pyfuzz.report.record import Coverage, FileEntry, FunctionEntry, SourceLine
from pyfuzz.sequence import binary
from pyfuzz.sequence.input import Input

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyfuzz.report.run import Run
    from pyfuzz.target.catalogue import Target

# A corpus takes far less; of a huge one on a slow machine, only a part is run.
_BUDGET_S = 120.0


@dataclass(frozen=True, slots=True)
class CoveredInput:
    """An input: where it is stored, and the finding that it belongs to, if any."""

    path: Path | None
    input: Input
    finding: int | None


def coverage_of(run: Run, target: Target) -> tuple[Coverage, list[CoveredInput]]:
    """Return the coverage and the inputs that it refers to.

    The shortest inputs are run first, so that a line is linked to a short one.
    Errors: UsageError or HarnessError as loading the target does.
    """
    inputs = _inputs(run)
    found = line_coverage(target, _within_budget(inputs))
    if found.inputs < len(inputs):
        run.notes.append(
            f"line coverage is of the shortest {found.inputs} of {len(inputs)} inputs: "
            f"more took longer than {_BUDGET_S:.0f} s"
        )
    for number in found.died:
        run.notes.append(f"line coverage lacks {inputs[number].path}: it ended the process")
    used = sorted({line.input for line in _lines(found) if line.input is not None})
    ids = {number: place for place, number in enumerate(used)}
    return _record(found, ids), [inputs[number] for number in used]


def _inputs(run: Run) -> list[CoveredInput]:
    inputs = [CoveredInput(stored.path, stored.input, None) for stored in run.inputs]
    for number, finding in enumerate(run.findings):
        own = Input.of(finding.operations)
        if len(own.payload) <= binary.MAX_BYTES:
            inputs.append(CoveredInput(finding.artifact, own, number))
    return sorted(inputs, key=_order)


def _order(one: CoveredInput) -> tuple[int, bool, bytes]:
    payload = one.input.payload
    return len(payload), one.finding is None, payload


def _within_budget(inputs: list[CoveredInput]) -> Iterator[Input]:
    deadline_s = time.monotonic() + _BUDGET_S
    for one in inputs:
        if time.monotonic() > deadline_s:
            return
        yield one.input


def _lines(found: LineCoverage) -> Iterator[Any]:
    for file in found.files:
        yield from file.lines.values()


def _record(found: LineCoverage, ids: dict[int, int]) -> Coverage:
    return Coverage(
        lines=found.lines,
        lines_run=found.lines_run,
        inputs=found.inputs,
        files=[_file(file, ids) for file in sorted(found.files, key=_weight)],
    )


def _weight(file: FileCoverage) -> int:
    """Order files by their number of lines, the largest first."""
    return -len(file.lines)


def _file(file: FileCoverage, ids: dict[int, int]) -> FileEntry:
    return FileEntry(
        file=file.shown,
        lines=len(file.lines),
        lines_run=sum(line.count > 0 for line in file.lines.values()),
        functions=[
            FunctionEntry(one.name, one.line, one.entries, one.lines, one.lines_run)
            for one in file.functions
        ],
        source=[
            _source_line(number, text, file.lines.get(number), ids)
            for number, text in sorted(file.text.items())
        ],
    )


def _source_line(number: int, text: str, line: Line | None, ids: dict[int, int]) -> SourceLine:
    if line is None:
        return SourceLine(number, text)
    first = None if line.input is None else ids[line.input]
    return SourceLine(number, text, line.count, line.blocks, line.blocks_run, first)
