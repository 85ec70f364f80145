# SPDX-License-Identifier: GPL-2.0-only
"""The result for scripts: the object that ``pyfuzz ci --json`` prints (docs/ci.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyfuzz import records
from pyfuzz.ci.result import Result, State
from pyfuzz.exhaust.verdict import as_object as exhaust_object
from pyfuzz.export.location import locate
from pyfuzz.export.subject import Item, Replayed
from pyfuzz.records import Count, Seconds
from pyfuzz.sequence.text import format_operation


@dataclass(frozen=True, slots=True)
class BaseEntry:
    """What the target was compared with."""

    what: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionEntry:
    """A regression that is not as it should be."""

    name: str
    fails: bool
    problems: list[str]
    base: str | None
    replay: str


@dataclass(frozen=True, slots=True)
class RegressionsEntry:
    """The outcome of the regressions."""

    replayed: Count
    failed: Count
    problems: list[RegressionEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEntry:
    """A finding; ``operations`` are text lines."""

    kind: str
    function: str
    file: str
    line: Count
    message: str
    state: str
    reason: str | None
    expired: str | None
    count: Count
    operations: list[str]
    replay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedEntry:
    """A finding of the base that is gone."""

    kind: str
    function: str
    message: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """The object.  Keys are added, never renamed."""

    target: str
    source: str
    flavour: str
    seed: Count
    workers: Count
    base: BaseEntry | None
    compared: bool
    verdict: str
    seconds: Seconds
    fuzzed_seconds: Seconds
    exhaust: dict[str, Any] | None
    executions: Count
    operations: Count
    out: str
    files: dict[str, str]
    regressions: RegressionsEntry
    findings: list[FindingEntry]
    fixed: list[FixedEntry]
    interrupted: bool
    notes: list[str]
    error: str | None


def as_object(result: Result) -> dict[str, Any]:
    """Return it as values for JSON."""
    options, progress, base = result.options, result.progress, result.base
    record = ResultRecord(
        target=options.target.name,
        source=str(options.kernel or options.target.source),
        flavour=options.flavour,
        seed=options.seed,
        workers=options.workers,
        base=None if base is None else BaseEntry(base.what, base.name),
        compared=result.compared,
        verdict=result.verdict,
        seconds=round(result.seconds, 3),
        fuzzed_seconds=round(progress.seconds, 3) if progress else 0.0,
        exhaust=None if result.exhaust is None else exhaust_object(result.exhaust),
        executions=progress.counts.executions if progress else 0,
        operations=progress.counts.operations if progress else 0,
        out=str(options.out),
        files={name: str(path) for name, path in result.written.items()},
        regressions=RegressionsEntry(
            len(result.regressions),
            len(result.failed),
            [_regression(one) for one in result.regressions if one.problems],
        ),
        findings=[_finding(result, item, state) for state in State for item in result.of(state)],
        fixed=[
            FixedEntry(
                kind=one.kind.value, function=one.function, message=one.message, where=one.where
            )
            for one in result.fixed
        ],
        interrupted=result.interrupted,
        notes=list(result.notes),
        error=str(result.trouble) if result.trouble else None,
    )
    return dict(records.plain(record))


def _regression(one: Replayed) -> RegressionEntry:
    return RegressionEntry(
        name=one.name,
        fails=one.fails,
        problems=list(one.problems),
        base=one.base,
        replay=one.command,
    )


def _finding(result: Result, item: Item, state: State) -> FindingEntry:
    place = locate(result.options.target, item.function, item.line)
    return FindingEntry(
        kind=item.kind.value,
        function=item.function,
        file=place.file,
        line=place.line,
        message=item.message,
        state=state.value,
        reason=item.known if item.known is not None else item.base,
        expired=None if item.expired is None else item.expired.lapsed,
        count=item.count,
        operations=[format_operation(operation) for operation in item.operations],
        replay=item.command,
    )
