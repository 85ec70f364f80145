# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz fuzz --systematic``: every schedule of every pair of a writer and a walker."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pyfuzz.run import folder as run_folder
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads import report, systematic
from pyfuzz.worlds.threads.minimize import minimize
from pyfuzz.worlds.threads.searching import Searcher
from pyfuzz.worlds.threads.systematic import SystematicResult


def search(
    target: Target,
    bound: int | None,
    seconds: float | None,
    *,
    tso: bool,
    stop_on_finding: bool,
    out: Path | None,
    as_json: bool,
) -> int:
    """Search a target; print the result; return the exit code."""
    files: dict[str, Path] = {}
    with Searcher(target) as searcher:
        found = systematic.search(
            searcher,
            systematic.DEFAULT_BOUND if bound is None else bound,
            tso=tso,
            seconds=seconds,
            stop_on_finding=stop_on_finding,
            progress=_show if sys.stderr.isatty() else None,
        )
        if sys.stderr.isatty():
            click.echo("\r\033[K", nl=False, err=True)
        found.findings = {key: minimize(searcher, one) for key, one in found.findings.items()}
        if found.findings:
            folder = out or run_folder.default_path(target.name)
            files = report.write(searcher, list(found.findings.values()), folder)
    lines = "\n".join(report.lines(found, files))
    print(lines, file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps(report.as_object(found, files), indent=2))
    sys.stdout.flush()
    if found.interrupted:
        return 130
    return int(found.verdict == "finding")


def _show(found: SystematicResult, total: int) -> None:
    if len(found.rows) % 16 == 0:
        done = f"{len(found.rows)}/{total} pairs, {found.schedules:,} schedules"
        click.echo(f"\r\033[K{done}, {len(found.findings)} findings", nl=False, err=True)
