# SPDX-License-Identifier: GPL-2.0-only
"""What a search of all schedules proves and what it does not, as text and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyfuzz.exhaust.schedules import AUDIT_LIMIT
from pyfuzz.text import number, times, wrapped
from pyfuzz.worlds.threads import report, systematic
from pyfuzz.worlds.threads.searching import WORLD
from pyfuzz.worlds.threads.text import format_sequence

if TYPE_CHECKING:
    from pyfuzz.exhaust.schedules import Schedules
    from pyfuzz.worlds.threads.event import ThreadsFinding

NOT_COVERED = (
    "more switches, other lengths, more fibers and more operations each than the scope has",
    "address dependencies: a missing order is only seen as a data race",
    "interrupts, several VMs, memslot changes, huge pages and RCU grace periods",
    "what follows a finding in its schedule",
)
"""What no bound covers."""
_NO_BUFFERS = "store buffers: see --tso"


def not_covered(found: Schedules) -> list[str]:
    """Return what the search does not cover."""
    return [*NOT_COVERED, *([] if found.search.tso else [_NO_BUFFERS])]


def as_object(found: Schedules) -> dict[str, Any]:
    """Return the result as ``pyfuzz exhaust --world threads --json`` prints it."""
    audits, rows = found.audits, found.search.rows
    counts = {
        "complete": found.complete,
        "end": _end(found),
        "states": found.outcomes,
        "transitions": found.accesses,
        "left": found.search.left,
        "depth": found.whole,
        "seconds": round(found.seconds, 3),
        "collision": found.collision,
    }
    said = {"words": scope_words(found), "said": how_far(found), "audited": audited(found)}
    return {
        "target": found.target.name,
        "source": str(found.kernel.path) if found.kernel else str(found.target.source.name),
        "world": WORLD,
        "scope": [
            {
                "switches": found.bound,
                "pairs": len(rows) + found.search.left,
                "lists": list(systematic.SHAPES),
                "tso": found.search.tso,
            }
        ],
        **counts,
        "schedules": found.search.schedules,
        "schedules_at_bound": [
            found.search.at_bound(bound) for bound in range(found.search.bound + 1)
        ],
        "lockless": found.search.lockless,
        "audits": {
            "every": audits.every,
            "pairs": audits.pairs,
            "too_large": audits.too_large,
            "schedules": audits.schedules,
            "failed": audits.failed,
            "trouble": audits.trouble,
        },
        "searches": [{"name": "schedules", **said, **counts}],
        "not_covered": not_covered(found),
        "out": str(found.out) if found.out else None,
        "verdict": found.word,
        "findings": [_finding_object(found, finding) for finding in found.findings],
    }


def _finding_object(found: Schedules, finding: ThreadsFinding) -> dict[str, Any]:
    path = found.files.get(report.key(finding))
    return {
        "kind": finding.kind.value,
        "world": WORLD,
        "function": finding.function,
        "line": finding.line,
        "message": finding.message,
        "count": finding.count,
        "switches": finding.away,
        "delays": finding.delayed,
        "operations": format_sequence(finding.sequence).splitlines()[1:],
        "artifact": str(path) if path else None,
        "known": found.known(finding),
    }


def _end(found: Schedules) -> str:
    if found.interrupted:
        return "interrupt"
    if found.audits.failed:
        return "audit"
    return "bound" if found.whole == found.bound else "time"


def as_text(found: Schedules) -> str:
    """Return the result as text, at most 80 columns wide except for paths and commands."""
    lines = [f"{found.target.name}, world {WORLD}", ""]
    if not found.search.lockless:
        lines += wrapped(report.NOTHING_LOCKLESS.format(target=found.target.name))
    lines += scope_lines(found)
    for place, finding in enumerate(found.findings, 1):
        lines += ["", *finding_lines(place, finding, found)]
    lines += ["", *wrapped(f"not covered: {'; '.join(not_covered(found))}")]
    lines += ["", f"verdict: {_verdict(found)}"]
    return "\n".join(lines)


def scope_lines(found: Schedules) -> list[str]:
    """Return the scope, and how far the search went."""
    result = found.search
    lines = wrapped(f"scope: {scope_words(found)}")
    lines += wrapped(how_far(found), "  ")
    at = ", ".join(f"{result.at_bound(bound):,}" for bound in range(result.bound + 1))
    lines += wrapped(
        f"{number(result.schedules, 'schedule')} (with at most 0, 1, … switches: {at}), "
        f"{found.accesses:,} accesses, {number(found.outcomes, 'order')} of those that depend on "
        f"each other; {number(result.left, 'pair')} left; {found.seconds:.1f} s",
        "  ",
    )
    lines += _audit_lines(found)
    lines.append(
        "  probability that two states were taken for one: at most "
        f"{found.collision:.0e} (64-bit hashes)"
    )
    return lines


def scope_words(found: Schedules) -> str:
    """Return the scope in words."""
    shapes = [str(shape) for shape in systematic.SHAPES]
    waiting = (
        f", and {number(found.bound, 'store')} waiting in store buffers" if found.search.tso else ""
    )
    return (
        f"{number(len(found.search.rows) + found.search.left, 'pair')} of a writer and what runs "
        f"beside it, on lists of {', '.join(shapes[:-1])} and {shapes[-1]} entries; at most "
        f"{number(found.bound, 'switch', 'switches')} away from a fiber that could go on"
        f"{waiting}"
    )


def _audit_lines(found: Schedules) -> list[str]:
    lines = wrapped(audited(found), "  ")
    if found.audits.trouble:
        lines += wrapped(
            f"{found.audits.trouble}: it does not have the same result, which is a mistake of "
            "pyfuzz's: please report it",
            "  ",
        )
    return lines


def audited(found: Schedules) -> str:
    """Return what was audited, and how it ended."""
    audits = found.audits
    if not audits.pairs + audits.too_large:
        return "audits: none, so nothing counts as complete"
    text = (
        f"audits {'failed' if audits.failed else 'passed'}: {number(audits.pairs, 'pair')} "
        f"searched again, and once more without pruning ({number(audits.schedules, 'schedule')})"
    )
    if audits.too_large:
        text += f"; {audits.too_large:,} have more than {AUDIT_LIMIT:,} schedules"
    return text


def how_far(found: Schedules) -> str:
    """Return how far the search went."""
    if found.complete:
        return "complete: every schedule of the scope was covered, none is left"
    if found.audits.failed:
        return "not complete: an audit failed"
    if found.whole == found.bound:
        return "not complete: no pair is left, but none was audited"
    why = "an interrupt" if found.interrupted else "the time limit"
    if found.whole is None:
        return f"cut short by {why}: not even every schedule without a switch was covered"
    switches = number(found.whole, "switch", "switches")
    return f"cut short by {why}: every schedule with up to {switches} was covered"


def finding_lines(place: int, finding: ThreadsFinding, found: Schedules) -> list[str]:
    """Return a finding as text."""
    known = found.known(finding)
    state = "NEW" if known is None else "known"
    lines = [f"{place}. {state}: {finding.title}, {times(finding.count)}"]
    lines += wrapped(finding.message, "   ")
    if finding.other:
        lines += wrapped(f"the other access: {finding.other}", "   ")
    if known is not None:
        lines += wrapped(f"known: {known}", "   ")
    lines += [f"     {line}" for line in format_sequence(finding.sequence).splitlines()[1:]]
    path = found.files.get(report.key(finding))
    if path is not None:
        option = found.kernel.options() if found.kernel else ["--target", found.target.name]
        lines.append(f"   pyfuzz replay {path} {' '.join(option)}")
    return lines


def _verdict(found: Schedules) -> str:
    new = sum(found.known(finding) is None for finding in found.findings)
    known = len(found.findings) - new
    scope = "complete within its scope" if found.complete else "not complete"
    if new:
        return f"finding: {new} new, {known} known; {scope}"
    if known:
        return f"known: nothing new, {number(known, 'known finding')}; {scope}"
    return f"clean: nothing found; {scope}"
