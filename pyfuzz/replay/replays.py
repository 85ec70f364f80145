# SPDX-License-Identifier: GPL-2.0-only
"""Replay sequences on targets, and say what is new and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyfuzz.replay import trace_text
from pyfuzz.replay.record import AccessEntry, ChangeEntry, ReplayEntry, SeenEntry, TraceEntry
from pyfuzz.replay.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyfuzz.module.results import RawFinding
    from pyfuzz.replay.entry import Entry
    from pyfuzz.sequence.container import SequenceFile
    from pyfuzz.target.catalogue import Target

# From the best to the worst; as in the result of a campaign.
VERDICTS = ("clean", "known", "finding")


@dataclass(frozen=True, slots=True)
class Replay:
    """What one sequence did on one target."""

    file: SequenceFile
    target: Target
    flavour: str
    entries: tuple[Entry, ...]

    @property
    def findings(self) -> list[RawFinding]:
        """What was found, in the order of the steps."""
        return [finding for entry in self.entries for finding in entry.findings]

    def known(self, finding: RawFinding) -> str | None:
        """Return the reason why a finding is a known one, None if it is not."""
        return self.target.known_reason(finding.symptom)

    @property
    def verdict(self) -> str:
        """``finding`` if one is not known, else ``known`` or ``clean``."""
        if any(self.known(finding) is None for finding in self.findings):
            return "finding"
        return "known" if self.findings else "clean"

    @property
    def note(self) -> str | None:
        """What to do if the file mentions a finding that this flavour cannot show."""
        speaks_of_sanitizer = self.file.text is not None and "Sanitizer" in self.file.text
        if speaks_of_sanitizer and self.flavour != "sanitize" and self.verdict != "finding":
            return "the file mentions a sanitizer report: replay it with --sanitize"
        return None

    def lines(self, *, everything: bool = False) -> Iterator[str]:
        """Yield the trace for people; see trace_text.lines()."""
        target = self.target
        yield f"{self.file.path} on {target.name} ({self.flavour} flavour)"
        yield f"  {target.generation}; {target.policy}"
        yield from trace_text.lines(self.entries, self.known, everything=everything)
        for lapsed in self._lapsed():
            yield f"note: {lapsed}"
        if self.note:
            yield f"note: {self.note}"
        yield f"verdict: {self._verdict_text()}"

    def _lapsed(self) -> Iterator[str]:
        """Yield a line for each finding whose known-findings entry has expired."""
        for finding in self.findings:
            entry = self.target.expired(finding.symptom)
            if entry is not None:
                yield f"{finding.kind.value} in {finding.function or '-'} was {entry.lapsed}"

    def _verdict_text(self) -> str:
        kinds = [finding.kind.value for finding in self.findings]
        match self.verdict:
            case "clean":
                return "clean, nothing found"
            case "known":
                return f"known, nothing new ({', '.join(dict.fromkeys(kinds))})"
            case _:
                new = (f.kind.value for f in self.findings if self.known(f) is None)
                return f"finding ({', '.join(dict.fromkeys(new))})"

    def entry(self) -> ReplayEntry:
        """Return what ``pyfuzz replay --json`` prints of it."""
        return ReplayEntry(
            file=str(self.file.path),
            target=self.target.name,
            flavour=self.flavour,
            verdict=self.verdict,
            note=self.note,
            findings=[self._seen_entry(finding) for finding in self.findings],
            trace=[trace_entry(entry) for entry in self.entries],
        )

    def _seen_entry(self, finding: RawFinding) -> SeenEntry:
        reason = self.known(finding)
        return SeenEntry(
            kind=finding.kind.value,
            function=finding.function,
            line=finding.line,
            message=finding.message,
            operation=finding.operation,
            step=finding.step,
            known=reason is not None,
            reason=reason,
        )


def replay(files: Iterable[SequenceFile], target: Target, flavour: str) -> Iterator[Replay]:
    """Replay files on one target, in a child process that is replaced when it dies."""
    with Runner(target, flavour) as runner:
        for file in files:
            entries = tuple(runner.trace(list(file.operations)))
            yield Replay(file, target, flavour, entries)


def trace_entry(entry: Entry) -> TraceEntry:
    """Return what ``pyfuzz replay --json`` prints of an entry of a trace."""
    return TraceEntry(
        operation=entry.operation,
        text=entry.text or "tear-down",
        first_step=entry.first,
        steps=entry.steps,
        sptes=entry.sptes,
        returned=entry.returned,
        skipped={
            reason.name.lower().replace("_", "-"): times
            for reason, times in sorted(entry.skipped.items())
        },
        errors=entry.errors,
        recycled=entry.recycled,
        bugged=entry.bugged,
        log=entry.log,
        flushes=entry.flushes,
        lists=[ChangeEntry(change.name, change.before, change.after) for change in entry.lists],
        fibers=entry.fibers,
        accesses=[
            AccessEntry(a.fiber, a.text, a.where, a.code) for a in entry.accesses if not a.private
        ],
        findings=[finding.kind.value for finding in entry.findings],
    )
