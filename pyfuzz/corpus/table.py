# SPDX-License-Identifier: GPL-2.0-only
"""What each entry of a corpus reaches and adds, as text and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyfuzz import world
from pyfuzz.corpus.set_cover import Candidate, cover
from pyfuzz.corpus.survey import Reached, Survey, survey
from pyfuzz.module.results import RawFinding
from pyfuzz.records import Count
from pyfuzz.sequence.input import Input
from pyfuzz.text import number, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pyfuzz.corpus.folder import Found
    from pyfuzz.target.catalogue import Target

_NAME_WIDTH = 20
_SHA1_LENGTH = 40
_SHA1_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Part:
    """What was reached; ``counts`` are features beyond the first of each counter."""

    edges: int
    states: int
    counts: int


@dataclass(frozen=True, slots=True)
class UnreadableEntry:
    """A file that could not be read, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class RowFindingEntry:
    """A finding of a sequence; ``known``: the reason why it is a known one."""

    kind: str
    function: str
    message: str
    operation: Count
    known: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEntry:
    """A sequence of a corpus, as ``pyfuzz corpus --json`` prints it."""

    file: str
    duplicates: list[str]
    bytes: Count
    operations: Count
    steps: Count
    reached: Part
    adds: Part
    fatal: bool
    findings: list[RowFindingEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalEntry:
    """All sequences of a corpus together."""

    files: Count
    inputs: Count
    unreadable: Count
    bytes: Count
    operations: Count
    steps: Count
    edges: Count
    states: Count
    counts: Count
    edges_of_the_target: Count
    adding: Count
    enough: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusEntry:
    """What ``pyfuzz corpus --json`` prints (docs/corpus.md).  Keys are added, never renamed."""

    target: str
    flavour: str
    named: list[str]
    verdict: str
    total: TotalEntry
    entries: list[RowEntry]
    unreadable: list[UnreadableEntry]


@dataclass(frozen=True, slots=True)
class Row:
    """One sequence: its files, what it does, what it adds to those before it.

    ``fatal``: it kills the process that runs it, and all numbers are 0.
    """

    paths: tuple[Path, ...]
    payload: bytes
    operations: int
    steps: int
    reached: Part
    adds: Part
    findings: tuple[RawFinding, ...]
    fatal: bool


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """The content of a corpus; ``enough`` inputs reach as much as all of them."""

    named: tuple[str, ...]
    target: Target
    flavour: str
    rows: tuple[Row, ...]
    unreadable: tuple[tuple[Path, str], ...]
    whole: Part
    edge_counters: int
    enough: int

    @property
    def verdict(self) -> str:
        """``finding`` if an entry shows one that is not known, ``known`` or ``clean``."""
        found = [one for row in self.rows for one in row.findings]
        if any(_known(self.target, one) is None for one in found):
            return "finding"
        return "known" if found else "clean"

    @property
    def files(self) -> int:
        """The number of files, including unreadable ones."""
        return sum(len(row.paths) for row in self.rows) + len(self.unreadable)

    def entry(self) -> CorpusEntry:
        """Return what ``pyfuzz corpus --json`` prints of it."""
        return CorpusEntry(
            target=self.target.name,
            flavour=self.flavour,
            named=list(self.named),
            verdict=self.verdict,
            total=self._total(),
            entries=[_row_entry(row, self.target) for row in self.rows],
            unreadable=[UnreadableEntry(str(path), reason) for path, reason in self.unreadable],
        )

    def _total(self) -> TotalEntry:
        return TotalEntry(
            files=self.files,
            inputs=len(self.rows),
            unreadable=len(self.unreadable),
            bytes=sum(len(row.payload) for row in self.rows),
            operations=sum(row.operations for row in self.rows),
            steps=sum(row.steps for row in self.rows),
            edges=self.whole.edges,
            states=self.whole.states,
            counts=self.whole.counts,
            edges_of_the_target=self.edge_counters,
            adding=sum(_adds(row) for row in self.rows),
            enough=self.enough,
        )

    def lines(self) -> Iterator[str]:
        """Yield the text, in lines of at most 80 columns except for long names."""
        yield f"{', '.join(self.named)} on {self.target.name} ({self.flavour} flavour)"
        if self.rows:
            yield (
                f"  {'the shortest first':<{_NAME_WIDTH}} operations     steps edges states "
                "+edges +states +counts"
            )
        for row in self.rows:
            yield from self._row_lines(row)
        for _, reason in self.unreadable:
            yield from wrapped(f"unreadable: {reason}", "  ", "    ")
        yield from self._total_lines()

    def _row_lines(self, row: Row) -> Iterator[str]:
        name = _shown(row.paths[0])
        if len(name) > _NAME_WIDTH:
            yield f"  {name}"
            name = ""
        if row.fatal:
            yield f"  {name:<{_NAME_WIDTH}} {_operations(row.payload, self.target):>10}"
        else:
            reached, adds = row.reached, row.adds
            yield (
                f"  {name:<{_NAME_WIDTH}} {row.operations:>10} {row.steps:>9} {reached.edges:>5} "
                f"{reached.states:>6} {adds.edges or '-':>6} {adds.states or '-':>7} "
                f"{adds.counts or '-':>7}"
            )
        for one in row.findings:
            known = "known: " if _known(self.target, one) is not None else ""
            said = f": {one.message}" if row.fatal else ""
            yield from wrapped(f"{known}{one.title}{said}", "    ", "      ")
        for path in row.paths[1:]:
            yield f"    the same: {path}"

    def _total_lines(self) -> Iterator[str]:
        rows = self.rows
        yield ""
        copies = sum(len(row.paths) - 1 for row in rows)
        yield (
            f"total        {number(self.files, 'file')}: {len(rows):,} different, "
            f"{number(copies, 'duplicate')}, {len(self.unreadable):,} unreadable"
        )
        yield (
            f"  length     {sum(len(row.payload) for row in rows):,} bytes, "
            f"{sum(row.operations for row in rows):,} operations, "
            f"{sum(row.steps for row in rows):,} steps"
        )
        yield (
            f"  reached    {self.whole.edges} of {self.edge_counters} edges, "
            f"{self.whole.states:,} states, {self.whole.counts:,} counts"
        )
        yield (
            f"  adding     {sum(_adds(row) for row in rows):,} in this order; "
            f"{self.enough:,} are enough (pyfuzz merge)"
        )
        findings = {
            one.title: _known(self.target, one) is not None for row in rows for one in row.findings
        }
        for place, known in sorted(findings.items()):
            shown = sum(any(one.title == place for one in row.findings) for row in rows)
            word = "known" if known else "NEW"
            yield f"  {word + ':':<10} {place}, shown by {number(shown, 'entry', 'entries')}"


def report(
    found: Found, named: Sequence[Path], target: Target, flavour: str = "fuzz"
) -> CorpusReport:
    """Run every entry on its own and report on it.

    Errors: as pyfuzz.corpus.survey.survey.
    """
    files = found.different()
    measured = survey(target, flavour, list(files))
    rows = list(_rows(files, measured, target))
    free = [
        Candidate(one.payload, result.covers)
        for one, result in zip(files, measured.results, strict=True)
        if isinstance(result, Reached)
    ]
    whole = 0
    for one in free:
        whole |= one.covers
    return CorpusReport(
        named=tuple(str(path) for path in named),
        target=target,
        flavour=flavour,
        rows=tuple(rows),
        unreadable=tuple(found.unreadable),
        whole=_part(measured, whole, 0),
        edge_counters=measured.edge_counters,
        enough=len(cover(free)),
    )


def _operations(payload: bytes, target: Target) -> int:
    return len(payload) // world.get(target.world).operation_bytes


def _rows(files: Mapping[Input, Sequence[Path]], measured: Survey, target: Target) -> Iterator[Row]:
    covered = 0
    nothing = Part(0, 0, 0)
    for (one, paths), result in zip(files.items(), measured.results, strict=True):
        if isinstance(result, Reached):
            yield Row(
                tuple(paths),
                one.payload,
                _operations(one.payload, target),
                result.steps,
                _part(measured, result.covers, 0),
                _part(measured, result.covers, covered),
                result.findings,
                fatal=False,
            )
            covered |= result.covers
        elif result is not None:
            yield Row(tuple(paths), one.payload, 0, 0, nothing, nothing, (result,), fatal=True)


def _part(measured: Survey, covers: int, before: int) -> Part:
    """Return what ``covers`` has beyond ``before``."""
    both = covers | before
    edges = measured.edges(both) - measured.edges(before)
    states = measured.states(both) - measured.states(before)
    features = both.bit_count() - before.bit_count()
    return Part(edges, states, features - edges - states)


def _row_entry(row: Row, target: Target) -> RowEntry:
    return RowEntry(
        file=str(row.paths[0]),
        duplicates=[str(path) for path in row.paths[1:]],
        bytes=len(row.payload),
        operations=row.operations,
        steps=row.steps,
        reached=row.reached,
        adds=row.adds,
        fatal=row.fatal,
        findings=[
            RowFindingEntry(
                one.kind.value, one.function, one.message, one.operation, _known(target, one)
            )
            for one in row.findings
        ],
    )


def _known(target: Target, one: RawFinding) -> str | None:
    return target.known_reason(one.symptom)


def _adds(row: Row) -> bool:
    return row.adds != Part(0, 0, 0)


def _shown(path: Path) -> str:
    """The name; a SHA-1 is shortened, but stays unique."""
    name = path.name
    return name[:_SHA1_SHOWN] if len(name) == _SHA1_LENGTH and not path.suffix else name
