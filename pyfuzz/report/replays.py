# SPDX-License-Identifier: GPL-2.0-only
"""Replays each finding: its trace, and memory around the step that broke the rule."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from pyfuzz import world
from pyfuzz.module import builder
from pyfuzz.replay import trace_text
from pyfuzz.replay.replays import trace_entry
from pyfuzz.replay.runner import ChildDiedError, Runner
from pyfuzz.report.record import Broke, Replayed
from pyfuzz.sequence.text import format_operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pyfuzz.module.results import RawFinding
    from pyfuzz.replay.drawing import Drawing
    from pyfuzz.replay.entry import Entry
    from pyfuzz.report.run import StoredFinding
    from pyfuzz.target.catalogue import Target

# A sequence that was not minimised may have a thousand operations.
_MAX_ENTRIES = 200


def replay_findings(
    target: Target, flavour: str, findings: Iterable[StoredFinding]
) -> Iterator[Replayed]:
    """Yield for each finding what its replay showed, see docs/json.md.

    ``flavour`` is that of findings that do not say theirs.
    Errors: UsageError or HarnessError as loading the target does.
    """
    stored = list(findings)
    # What is known is what was known to the campaign, whatever is declared now.
    reasons = {
        (said.kind, said.function): said.reason if said.known else None
        for said in (finding.said for finding in stored)
    }

    def known(found: RawFinding) -> str | None:
        key = (found.kind.value, found.function)
        if key in reasons:
            return reasons[key]
        return target.known_reason(found.symptom)

    runners: dict[str, Runner] = {}
    with ExitStack() as stack:
        for finding in stored:
            needed = finding.flavour or flavour
            if needed not in runners:
                builder.build(target, needed)
                runners[needed] = stack.enter_context(Runner(target, needed))
            yield _replay(runners[needed], finding, known)


def _replay(
    runner: Runner, finding: StoredFinding, known: Callable[[RawFinding], str | None]
) -> Replayed:
    operations = list(finding.operations)
    entries = list(runner.trace(operations))
    raw = _same(finding, entries)
    shown = entries if len(entries) <= _MAX_ENTRIES else _around(entries, raw)
    return Replayed(
        reproduced=raw is not None,
        broke=None if raw is None else _place(raw, operations),
        trace=[trace_entry(entry) for entry in shown],
        trace_text=list(trace_text.lines(shown, known)),
        trace_left_out=len(entries) - len(shown),
        drawing=None if raw is None else _drawing(runner, operations, raw),
    )


def _same(finding: StoredFinding, entries: list[Entry]) -> RawFinding | None:
    """Return the finding of the trace that is the one looked for."""
    kind, function = finding.said.kind, finding.said.function
    found = [raw for entry in entries for raw in entry.findings if raw.kind.value == kind]
    exact = [raw for raw in found if raw.function == function]
    return next(iter(exact or found), None)


def _around(entries: list[Entry], raw: RawFinding | None) -> list[Entry]:
    """Return the entries that lead to a finding, and it."""
    last = next((i for i, entry in enumerate(entries) if raw in entry.findings), len(entries) - 1)
    return entries[max(0, last + 1 - _MAX_ENTRIES) : last + 1]


def _place(raw: RawFinding, operations: list[Any]) -> Broke:
    at_end = raw.operation >= len(operations)
    return Broke(
        operation=raw.operation,
        step=raw.step,
        text="tear-down" if at_end else format_operation(operations[raw.operation]),
        message=raw.message,
        function=raw.function,
        line=raw.line,
    )


def _drawing(runner: Runner, operations: list[Any], raw: RawFinding) -> Drawing | None:
    draw = world.of(operations).drawing
    try:
        taken: Drawing | None = runner.call(draw, operations, raw.operation, raw.step)
    except ChildDiedError:
        return None  # the step ends the process: there is no state after it
    return taken
