# SPDX-License-Identifier: GPL-2.0-only
"""The result of a campaign: as text in 80 columns, and as one object for scripts."""

from __future__ import annotations

from typing import Any

from pyfuzz import records, world
from pyfuzz.campaign.campaign import Progress, WorkerState
from pyfuzz.finding import words
from pyfuzz.finding.artifact import replay_command
from pyfuzz.finding.finding import Finding
from pyfuzz.run.summary import WALKERS, FoundEntry, Summary, WorkerEntry
from pyfuzz.sequence.text import format_operation
from pyfuzz.text import rate, wrapped


def as_object(progress: Progress) -> dict[str, Any]:
    """Return the object that ``pyfuzz fuzz --json`` prints."""
    options, counts = progress.options, progress.counts
    summary = Summary(
        target=options.target.name,
        source=str(options.kernel or options.target.source),
        flavour=options.flavour,
        worlds=[options.target.world],
        faults=options.faults,
        seed=options.seed,
        workers=options.workers,
        by_worker=[_worker_entry(worker, options.target.world) for worker in progress.workers],
        executions=counts.executions,
        operations=counts.operations,
        steps=counts.steps,
        seconds=round(progress.seconds, 3),
        executions_per_second=round(rate(counts.executions, progress.seconds)),
        operations_per_second=round(rate(counts.operations, progress.seconds)),
        edges=counts.edges,
        states=counts.states,
        corpus=progress.corpus,
        out=str(options.out),
        report=str(progress.page) if progress.page else None,
        verdict=progress.verdict,
        interrupted=progress.interrupted,
        resumed=progress.resumed,
        walker=walker(progress) or None,
        missing_operations=missing_operations(progress),
        notes=list(progress.notes),
        error=str(progress.trouble) if progress.trouble else None,
        findings=[_found_entry(finding, progress) for finding in progress.findings],
        not_run=options.not_run,
    )
    return dict(records.plain(summary))


def _worker_entry(worker: WorkerState, of: str) -> WorkerEntry:
    return WorkerEntry(
        name=worker.name,
        executions=worker.counts.executions,
        started=worker.started,
        checks=worker.checks,
        world=of,
    )


def _found_entry(finding: Finding, progress: Progress) -> FoundEntry:
    return FoundEntry(
        kind=finding.kind.value,
        world=progress.options.target.world,
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
        expired=_expired(finding, progress),
    )


def walker(progress: Progress) -> str:
    """Return whose code walks guests' tables, "" in a world without any."""
    return progress.greeting.walker if progress.greeting is not None else ""


def missing_operations(progress: Progress) -> list[str]:
    """Return the words of the operations that the target has no function for."""
    if progress.greeting is None:
        return []
    called = world.get(progress.options.target.world).words
    there = {called[number] for number in progress.greeting.opcodes if number in called}
    return sorted(set(called.values()) - there)


def as_text(progress: Progress) -> str:
    """Return the summary for people, at most 80 columns wide but for paths and commands."""
    options, counts, seconds = progress.options, progress.counts, progress.seconds
    what = options.kernel or f"{options.target.generation}; {options.target.policy}"
    lines = [
        "",
        f"{options.target.name} ({what})",
        f"  flavour      {options.flavour}{', with faults' * options.faults}, "
        f"seed {options.seed}, "
        f"{options.workers} worker{'s' * (options.workers != 1)}, {progress.seconds:.1f} s"
        + (" (interrupted)" if progress.interrupted else ""),
        f"  executions   {counts.executions:,} ({rate(counts.executions, seconds):,.0f}/s)",
        f"  operations   {counts.operations:,} ({rate(counts.operations, seconds):,.0f}/s)",
        f"  steps        {counts.steps:,} ({rate(counts.steps, seconds):,.0f}/s), with repetitions",
        f"  reached      {_reached(progress)}",
    ]
    if progress.workers:
        lines += wrapped(f"workers      {_by_worker(progress)}", "  ", "               ")
    lines.append(f"  run folder   {options.out}" + " (continued)" * progress.resumed)
    if progress.page:
        lines.append(f"  report       {progress.page}")
    if whose := walker(progress):
        lines.append(f"  guest tables walked by {WALKERS[whose]}")
    said = {note.split(": ")[1] for note in progress.notes if note.startswith("not fuzzed: ")}
    missing = [word for word in missing_operations(progress) if word not in said]
    if missing:
        lines.append(f"  not in this target, so not fuzzed: {', '.join(missing)}")
    for name, why in options.not_run.items():
        lines += wrapped(f"the world {name} was not fuzzed: {why}", "  ")
    for note in progress.notes:
        lines += wrapped(f"note: {note}", "  ")
    for number, finding in enumerate(progress.findings, 1):
        lines += ["", *_finding_lines(number, finding, progress)]
    early = " (the campaign ended early)" if progress.trouble else ""
    lines += ["", f"verdict: {_verdict(progress)}{early}"]
    return "\n".join(lines)


def _reached(progress: Progress) -> str:
    counts, greeting = progress.counts, progress.greeting
    of = f" of {greeting.counters}" if greeting else ""
    return f"{counts.edges}{of} edges, {counts.states} states; {progress.corpus} inputs kept"


def _by_worker(progress: Progress) -> str:
    """Say what each worker did: executions or checked inputs, and how many processes it had."""
    return ", ".join(
        f"{worker.name} {worker.counts.executions:,}"
        + (" checked" if worker.checks else "")
        + (f" ({worker.started} processes)" if worker.started > 1 else "")
        for worker in progress.workers
    )


def _finding_lines(number: int, finding: Finding, progress: Progress) -> list[str]:
    expired = _expired(finding, progress)
    about = wrapped(expired, "   ") if expired is not None else []
    about.append(
        f"   first after {finding.first_seconds:.2f} s"
        # Of another machine's worker it is not known.
        + (f" (execution {finding.first_execution:,})" if finding.first_execution else "")
        + (f", by worker {next(iter(finding.by_worker))}" if finding.by_worker else "")
        + ("" if finding.minimized else "; not minimized")
    )
    command = None
    if finding.artifact is not None:
        options = progress.options
        command = replay_command(finding.artifact, options.target, options.kernel, finding.flavour)
    title = finding.title_among(progress.findings)
    return words.paragraph(number, finding, title=title, about=about, command=command)


def _expired(finding: Finding, progress: Progress) -> str | None:
    """Say that the entry that declared a finding has expired, None if none has."""
    if finding.known is not None:
        return None
    entry = progress.options.target.expired(finding.symptom)
    return None if entry is None else entry.lapsed


def _verdict(progress: Progress) -> str:
    new = sum(finding.known is None for finding in progress.findings)
    known = len(progress.findings) - new
    if progress.verdict == "finding":
        return f"finding: {new} new, {known} known"
    if progress.verdict == "known":
        return f"known: nothing new, {known} known finding{'s' * (known != 1)}"
    return "clean: nothing found"
