# SPDX-License-Identifier: GPL-2.0-only
"""A finding as a numbered paragraph, the same in every command that lists findings."""

from __future__ import annotations

from collections.abc import Iterable

from pyfuzz.finding.finding import Finding
from pyfuzz.sequence.text import format_operation
from pyfuzz.text import times, wrapped

SHOWN_OPERATIONS = 12


def paragraph(
    number: int,
    finding: Finding,
    *,
    title: str | None = None,
    message: str | None = None,
    about: Iterable[str] = (),
    below: Iterable[str] = (),
    command: str | None = None,
) -> list[str]:
    """Return a finding as lines of at most 80 columns, but for paths and commands.

    ``title`` and ``message`` replace those of the finding.  ``about`` are lines
    before its sequence, ``below`` lines after it; ``command`` replays it.
    """
    state = "known" if finding.known is not None else "NEW"
    lines = wrapped(
        f"{number}. {state}: {title or finding.title}, {times(finding.count)}", "", "   "
    )
    lines += wrapped(finding.message if message is None else message, "   ")
    if finding.known is not None:
        lines += wrapped(f"known: {finding.known}", "   ")
    lines += about
    lines += operation_lines(finding.operations)
    lines += below
    if command is not None:
        lines.append(f"   {command}")
    return lines


def operation_lines(operations: Iterable[object]) -> list[str]:
    """Return how a sequence begins, one operation per line."""
    whole = list(operations)
    lines = [f"     {format_operation(operation)}" for operation in whole[:SHOWN_OPERATIONS]]
    if len(whole) > SHOWN_OPERATIONS:
        lines.append(f"     … and {len(whole) - SHOWN_OPERATIONS} more operations")
    return lines
