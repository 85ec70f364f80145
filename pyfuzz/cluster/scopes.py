# SPDX-License-Identifier: GPL-2.0-only
"""Scopes on a cluster: ``python -m pyfuzz.cluster.scopes`` searches one.

A scope is not divided over machines.  Its processes exchange every new state at every
depth and wait for each other there (csrc/exhaust/share.c): that is a memory's work.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pyfuzz import records
from pyfuzz.cluster import job, pieces
from pyfuzz.cluster.connection import Connection
from pyfuzz.cluster.job import Code
from pyfuzz.cluster.piece import serve
from pyfuzz.errors import HarnessError
from pyfuzz.exhaust.search import Search, Searcher
from pyfuzz.finding.finding import Finding
from pyfuzz.kinds import Kind
from pyfuzz.module.states import Groups, Progress, Scope
from pyfuzz.sequence.text import format_operation, parse
from pyfuzz.symptom import Symptom
from pyfuzz.target.catalogue import Against, Target

_MODULE = "pyfuzz.cluster.scopes"


@dataclass(frozen=True, slots=True)
class _Other:
    """What a target is compared with."""

    code: Code
    level: int
    aside: int


@dataclass(frozen=True, slots=True)
class _Job:
    code: Code
    against: _Other | None
    scope: dict[str, str | int | bool]
    seconds: records.Seconds
    workers: records.Count

    def target(self, folder: Path) -> Target:
        target = self.code.unpacked(folder)
        if self.against is None:
            return target
        other = self.against
        return replace(
            target, against=Against(other.code.unpacked(folder), other.level, other.aside)
        )


@dataclass(frozen=True, slots=True)
class _Finding:
    kind: Kind
    function: str
    line: int
    message: str
    signature: str
    count: int
    minimized: bool
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    progress: Progress | None
    seconds: float
    processor_s: float
    timed_out: bool
    findings: tuple[_Finding, ...]


def search(
    cluster: Connection,
    target: Target,
    scopes: Sequence[Scope],
    seconds: float,
    show: Callable[[Search], None],
    note: Callable[[str], None],
    workers: int = 1,
) -> list[Search]:
    """Search scopes on a cluster, each for so long at most and in so many processes.

    After Ctrl-C it returns those that are finished, and the first that is not, as interrupted.

    Errors: UsageError or HarnessError as a Dask worker says, or if the cluster is lost.
    """
    found: dict[int, Search] = {}

    def done(number: int, text: str) -> None:
        found[number] = _read(scopes[number], text, target)
        show(found[number])

    code = Code.of(target)
    other = target.against
    against = None if other is None else _Other(Code.of(other.target), other.level, other.aside)
    jobs = (
        (number, json.dumps(records.plain(_Job(code, against, _plain(scope), seconds, workers))))
        for number, scope in enumerate(scopes)
    )
    try:
        pieces.run(cluster, _MODULE, jobs, done, note)
    except KeyboardInterrupt:
        left = next((number for number in range(len(scopes)) if number not in found), None)
        if left is not None:
            found[left] = Search(scopes[left], interrupted=True)
    return [found[number] for number in sorted(found)]


def work(text: str, folder: Path) -> str:
    """Search one scope; return the result as text."""
    one = job.read(text, _Job)
    scope = _scope(one.scope)
    with closing(Searcher(one.target(folder), max(1, one.workers))) as searcher:
        found = searcher.search(scope, time.monotonic() + one.seconds, lambda search: None)
    if found.interrupted:
        raise KeyboardInterrupt
    result = _Result(
        found.progress,
        found.seconds,
        found.processor_s,
        found.timed_out,
        tuple(map(_record, found.findings)),
    )
    return json.dumps(records.plain(result))


def _plain(scope: Scope) -> dict[str, str | int | bool]:
    values: dict[str, Any] = {one.name: getattr(scope, one.name) for one in fields(scope)}
    return {**values, "groups": int(scope.groups)}


def _scope(values: dict[str, Any]) -> Scope:
    try:
        return Scope(**{**values, "groups": Groups(values["groups"])})
    except (TypeError, KeyError, ValueError) as error:
        raise HarnessError(f"a scope cannot be understood: {error}; please report") from None


def _record(finding: Finding) -> _Finding:
    return _Finding(
        finding.kind,
        finding.function,
        finding.line,
        finding.message,
        f"{finding.signature:016x}",
        finding.count,
        finding.minimized,
        tuple(map(format_operation, finding.operations)),
    )


def _read(scope: Scope, text: str, target: Target) -> Search:
    result = job.read(text, _Result)
    return Search(
        scope,
        result.progress,
        result.seconds,
        result.processor_s,
        result.timed_out,
        findings=[_finding(one, result.seconds, target) for one in result.findings],
    )


def _finding(one: _Finding, seconds: float, target: Target) -> Finding:
    symptom = Symptom(one.kind, one.function, one.message, one.line)
    return Finding(
        symptom=symptom,
        signature=int(one.signature, 16),
        count=one.count,
        first_execution=0,
        first_seconds=seconds,
        operations=list(parse("\n".join(one.operations), "a scope's finding", target.world)),
        known=target.known_reason(symptom),
        minimized=one.minimized,
    )


if __name__ == "__main__":
    serve(work)
