# SPDX-License-Identifier: GPL-2.0-only
"""The line coverage of a run: its corpus and its findings' sequences, run once more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyfuzz.coverage.lines import FileCoverage, LineCoverage, line_coverage
from pyfuzz.sequence import binary
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import format_operation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyfuzz.report.run import Run
    from pyfuzz.target.catalogue import Target

# A corpus is run in far less; a slow machine with a huge one gets a part of it.
_BUDGET_S = 120.0


@dataclass(frozen=True, slots=True)
class _Input:
    """An input: where it is stored, and the finding that it is of, if any."""

    path: Path | None
    input: Input
    finding: int | None


def coverage_of(run: Run, target: Target) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the coverage and the inputs that it refers to, as in docs/json.md.

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
    return _object(found, ids), [_input_object(run, inputs[number]) for number in used]


def _inputs(run: Run) -> list[_Input]:
    inputs = [_Input(stored.path, stored.input, None) for stored in run.inputs]
    for number, finding in enumerate(run.findings):
        own = Input.of(finding.operations)
        if len(own.payload) <= binary.MAX_BYTES:
            inputs.append(_Input(finding.artifact, own, number))
    return sorted(inputs, key=_order)


def _order(one: _Input) -> tuple[int, bool, bytes]:
    payload = one.input.payload
    return len(payload), one.finding is None, payload


def _within_budget(inputs: list[_Input]) -> Iterator[Input]:
    deadline_s = time.monotonic() + _BUDGET_S
    for one in inputs:
        if time.monotonic() > deadline_s:
            return
        yield one.input


def _lines(found: LineCoverage) -> Iterator[Any]:
    for file in found.files:
        yield from file.lines.values()


def _object(found: LineCoverage, ids: dict[int, int]) -> dict[str, Any]:
    return {
        "lines": found.lines,
        "lines_run": found.lines_run,
        "inputs": found.inputs,
        "files": [_file_object(file, ids) for file in sorted(found.files, key=_weight)],
    }


def _weight(file: FileCoverage) -> int:
    """What there is most to say of comes first."""
    return -len(file.lines)


def _file_object(file: FileCoverage, ids: dict[int, int]) -> dict[str, Any]:
    lines = []
    for number, text in sorted(file.text.items()):
        line = file.lines.get(number)
        entry: dict[str, Any] = {"number": number, "text": text}
        if line is not None:
            entry |= {
                "count": line.count,
                "blocks": line.blocks,
                "blocks_run": line.blocks_run,
                "input": None if line.input is None else ids[line.input],
            }
        lines.append(entry)
    return {
        "file": file.shown,
        "lines": len(file.lines),
        "lines_run": sum(line.count > 0 for line in file.lines.values()),
        "functions": [
            {
                "name": function.name,
                "line": function.line,
                "entries": function.entries,
                "lines": function.lines,
                "lines_run": function.lines_run,
            }
            for function in file.functions
        ],
        "source": lines,
    }


def _input_object(run: Run, one: _Input) -> dict[str, Any]:
    return {
        "file": None if one.path is None else str(one.path.relative_to(run.path)),
        "finding": one.finding,
        "operations": [format_operation(op) for op in one.input.operations()],
    }
