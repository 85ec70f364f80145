# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz exhaust --world threads``: every schedule up to a bound."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyfuzz.cli.options import target_of
from pyfuzz.errors import UsageError
from pyfuzz.exhaust import record, schedules
from pyfuzz.exhaust.schedules_verdict import as_object, as_text
from pyfuzz.export import ktap, ktap_searches
from pyfuzz.run import folder as run_folder
from pyfuzz.sequence.input import Encoding
from pyfuzz.worlds.threads import report, systematic
from pyfuzz.worlds.threads.searching import WORLD, Searcher

if TYPE_CHECKING:
    from pyfuzz.target.kernel import Kernel
    from pyfuzz.target.known_findings import Known
    from pyfuzz.worlds.threads.systematic import SystematicResult


def exhaust(
    name: str | None,
    kernel: Kernel | None,
    known: list[Known],
    *,
    bound: int | None,
    tso: bool,
    seconds: float,
    audit_every: int | None,
    out: Path | None,
    as_json: bool,
    as_ktap: bool,
) -> int:
    """Search a target, print the result, and return the exit code."""
    target = target_of(name, kernel, WORLD).knowing(known)
    until_s = time.monotonic() + seconds
    with Searcher(target) as searcher:
        found = schedules.search(
            searcher,
            target,
            kernel,
            systematic.DEFAULT_BOUND if bound is None else bound,
            tso=tso,
            audit_every=schedules.AUDIT_EVERY if audit_every is None else audit_every,
            until_s=until_s,
            show=_show if sys.stderr.isatty() else None,
        )
        if sys.stderr.isatty():
            click.echo("\r\033[K", nl=False, err=True)
        if out is not None:
            _store(found, searcher, out)
    print(as_text(found), file=sys.stderr if as_json or as_ktap else sys.stdout)
    if as_json:
        print(json.dumps(as_object(found), indent=2))
    if as_ktap:
        print(ktap.render(ktap_searches.of_schedules(found)))
    sys.stdout.flush()
    return 130 if found.interrupted else int(found.word == "finding")


def _store(found: schedules.Schedules, searcher: Searcher, out: Path) -> None:
    """Keep the result, and its findings as a campaign does, in a run folder."""
    folder = run_folder.RunFolder(out, found.target.name, Encoding(WORLD))
    found.out = out
    try:
        if found.findings:
            found.files = report.write(searcher, found.findings, out)
        record.write(out, as_object(found))
    except OSError as error:
        raise UsageError(
            f"{out}: cannot write: {error.strerror or error}; name another folder with --out"
        ) from error
    finally:
        folder.close()


def _show(found: SystematicResult, total: int) -> None:
    if len(found.rows) % 16 == 0:
        line = f"c={found.bound}: {len(found.rows)}/{total} pairs, {found.schedules:,} schedules"
        click.echo(f"\r\033[K{line}", nl=False, err=True)
