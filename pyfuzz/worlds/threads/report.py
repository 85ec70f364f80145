# SPDX-License-Identifier: GPL-2.0-only
"""A search or a campaign as text and as JSON, and its findings as files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyfuzz.errors import UsageError
from pyfuzz.replay import trace_text
from pyfuzz.text import number, wrapped
from pyfuzz.worlds.threads.event import ThreadsFinding
from pyfuzz.worlds.threads.operation import Operation, lines_of
from pyfuzz.worlds.threads.searching import Searcher
from pyfuzz.worlds.threads.systematic import SystematicResult
from pyfuzz.worlds.threads.text import HEADER, format_sequence

NOTHING_LOCKLESS = (
    "{target} has no walker without mmu_lock: only fibers that wait for the lock are interleaved; "
    "the rules of the lock are checked anyway"
)


def lines(result: SystematicResult, files: dict[str, Path]) -> Iterator[str]:
    """Yield a search or a campaign as lines of text: what was run, and what was found."""
    if not result.lockless:
        yield NOTHING_LOCKLESS.format(target=result.target)
    yield from _searched(result)
    for finding in result.findings.values():
        yield ""
        yield from finding_lines(finding, files.get(key(finding)))
    if not result.findings:
        yield "nothing was found"


def _searched(result: SystematicResult) -> Iterator[str]:
    bounds = range(result.bound + 1)
    buffers = (
        f", and {number(result.bound, 'store')} waiting in store buffers" if result.tso else ""
    )
    switches = number(result.bound, "switch", "switches")
    yield from wrapped(
        f"{result.target}: schedules with at most {switches} away from a fiber{buffers}"
    )
    table = [("writer", "concurrent", "pairs", *(f"c={bound}" for bound in bounds))]
    for (writer, others), rows in _grouped(result).items():
        counts = (sum(row.result.at_bound[bound] for row in rows) for bound in bounds)
        table.append((writer, others, str(len(rows)), *(f"{count:,}" for count in counts)))
    wide = [max(map(len, column)) for column in zip(*table, strict=True)]
    yield ""
    for row in table:
        cells = (f"{cell:{'<' if at < 2 else '>'}{wide[at]}}" for at, cell in enumerate(row))
        yield f"  {'  '.join(cells)}"
    yield (
        f"\n{len(result.rows)} pairs, {result.schedules:,} schedules in {result.seconds:.1f} s "
        f"({_rate(result)})"
    )
    yield _completeness(result)


def _rate(result: SystematicResult) -> str:
    return f"{result.schedules / result.seconds if result.seconds else 0:,.0f} a second"


def finding_lines(finding: ThreadsFinding, path: Path | None) -> Iterator[str]:
    """Yield a finding as lines of text, with the command that replays it."""
    where = f" in {finding.function}, line {finding.line}" if finding.function else ""
    yield f"{finding.kind.value}{where}: {finding.message}"
    if finding.other:
        yield f"  the other access: {finding.other}"
    for line in format_sequence(finding.sequence).splitlines()[1:]:
        yield f"  {line}"
    if path is not None:
        yield f"  see it with: pyfuzz replay {path}"


def as_object(result: SystematicResult, files: dict[str, Path]) -> dict[str, Any]:
    """Return a search or a campaign as plain data, see docs/json.md."""
    return {
        "target": result.target,
        "world": "threads",
        "scope": {
            "switches": result.bound,
            "pairs": len(result.rows) + result.left,
            "tso": result.tso,
        },
        "complete": result.complete,
        "schedules_at_bound": [result.at_bound(bound) for bound in range(result.bound + 1)],
        "left": result.left,
        "schedules": result.schedules,
        "seconds": round(result.seconds, 3),
        "lockless": result.lockless,
        "verdict": result.verdict,
        "findings": [
            {
                "kind": finding.kind.value,
                "world": "threads",
                "function": finding.function,
                "line": finding.line,
                "message": finding.message,
                "count": finding.count,
                "switches": finding.away,
                "delays": finding.delayed,
                "operations": format_sequence(finding.sequence).splitlines()[1:],
                "artifact": str(files.get(key(finding), "")),
                "known": False,
            }
            for finding in result.findings.values()
        ],
    }


def key(finding: ThreadsFinding) -> str:
    """Return the name of a finding's file."""
    where = f"{finding.function}-{finding.line}" if finding.function else "world"
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"{finding.kind.value}-{where}")


def write(searcher: Searcher, findings: list[ThreadsFinding], out: Path) -> dict[str, Path]:
    """Write each finding's sequence and its trace; return the paths of the sequences.

    Errors: UsageError if a file cannot be written.
    """
    files: dict[str, Path] = {}
    folder = out / "findings"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for finding in findings:
            path = folder / f"{key(finding)}.seq"
            path.write_text(annotated(finding))
            entries = searcher.trace(list(lines_of(finding.sequence)))
            text = trace_text.lines(entries, lambda _: None)
            path.with_suffix(".txt").write_text("\n".join(text) + "\n")
            files[key(finding)] = path
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot write: {error.strerror}; name another folder with --out"
        ) from error
    return files


def annotated(finding: ThreadsFinding) -> str:
    """Return a finding's sequence as text, with the finding in a comment."""
    text = format_sequence(finding.sequence)
    where = f" in {finding.function}" if finding.function else ""
    return text.replace(HEADER, f"{HEADER}\n# {finding.kind.value}{where}: {finding.message}", 1)


def _grouped(result: SystematicResult) -> dict[tuple[str, str], list[Any]]:
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in result.rows:
        fibers = row.sequence.fibers
        others = " + ".join(map(_words, fibers[1:]))
        if not row.sequence.ad:
            others += " (no A/D)"
        groups.setdefault((_words(fibers[0]), others), []).append(row)
    return groups


def _words(operations: tuple[Operation, ...]) -> str:
    return ", ".join(operation.what.word for operation in operations)


def _completeness(result: SystematicResult) -> str:
    if result.complete:
        waiting = f" and {number(result.bound, 'waiting store')}" if result.tso else ""
        return f"complete for at most {number(result.bound, 'switch', 'switches')}{waiting}"
    return f"not complete: {result.left} pairs are left"
