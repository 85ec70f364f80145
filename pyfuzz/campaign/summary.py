# SPDX-License-Identifier: GPL-2.0-only
"""The result of a campaign: as text in 80 columns, and as one object for scripts."""

from __future__ import annotations

from typing import Any

from pyfuzz import records, world
from pyfuzz.campaign.campaign import Report, WorkerState
from pyfuzz.finding.artifact import replay_command
from pyfuzz.finding.finding import Finding
from pyfuzz.run.summary import FoundEntry, Summary, WorkerEntry
from pyfuzz.sequence.text import format_operation
from pyfuzz.text import rate, times, wrapped

_SHOWN_OPERATIONS = 12


def as_object(report: Report) -> dict[str, Any]:
    """Return the object that ``pyfuzz fuzz --json`` prints."""
    options, counts = report.options, report.counts
    summary = Summary(
        target=options.target.name,
        source=str(options.kernel or options.target.source),
        flavour=options.flavour,
        worlds=[options.target.world],
        faults=options.faults,
        seed=options.seed,
        workers=options.workers,
        by_worker=[_worker_entry(worker) for worker in report.workers],
        executions=counts.executions,
        operations=counts.operations,
        steps=counts.steps,
        seconds=round(report.seconds, 3),
        executions_per_second=round(rate(counts.executions, report.seconds)),
        operations_per_second=round(rate(counts.operations, report.seconds)),
        edges=counts.edges,
        states=counts.states,
        corpus=report.corpus,
        out=str(options.out),
        report=str(report.page) if report.page else None,
        verdict=report.verdict,
        interrupted=report.interrupted,
        resumed=report.resumed,
        missing_operations=missing_operations(report),
        notes=list(report.notes),
        error=str(report.trouble) if report.trouble else None,
        findings=[_found_entry(finding, report) for finding in report.findings],
    )
    return dict(records.plain(summary))


def _worker_entry(worker: WorkerState) -> WorkerEntry:
    return WorkerEntry(
        name=worker.name,
        executions=worker.counts.executions,
        started=worker.started,
        checks=worker.checks,
    )


def _found_entry(finding: Finding, report: Report) -> FoundEntry:
    return FoundEntry(
        kind=finding.kind.value,
        world=report.options.target.world,
        function=finding.function,
        line=finding.line,
        message=finding.message,
        count=finding.count,
        first_execution=finding.first_execution,
        first_seconds=round(finding.first_seconds, 3),
        by_worker=finding.by_worker,
        operations=[format_operation(operation) for operation in finding.operations],
        minimized=finding.minimized,
        flavour=finding.flavour,
        artifact=str(finding.artifact) if finding.artifact else None,
        known=finding.known is not None,
        reason=finding.known,
        expired=_expired(finding, report),
    )


def missing_operations(report: Report) -> list[str]:
    """Return the words of the operations that the target has no function for."""
    if report.greeting is None:
        return []
    words = world.get(report.options.target.world).words
    there = {words[number] for number in report.greeting.opcodes if number in words}
    return sorted(set(words.values()) - there)


def as_text(report: Report) -> str:
    """Return the summary for people, at most 80 columns wide but for paths and commands."""
    options, counts, seconds = report.options, report.counts, report.seconds
    what = options.kernel or f"{options.target.generation}; {options.target.policy}"
    lines = [
        "",
        f"{options.target.name} ({what})",
        f"  flavour      {options.flavour}{', with faults' * options.faults}, "
        f"seed {options.seed}, "
        f"{options.workers} worker{'s' * (options.workers != 1)}, {report.seconds:.1f} s"
        + (" (interrupted)" if report.interrupted else ""),
        f"  executions   {counts.executions:,} ({rate(counts.executions, seconds):,.0f}/s)",
        f"  operations   {counts.operations:,} ({rate(counts.operations, seconds):,.0f}/s)",
        f"  steps        {counts.steps:,} ({rate(counts.steps, seconds):,.0f}/s), with repetitions",
        f"  reached      {_reached(report)}",
    ]
    if report.workers:
        lines += wrapped(f"workers      {_by_worker(report)}", "  ", "               ")
    lines.append(f"  run folder   {options.out}" + " (continued)" * report.resumed)
    if report.page:
        lines.append(f"  report       {report.page}")
    said = {note.split(": ")[1] for note in report.notes if note.startswith("not fuzzed: ")}
    missing = [word for word in missing_operations(report) if word not in said]
    if missing:
        lines.append(f"  not in this target, so not fuzzed: {', '.join(missing)}")
    for note in report.notes:
        lines += wrapped(f"note: {note}", "  ")
    for number, finding in enumerate(report.findings, 1):
        lines += ["", *_finding_lines(number, finding, report)]
    early = " (the campaign ended before its time)" if report.trouble else ""
    lines += ["", f"verdict: {_verdict(report)}{early}"]
    return "\n".join(lines)


def _reached(report: Report) -> str:
    counts, greeting = report.counts, report.greeting
    of = f" of {greeting.counters}" if greeting else ""
    return f"{counts.edges}{of} edges, {counts.states} states; {report.corpus} inputs kept"


def _by_worker(report: Report) -> str:
    """Say what each worker did: executions or checked inputs, and how many processes it had."""
    return ", ".join(
        f"{worker.name} {worker.counts.executions:,}"
        + (" checked" if worker.checks else "")
        + (f" ({worker.started} processes)" if worker.started > 1 else "")
        for worker in report.workers
    )


def _finding_lines(number: int, finding: Finding, report: Report) -> list[str]:
    state = "known" if finding.known is not None else "NEW"
    lines = [f"{number}. {state}: {finding.title}, {times(finding.count)}"]
    lines += wrapped(finding.message, "   ")
    if finding.known is not None:
        lines += wrapped(f"known: {finding.known}", "   ")
    expired = _expired(finding, report)
    if expired is not None:
        lines += wrapped(expired, "   ")
    lines.append(
        f"   first after {finding.first_seconds:.2f} s (execution {finding.first_execution:,})"
        + (f", by worker {next(iter(finding.by_worker))}" if finding.by_worker else "")
        + ("" if finding.minimized else "; not minimized")
    )
    shown = finding.operations[:_SHOWN_OPERATIONS]
    lines += [f"     {format_operation(operation)}" for operation in shown]
    if len(finding.operations) > len(shown):
        lines.append(f"     … and {len(finding.operations) - len(shown)} more operations")
    if finding.artifact is not None:
        options = report.options
        command = replay_command(finding.artifact, options.target, options.kernel, finding.flavour)
        lines.append(f"   {command}")
    return lines


def _expired(finding: Finding, report: Report) -> str | None:
    """Say that an entry declared a finding and holds no longer, None if that is not so."""
    if finding.known is not None:
        return None
    entry = report.options.target.expired(finding.symptom)
    return None if entry is None else entry.lapsed


def _verdict(report: Report) -> str:
    new = sum(finding.known is None for finding in report.findings)
    known = len(report.findings) - new
    if report.verdict == "finding":
        return f"finding: {new} new, {known} known"
    if report.verdict == "known":
        return f"known: nothing new, {known} known finding{'s' * (known != 1)}"
    return "clean: nothing found"
