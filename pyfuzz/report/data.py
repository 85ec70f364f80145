# SPDX-License-Identifier: GPL-2.0-only
"""The report as one object: what the page shows and what --json prints.

Its schema is a contract: docs/json.md and pyfuzz/report/schema.json.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pyfuzz import __version__, records, world
from pyfuzz.campaign.strategy import summary_of
from pyfuzz.errors import PyfuzzError
from pyfuzz.finding.artifact import replay_command
from pyfuzz.kinds import Kind
from pyfuzz.report.coverage import CoveredInput, coverage_of
from pyfuzz.report.record import (
    Coverage,
    FindingEntry,
    InputEntry,
    Replayed,
    ReportRecord,
    TargetEntry,
    WorkerEntry,
)
from pyfuzz.report.replays import replay_findings
from pyfuzz.report.run import Run, StoredFinding
from pyfuzz.run import stats
from pyfuzz.sequence.text import format_operation

_MAX_SAMPLES = 240


def collect(run: Run) -> dict[str, Any]:
    """Return the report of a run.

    What cannot be made is left out with a note in ``run.notes``: whatever a run
    folder contains, it is not an error here.
    """
    replays = _replays(run)
    coverage, inputs = _coverage(run)
    samples = stats.thinned(stats.joined(run.samples), _MAX_SAMPLES)
    report = ReportRecord(
        schema="pyfuzz-report",
        version=1,
        generator=f"pyfuzz {__version__}",
        generated=stats.now(),
        run=str(run.path),
        target=_target_entry(run),
        verdict=_verdict(run),
        summary=run.summary,
        exhaust=run.exhaust,
        campaigns=run.campaigns,
        findings=[
            _finding_entry(run, number, finding, replay)
            for number, (finding, replay) in enumerate(zip(run.findings, replays, strict=True))
        ],
        coverage=coverage,
        inputs=[_input_entry(run, one) for one in inputs],
        samples=samples,
        workers=_workers(run, samples),
        missing=run.missing,
        notes=run.notes,
    )
    return dict(records.plain(report))


def _verdict(run: Run) -> Literal["clean", "known", "finding", "unfinished"]:
    """Return the verdict of pyfuzz fuzz; ``unfinished`` if it ended before it had one."""
    if any(not finding.said.known for finding in run.findings):
        return "finding"
    if run.summary is None and run.exhaust is not None:
        return run.exhaust["verdict"]  # type: ignore[no-any-return]
    if run.summary is None:
        return "unfinished"
    return "known" if run.findings else "clean"


def _target_entry(run: Run) -> TargetEntry:
    said = run.campaigns[-1]["target"] if run.campaigns else {}
    target = run.target
    return TargetEntry(
        name=run.name,
        generation=target.generation if target else said.get("generation"),
        policy=target.policy if target else said.get("policy"),
        note=target.note if target else said.get("note"),
        extracted=target.extracted if target else None,
    )


def _replays(run: Run) -> list[Replayed | None]:
    if run.target is None or not run.findings:
        return [None] * len(run.findings)
    replays: list[Replayed | None] = []
    try:
        replays += replay_findings(run.target, run.flavour, run.findings)
    except PyfuzzError as error:
        run.notes.append(f"the findings could not be replayed: {error}")
    return replays + [None] * (len(run.findings) - len(replays))


def _coverage(run: Run) -> tuple[Coverage | None, list[CoveredInput]]:
    if run.target is None or not (run.inputs or run.findings):
        return None, []
    try:
        return coverage_of(run, run.target)
    except PyfuzzError as error:
        run.notes.append(f"no line coverage: {error}")
        return None, []


def _finding_entry(
    run: Run, number: int, finding: StoredFinding, replay: Replayed | None
) -> FindingEntry:
    said = finding.said
    kind = next((known for known in Kind if known.value == said.kind), None)
    operations = [format_operation(op) for op in finding.operations]
    return FindingEntry(
        id=number,
        kind=said.kind,
        must=kind.must if kind else None,
        means=kind.means if kind else None,
        function=said.function or None,
        line=said.line or None,
        message=said.message,
        known=said.known,
        reason=said.reason,
        expired=said.expired,
        count=said.count,
        first_execution=said.first_execution,
        first_seconds=said.first_seconds,
        by_worker=said.by_worker,
        minimized=said.minimized,
        flavour="sanitize" if (finding.flavour or run.flavour) == "sanitize" else "fuzz",
        earlier=finding.earlier,
        operations=operations,
        artifact=None if finding.artifact is None else _inside(run, finding.artifact),
        replay=None
        if finding.artifact is None
        else _command(run, finding.artifact, finding.flavour),
        script=_script(run, finding, operations),
        replayed=replay,
    )


def _inside(run: Run, path: Path) -> str:
    return str(path.relative_to(run.path))


def _command(run: Run, path: Path, flavour: str | None = None) -> str:
    if run.target is None:
        return shlex.join(["pyfuzz", "replay", str(path), "--target", run.name])
    if run.target.extracted and run.kernel is None:
        return shlex.join(["pyfuzz", "replay", str(path), "--kernel", "PATH"])
    return replay_command(path, run.target, run.kernel, flavour or run.flavour)


def _input_entry(run: Run, one: CoveredInput) -> InputEntry:
    return InputEntry(
        file=None if one.path is None else _inside(run, one.path),
        finding=one.finding,
        operations=[format_operation(op) for op in one.input.operations()],
        replay=None if one.path is None else _command(run, one.path),
    )


def _script(run: Run, finding: StoredFinding, operations: list[str]) -> str:
    """Return shell lines that replay a finding where there is no run folder."""
    said = finding.said
    name = f"{said.kind}-{said.function or 'unknown'}.seq"
    header = world.of(finding.operations).header
    lines = [f"cat > {name} <<'EOF'", header, *operations, "EOF"]
    lines.append(_command(run, Path(name), finding.flavour))
    return "\n".join(lines) + "\n"


def _workers(run: Run, samples: list[stats.Sample]) -> list[WorkerEntry]:
    """Return what each worker of the last campaign did.

    ``strategy`` is how it fuzzes, None if this version has no strategy of that name.
    """
    if not samples:
        return []
    found: dict[str, list[int]] = {}
    first: dict[str, list[int]] = {}
    for number, finding in enumerate(run.findings):
        names = list(finding.said.by_worker)
        for name in names:
            found.setdefault(name, []).append(number)
        if names:
            first.setdefault(names[0], []).append(number)
    return [
        WorkerEntry(
            **asdict(worker),
            strategy=summary_of(worker.name),
            found=found.get(worker.name, []),
            found_first=first.get(worker.name, []),
        )
        for worker in samples[-1].workers
    ]
