# SPDX-License-Identifier: GPL-2.0-only
"""The result for scripts: the object that ``pyfuzz ci --json`` prints (docs/ci.md)."""

from __future__ import annotations

from typing import Any

from pyfuzz.ci.result import Result, State
from pyfuzz.exhaust.verdict import as_object as exhaust_object
from pyfuzz.export.location import locate
from pyfuzz.export.subject import Item, Replayed
from pyfuzz.sequence.text import format_operation


def as_object(result: Result) -> dict[str, Any]:
    """Return it; the keys are a contract."""
    options, report, base = result.options, result.report, result.base
    return {
        "target": options.target.name,
        "source": str(options.kernel or options.target.source),
        "flavour": options.flavour,
        "seed": options.seed,
        "workers": options.workers,
        "base": None if base is None else {"what": base.what, "name": base.name},
        "compared": result.compared,
        "verdict": result.verdict,
        "seconds": round(result.seconds, 3),
        "fuzzed_seconds": round(report.seconds, 3) if report else 0.0,
        "exhaust": None if result.exhaust is None else exhaust_object(result.exhaust),
        "executions": report.counts.executions if report else 0,
        "operations": report.counts.operations if report else 0,
        "out": str(options.out),
        "files": {name: str(path) for name, path in result.written.items()},
        "regressions": {
            "replayed": len(result.regressions),
            "failed": len(result.failed),
            "problems": [_regression(one) for one in result.regressions if one.problems],
        },
        "findings": [_finding(result, item, state) for state in State for item in result.of(state)],
        "fixed": [
            {
                "kind": one.kind.value,
                "function": one.function,
                "message": one.message,
                "where": one.where,
            }
            for one in result.fixed
        ],
        "interrupted": result.interrupted,
        "notes": list(result.notes),
        "error": str(result.trouble) if result.trouble else None,
    }


def _regression(one: Replayed) -> dict[str, Any]:
    return {
        "name": one.name,
        "fails": one.fails,
        "problems": list(one.problems),
        "base": one.base,
        "replay": one.command,
    }


def _finding(result: Result, item: Item, state: State) -> dict[str, Any]:
    place = locate(result.options.target, item.function, item.line)
    return {
        "kind": item.kind.value,
        "function": item.function,
        "file": place.file,
        "line": place.line,
        "message": item.message,
        "state": state.value,
        "reason": item.known if item.known is not None else item.base,
        "expired": None if item.expired is None else item.expired.lapsed,
        "count": item.count,
        "operations": [format_operation(operation) for operation in item.operations],
        "replay": item.command,
    }
