# SPDX-License-Identifier: GPL-2.0-only
"""What a search proves and what it does not, as text and as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyfuzz.exhaust import scope_pages
from pyfuzz.exhaust.scope import words
from pyfuzz.exhaust.search import Search
from pyfuzz.finding.artifact import replay_command
from pyfuzz.finding.words import paragraph
from pyfuzz.module.states import End
from pyfuzz.sequence.text import format_operation
from pyfuzz.text import wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from pyfuzz.finding.finding import Finding
    from pyfuzz.target.catalogue import Target
    from pyfuzz.target.kernel import Kernel

NOT_COVERED = (
    "longer lists, more heads and VMs than the scope has",
    "locks, other CPUs and memory ordering: operations run one at a time",
    "memory that the target would reach only through a broken pointer",
    "what follows a finding, unless that is only a wrong number (count-contract)",
)
"""What no scope of the lists covers."""


def not_covered(world: str) -> tuple[str, ...]:
    """Return what no scope of a world covers."""
    return scope_pages.NOT_COVERED if world == "pages" else NOT_COVERED


@dataclass(slots=True)
class Verdict:
    """The searches of one target."""

    target: Target
    kernel: Kernel | None
    out: Path | None
    world: str = "lists"
    searches: list[Search] = field(default_factory=list)
    wanted: int = 0

    @property
    def complete(self) -> bool:
        """Whether every scope was searched to the end."""
        return len(self.searches) == self.wanted and all(s.complete for s in self.searches)

    @property
    def findings(self) -> list[Finding]:
        """The findings of all scopes: the shortest of each signature."""
        best: dict[int, Finding] = {}
        for finding in (finding for search in self.searches for finding in search.findings):
            other = best.get(finding.signature)
            if other is None or len(finding.operations) < len(other.operations):
                best[finding.signature] = finding
        return list(best.values())

    @property
    def word(self) -> str:
        """``clean``, ``known`` or ``finding``."""
        if any(finding.known is None for finding in self.findings):
            return "finding"
        return "known" if self.findings else "clean"


def collision(states: int) -> float:
    """Return the chance that two of so many states have the same 128 bits."""
    return states * (states - 1) / 2**129


def as_object(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as ``--json`` prints it."""
    begun = [search for search in verdict.searches if search.progress is not None]
    searches = [_search_object(search) for search in begun]
    return {
        "target": verdict.target.name,
        "source": str(verdict.kernel.path) if verdict.kernel else str(verdict.target.source.name),
        "world": verdict.world,
        "scope": [scope["scope"] for scope in searches],
        "complete": verdict.complete,
        **{
            name: sum(search[name] for search in searches)
            for name in ("states", "transitions", "left")
        },
        "depth": min((search["depth"] for search in searches), default=0),
        "audits": {
            name: sum(search["audits"][name] for search in searches)
            for name in ("states", "second_ways", "transitions", "failed")
        },
        "searches": searches,
        "not_covered": list(not_covered(verdict.world)),
        "out": str(verdict.out) if verdict.out else None,
        "verdict": verdict.word,
        "findings": [_finding_object(finding) for finding in verdict.findings],
    }


def _search_object(search: Search) -> dict[str, Any]:
    progress, scope = search.progress, search.scope
    assert progress is not None
    return {
        "name": scope.name,
        "words": words(scope),
        "said": how_far(search),
        "audited": audited(search),
        "scope": {name: getattr(scope, name) for name in type(scope).__dataclass_fields__}
        | {"groups": [group.name.lower() for group in scope.groups if group.name]},
        "complete": search.complete,
        "end": "time" if search.timed_out else progress.end.name.lower().replace("_", "-"),
        "states": progress.states,
        "apart": progress.apart,
        "transitions": progress.transitions,
        "left": progress.left,
        "depth": progress.depth,
        "beyond": progress.beyond,
        "ended": progress.ended,
        "seconds": round(search.seconds, 3),
        "processor_seconds": round(search.processor_s, 3),
        "transitions_per_second": round(progress.transitions / (search.processor_s or 1e-9)),
        "bytes": progress.bytes,
        "collision": collision(progress.states),
        "audits": {
            "every": scope.audit_every,
            "states": progress.audited,
            "second_ways": progress.second_ways,
            "transitions": progress.audited_transitions,
            "failed": progress.failed,
            "trouble": progress.trouble,
        },
    }


def _finding_object(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "function": finding.function,
        "line": finding.line,
        "message": finding.message,
        "count": finding.count,
        "operations": [format_operation(operation) for operation in finding.operations],
        "artifact": str(finding.artifact) if finding.artifact else None,
        "known": finding.known,
    }


def in_short(verdict: Verdict) -> str:
    """Return how far the search went, in one line."""
    done = [search for search in verdict.searches if search.progress is not None]
    states = sum(search.progress.states for search in done if search.progress)
    if verdict.complete:
        return f"{states:,} visited, complete within {verdict.wanted} scopes"
    whole = sum(search.complete for search in done)
    return f"{states:,} visited, {whole} of {verdict.wanted} scopes complete"


def as_text(verdict: Verdict) -> str:
    """Return the verdict as text, at most 80 columns wide except for paths and commands."""
    lines = [f"{verdict.target.name}, world {verdict.world}"]
    for search in verdict.searches:
        lines += ["", *search_lines(search)]
    for number, finding in enumerate(verdict.findings, 1):
        lines += ["", *finding_lines(number, finding, verdict)]
    lines += ["", *wrapped(f"not covered: {'; '.join(not_covered(verdict.world))}")]
    lines += ["", f"verdict: {_verdict(verdict)}"]
    return "\n".join(lines)


def search_lines(search: Search) -> list[str]:
    """Return the result of one scope as lines of text."""
    progress = search.progress
    lines = wrapped(f"scope {search.scope.name}: {words(search.scope)}")
    if progress is None:
        return [*lines, "  nothing was searched"]
    processor_s = search.processor_s or 1e-9
    lines += [
        f"  {how_far(search)}",
        (
            f"  {progress.states:,} states, {progress.transitions:,} transitions, "
            f"{progress.left:,} left, depth {progress.depth:,}"
        ),
        (
            f"  {search.seconds:.1f} s, {search.processor_s:.1f} s of processor time: "
            f"{progress.transitions / processor_s:,.0f} transitions/s, "
            f"{progress.bytes / 2**20:,.0f} MiB"
        ),
    ]
    if progress.apart > progress.states:
        lines.append(f"  if what is alike were told apart: {progress.apart:,} states")
    if progress.beyond:
        lines.append(f"  {progress.beyond:,} transitions led out of the scope, and were checked")
    if progress.ended:
        lines.append(f"  {progress.ended:,} transitions ended in a finding")
    lines += _audit_lines(search)
    lines.append(
        "  probability that two states were taken for one: "
        f"{collision(progress.states):.0e} (128-bit hashes)"
    )
    return lines


def _audit_lines(search: Search) -> list[str]:
    progress = search.progress
    assert progress is not None
    lines = wrapped(audited(search), "  ")
    if progress.trouble:
        lines += wrapped(
            f"{progress.trouble}: the target behaves differently in states that count as one; "
            "unless a finding explains it, please report it",
            "  ",
        )
    return lines


def audited(search: Search) -> str:
    """Return what was audited in one scope, and how it ended; it must have begun."""
    progress, scope = search.progress, search.scope
    assert progress is not None
    if not scope.audit_every:
        return "audits: none, so nothing counts as complete"
    passed = "failed" if progress.failed else "passed"
    return (
        f"audits {passed}: {progress.audited:,} states (1 in {scope.audit_every:,} and the "
        f"first 20), {progress.second_ways:,} of them by a second way"
    )


def how_far(search: Search) -> str:
    """Return how far the search of one scope went; it must have begun."""
    progress = search.progress
    assert progress is not None
    if search.complete:
        return "complete: every state of the scope was visited, none is left"
    if progress.end is End.AUDIT or (progress.end is End.FIXPOINT and progress.failed):
        return "not complete: an audit failed"
    if progress.end is End.FIXPOINT:
        return "not complete: no state is left, but none was audited"
    if progress.end is End.CANNOT_HOLD:
        return "not complete: a state does not fit into the form that is stored"
    why = {
        End.DEPTH: "the depth limit",
        End.MEMORY: "the memory limit",
        End.HANGS: "operations that did not end",
    }.get(progress.end, "an interrupt" if search.interrupted else "the time limit")
    return f"cut short by {why}: every sequence of up to {progress.depth:,} operations was tried"


def finding_lines(number: int, finding: Finding, verdict: Verdict) -> list[str]:
    """Return a finding as text."""
    below, command = [], None
    if not finding.minimized:
        below.append("   replaying this sequence does not show it: please report")
    if finding.artifact is not None:
        command = replay_command(finding.artifact, verdict.target, verdict.kernel)
    title = finding.title_among(verdict.findings)
    return paragraph(number, finding, title=title, below=below, command=command)


def _verdict(verdict: Verdict) -> str:
    new = sum(finding.known is None for finding in verdict.findings)
    known = len(verdict.findings) - new
    scope = "complete within its scopes" if verdict.complete else "not complete"
    if new:
        return f"finding: {new} new, {known} known; {scope}"
    if known:
        return f"known: nothing new, {known} known finding{'s' * (known != 1)}; {scope}"
    return f"clean: nothing found; {scope}"
