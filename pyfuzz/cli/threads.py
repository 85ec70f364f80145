# SPDX-License-Identifier: GPL-2.0-only
"""What ``fuzz`` and ``replay`` do in the world ``threads``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pyfuzz.run import folder as run_folder
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads import report, systematic, text
from pyfuzz.worlds.threads.minimize import minimize
from pyfuzz.worlds.threads.module import ThreadsModule
from pyfuzz.worlds.threads.systematic import SystematicResult
from pyfuzz.worlds.threads.trace import Trace

TARGET = "v6.15"
"""The port that has walkers without mmu_lock."""


def is_sequence(path: Path) -> bool:
    """Tell whether a file holds a sequence of this world; one that is not there does not."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return text.is_threads(file.read(64))


def search(
    target: Target,
    *,
    bound: int,
    seconds: float | None,
    stop_on_finding: bool,
    out: Path | None,
    as_json: bool,
) -> int:
    """Search a target systematically; print the result; return the exit code."""
    module = ThreadsModule(target)
    found = systematic.search(
        module,
        bound,
        seconds=seconds,
        stop_on_finding=stop_on_finding,
        progress=_progress if sys.stderr.isatty() else None,
    )
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    shortest = {key: minimize(module, finding) for key, finding in found.findings.items()}
    found.findings = shortest
    files: dict[str, Path] = {}
    if shortest:
        folder = out or run_folder.default_path(target.name)
        files = report.write(module, list(shortest.values()), folder)
    print("\n".join(report.lines(found, files)), file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps(report.as_object(found, files), indent=2))
    sys.stdout.flush()
    return int(found.verdict == "finding")


def _progress(found: SystematicResult, total: int) -> None:
    done = len(found.rows)
    if done % 16 == 0:
        line = (
            f"{done}/{total} pairs, {found.schedules:,} schedules, {len(found.findings)} findings"
        )
        click.echo(f"\r\033[K{line}", nl=False, err=True)


def replay(path: Path, target: Target, *, everything: bool, as_json: bool) -> int:
    """Run one sequence, print what it did; return the exit code."""
    sequence = text.read(path)
    module = ThreadsModule(target)
    trace = Trace(module, sequence)
    if as_json:
        print(json.dumps(_as_object(trace, path), indent=2))
    else:
        print(f"{path} on {target.name}: {trace.result.longest} accesses, run twice, both the same")
        print("\n".join(trace.text(everything=everything)))
        for finding in trace.findings:
            print("\n" + "\n".join(report.finding_lines(finding, None)))
        if not trace.findings:
            print("\nnothing was found")
    sys.stdout.flush()
    return int(bool(trace.findings))


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
