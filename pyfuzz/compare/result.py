# SPDX-License-Identifier: GPL-2.0-only
"""What differs, for people and as one object for scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pyfuzz import records
from pyfuzz.finding import words
from pyfuzz.finding.artifact import replay_command
from pyfuzz.records import Count, Seconds
from pyfuzz.sequence.text import format_operation
from pyfuzz.text import wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyfuzz.compare.pair import Pair
    from pyfuzz.finding.finding import Finding

_ON_THE_OTHER = ", on the other "


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEntry:
    """One of the two."""

    name: str
    generation: str
    policy: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceEntry:
    """A difference: what ``a`` shows, and what ``b``; ``operations`` are text lines."""

    function: str
    what: str
    a: str
    b: str
    count: Count
    operations: list[str]
    minimized: bool
    artifact: str | None
    known: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The result as ``pyfuzz compare --json`` prints it.  Keys are added, never renamed."""

    a: SideEntry
    b: SideEntry
    world: str
    level: str
    set_aside: list[str]
    verdict: Literal["same", "known", "different"]
    differences: list[DifferenceEntry]
    executions: Count
    operations: Count
    seconds: Seconds
    seed: Count | None = None
    out: str | None = None
    notes: list[str] = field(default_factory=list)
    exhaust: dict[str, Any] | None = None


@dataclass(slots=True)
class Result:
    """Two targets, and the differences that were found."""

    pair: Pair
    differences: list[Finding]
    executions: int = 0
    operations: int = 0
    seconds: float = 0.0
    seed: int | None = None
    out: str | None = None
    notes: list[str] = field(default_factory=list)
    exhaust: dict[str, Any] | None = None
    said: str = ""

    @property
    def verdict(self) -> Literal["same", "known", "different"]:
        """``different`` if a difference is not known, else ``known`` or ``same``."""
        if any(difference.known is None for difference in self.differences):
            return "different"
        return "known" if self.differences else "same"


def parts(message: str) -> tuple[str, str, str]:
    """Split a difference's message: what differs, on the one, on the other."""
    what, _, rest = message.partition(": ")
    one, found, other = rest.rpartition(_ON_THE_OTHER)
    return (what, one, other) if found else (what, rest, "")


def as_object(result: Result) -> dict[str, Any]:
    """Return the object that ``--json`` prints."""
    pair = result.pair
    comparison = Comparison(
        a=_side(pair, "a"),
        b=_side(pair, "b"),
        world=pair.a.world,
        level=pair.level.name.lower(),
        set_aside=list(pair.asides),
        verdict=result.verdict,
        differences=[_entry(difference) for difference in result.differences],
        executions=result.executions,
        operations=result.operations,
        seconds=round(result.seconds, 3),
        seed=result.seed,
        out=result.out,
        notes=list(result.notes),
        exhaust=result.exhaust,
    )
    return dict(records.plain(comparison))


def _side(pair: Pair, which: str) -> SideEntry:
    target = getattr(pair, which)
    return SideEntry(
        name=target.name,
        generation=target.generation,
        policy=target.policy,
        source=str(target.source),
    )


def _entry(difference: Finding) -> DifferenceEntry:
    what, one, other = parts(difference.message)
    return DifferenceEntry(
        function=difference.function,
        what=what,
        a=one,
        b=other,
        count=difference.count,
        operations=[format_operation(operation) for operation in difference.operations],
        minimized=difference.minimized,
        artifact=str(difference.artifact) if difference.artifact else None,
        known=difference.known,
    )


def as_text(result: Result) -> str:
    """Return the result for people, at most 80 columns but for paths and commands."""
    pair = result.pair
    lines = [
        f"A  {pair.a.name} ({pair.a.generation}; {pair.a.policy})",
        f"B  {pair.b.name} ({pair.b.generation}; {pair.b.policy})",
        f"  level        {pair.level.name.lower()}",
    ]
    if result.executions:
        rate = result.executions / result.seconds if result.seconds else 0.0
        lines.append(
            f"  compared     {result.executions:,} sequences ({rate:,.0f}/s), "
            f"{result.operations:,} operations, {result.seconds:.1f} s"
        )
    if result.seed is not None:
        lines.append(f"  seed         {result.seed}")
    if result.out is not None:
        lines.append(f"  run folder   {result.out}")
    for aside in pair.asides:
        lines += wrapped(f"set aside: {aside}", "  ")
    for note in result.notes:
        lines += wrapped(f"note: {note}", "  ")
    if result.said:
        lines += ["", result.said]
    for number, difference in enumerate(result.differences, 1):
        lines += ["", *difference_lines(number, difference, pair)]
    lines += ["", f"verdict: {_verdict(result)}"]
    return "\n".join(lines)


def difference_lines(number: int, difference: Finding, pair: Pair) -> list[str]:
    """Return one difference: what, the sequence, and both sides below each other."""
    what, one, other = parts(difference.message)
    artifact = difference.artifact
    return words.paragraph(
        number,
        difference,
        title=f"{what}, in {difference.function}",
        message="",
        below=[*wrapped(f"A: {one}", "   ", "      "), *wrapped(f"B: {other}", "   ", "      ")],
        command=replay_command(artifact, pair.target, None) if artifact else None,
    )


def _verdict(result: Result) -> str:
    new = sum(difference.known is None for difference in result.differences)
    known = len(result.differences) - new
    aside = ", with what is set aside" * bool(result.pair.asides)
    if new:
        return f"different: {new} new, {known} known"
    if known:
        return f"known: nothing new, {known} known difference{'s' * (known != 1)}{aside}"
    return f"same: no difference found{aside}"


def sorted_differences(found: Sequence[Finding]) -> list[Finding]:
    """Return the differences, new ones first, short ones first."""
    return sorted(found, key=lambda f: (f.known is not None, len(f.operations)))
