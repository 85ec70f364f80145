# SPDX-License-Identifier: GPL-2.0-only
"""Merge corpora: the smallest set of sequences that keeps the features of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyfuzz.corpus import folder as corpus_folder
from pyfuzz.corpus.distill import Distilled, choose
from pyfuzz.corpus.folder import Found
from pyfuzz.corpus.survey import survey
from pyfuzz.corpus.table import UnreadableEntry
from pyfuzz.records import Count
from pyfuzz.sequence.input import DEFAULT, Encoding

if TYPE_CHECKING:
    from pathlib import Path

    from pyfuzz.module.results import RawFinding
    from pyfuzz.target.catalogue import Target


@dataclass(frozen=True, slots=True)
class FatalEntry:
    """A sequence that kills the process that runs it."""

    file: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeEntry:
    """What ``pyfuzz merge --json`` prints (docs/corpus.md).  Keys are added, never renamed."""

    output: str
    target: str
    flavour: str
    files: Count
    inputs: Count
    bytes: Count
    there: Count
    written: Count
    written_bytes: Count
    edges: Count
    edges_of_the_target: Count
    states: Count
    counts: Count
    unreadable: list[UnreadableEntry]
    fatal: list[FatalEntry]


@dataclass(frozen=True, slots=True)
class Merged:
    """What was merged: ``files`` with ``inputs`` different sequences.

    ``there`` were in the output folder before, ``written`` were added.
    ``size_bytes`` is before the merge, ``written_bytes`` what was written.
    """

    target: str
    flavour: str
    files: int
    inputs: int
    size_bytes: int
    there: int
    written: tuple[Path, ...]
    written_bytes: int
    edge_counters: int
    chosen: Distilled
    unreadable: tuple[tuple[Path, str], ...]

    @property
    def fatal(self) -> tuple[tuple[Path, RawFinding], ...]:
        """Sequences that kill the process that runs them; they are skipped."""
        return self.chosen.fatal

    def entry(self, output: Path) -> MergeEntry:
        """Return what ``pyfuzz merge --json`` prints of it."""
        return MergeEntry(
            output=str(output),
            target=self.target,
            flavour=self.flavour,
            files=self.files,
            inputs=self.inputs,
            bytes=self.size_bytes,
            there=self.there,
            written=len(self.written),
            written_bytes=self.written_bytes,
            edges=self.chosen.edges,
            edges_of_the_target=self.edge_counters,
            states=self.chosen.states,
            counts=self.chosen.counts,
            unreadable=[UnreadableEntry(str(path), reason) for path, reason in self.unreadable],
            fatal=[FatalEntry(str(path), one.kind.value, one.message) for path, one in self.fatal],
        )

    def lines(self, output: Path) -> list[str]:
        """Return the text for people."""
        chosen = self.chosen
        read = f"{self.files:,} files: {self.inputs:,} different sequences"
        reached = f"{chosen.edges} of {self.edge_counters} edges, {chosen.states:,} states"
        there = f", beside {self.there:,} that were there" if self.there else ""
        return [
            f"read      {read}, {self.size_bytes:,} bytes",
            f"reached   {reached}, {chosen.counts:,} counts ({self.target}, {self.flavour})",
            f"written   {len(self.written):,} sequences, {self.written_bytes:,} bytes{there}",
            f"  to      {output}",
        ]


def merge_into(
    output: Path,
    found: Found,
    target: Target,
    flavour: str = "fuzz",
    *,
    containers: bool = False,
    encoding: Encoding = DEFAULT,
) -> Merged:
    """Write as few entries to a folder as it takes to reach as much as all of them.

    Entries that are already in the folder are kept, whatever they add.
    Errors: UsageError if the folder is not a corpus or cannot be written; as
    pyfuzz.corpus.survey.survey.
    """
    there = Found()
    for path in corpus_folder.check_output(output):
        there.read(path, encoding)
    different = found.different()
    own = there.different()
    added = {one: files for one, files in different.items() if one not in own}
    inputs = [(files[0], one) for one, files in (*own.items(), *added.items())]
    measured = survey(target, flavour, [one for _, one in inputs])
    chosen = choose(inputs, measured, [files[0] for files in own.values()])
    kept = set(chosen.kept)
    new = [one for one, files in added.items() if files[0] in kept]
    return Merged(
        target=target.name,
        flavour=flavour,
        files=len(found.entries),
        inputs=len(different),
        size_bytes=sum(len(one.payload) for one in different),
        there=len(own),
        written=tuple(corpus_folder.write(output, new, containers=containers)),
        written_bytes=sum(len(one.payload) for one in new),
        edge_counters=measured.edge_counters,
        chosen=chosen,
        unreadable=tuple(found.unreadable),
    )
