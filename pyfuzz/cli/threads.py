# SPDX-License-Identifier: GPL-2.0-only
"""``fuzz``, ``replay`` and ``minimize`` in the world ``threads``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pyfuzz.cli.scheduled import Campaign
from pyfuzz.errors import UsageError
from pyfuzz.export import ktap
from pyfuzz.kinds import Kind
from pyfuzz.run import folder as run_folder
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads import chance, report, systematic, text
from pyfuzz.worlds.threads.chance import FuzzResult
from pyfuzz.worlds.threads.minimize import minimize
from pyfuzz.worlds.threads.module import ThreadsModule
from pyfuzz.worlds.threads.systematic import SystematicResult
from pyfuzz.worlds.threads.trace import Trace

TARGET = "v6.15"
"""The port that has walkers without mmu_lock."""


def is_sequence(path: Path) -> bool:
    """Tell whether a file holds a sequence of this world; False if there is no such file."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return text.is_threads(file.read(64))


def campaign(target: Target, options: Campaign) -> int:
    """Search or fuzz a target; print the result; return the exit code."""
    module = ThreadsModule(target)
    found = _search(module, options) if options.systematic else _fuzz(module, options)
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    found.findings = {key: minimize(module, one) for key, one in found.findings.items()}
    files: dict[str, Path] = {}
    if found.findings:
        folder = options.out or run_folder.default_path(target.name)
        files = report.write(module, list(found.findings.values()), folder)
    lines = "\n".join(report.lines(found, files))
    print(lines, file=sys.stderr if options.as_json else sys.stdout)
    if options.as_json:
        print(json.dumps(report.as_object(found, files), indent=2))
    sys.stdout.flush()
    if found.interrupted:
        return 130
    return int(found.verdict == "finding")


def _search(module: ThreadsModule, options: Campaign) -> SystematicResult:
    return systematic.search(
        module,
        systematic.DEFAULT_BOUND if options.bound is None else options.bound,
        seconds=options.seconds,
        stop_on_finding=options.stop_on_finding,
        progress=_searching if sys.stderr.isatty() else None,
    )


def _fuzz(module: ThreadsModule, options: Campaign) -> FuzzResult:
    return chance.fuzz(
        module,
        options.seed,
        seconds=options.seconds,
        schedules=options.schedules,
        stop_on_finding=options.stop_on_finding,
        progress=_fuzzing if sys.stderr.isatty() else None,
    )


def _searching(found: SystematicResult, total: int) -> None:
    if len(found.rows) % 16 == 0:
        _show(f"{len(found.rows)}/{total} pairs", found)


def _fuzzing(found: FuzzResult) -> None:
    _show(f"{found.seconds:.0f} s", found)


def _show(how_far: str, found: SystematicResult | FuzzResult) -> None:
    line = f"{how_far}, {found.schedules:,} schedules, {len(found.findings)} findings"
    click.echo(f"\r\033[K{line}", nl=False, err=True)


def replay(path: Path, target: Target, *, everything: bool, as_json: bool, as_ktap: bool) -> int:
    """Run one sequence, print what happened; return the exit code."""
    sequence = text.read(path)
    module = ThreadsModule(target)
    trace = Trace(module, sequence)
    if as_json:
        print(json.dumps(_as_object(trace, path), indent=2))
    elif as_ktap:
        found = [line for one in trace.findings for line in report.finding_lines(one, None)]
        point = ktap.Point(str(path), passed=not trace.findings, lines=tuple(found))
        print(ktap.render([ktap.Point(target.name, tests=(point,))]))
    else:
        print(f"{path} on {target.name}: {trace.result.longest} accesses, the same in two runs")
        print("\n".join(trace.text(everything=everything)))
        for finding in trace.findings:
            print("\n" + "\n".join(report.finding_lines(finding, None)))
        if not trace.findings:
            print("\nnothing was found")
    sys.stdout.flush()
    return int(bool(trace.findings))


def shortest(path: Path, target: Target, kind: Kind | None, function: str | None) -> str:
    """Return the text of the smallest sequence that shows the same finding.

    Errors: UsageError if it has no finding of that kind in that function.
    """
    module = ThreadsModule(target)
    for finding in module.run(text.read(path)).findings:
        if kind in (None, Kind(finding.kind)) and function in (None, finding.function):
            return report.annotated(minimize(module, finding))
    wanted = kind.value if kind else "finding"
    where = f" in {function}" if function else ""
    raise UsageError(f"{path}: there is no {wanted}{where} on {target.name}: see pyfuzz replay")


def _as_object(trace: Trace, path: Path) -> dict[str, object]:
    return {
        "file": str(path),
        "world": "threads",
        "hash": f"{trace.result.hash:016x}",
        "verdict": "finding" if trace.findings else "clean",
        "findings": [
            {"kind": f.kind, "function": f.function, "line": f.line, "message": f.message}
            for f in trace.findings
        ],
        "trace": [
            {"fiber": line.fiber, "text": line.text, "code": line.code} for line in trace.lines()
        ],
    }
