# SPDX-License-Identifier: GPL-2.0-only
"""What is exported: the findings of a run folder or of a sequence file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import records, world
from pyfuzz.errors import UsageError
from pyfuzz.finding.artifact import replay_command
from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.regression.expectation import Expected
from pyfuzz.replay.replays import Replay
from pyfuzz.run import provenance, summary
from pyfuzz.run.summary import FoundEntry, Summary
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Shown, Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel
from pyfuzz.target.known_findings import Known
from pyfuzz.world import Operation


@dataclass(frozen=True, slots=True)
class Item(Shown):
    """One finding.

    ``known`` is the reason why it is a known one, None if it is new; ``expired``
    is then the expired entry that declared it, if any.  ``base`` says how it is
    known that the base of a comparison has it too, None if it does not.
    ``command`` shows it, in the flavour ``flavour``.
    """

    symptom: Symptom
    operations: tuple[Operation, ...]
    known: str | None
    expired: Known | None = None
    count: int = 1
    first_seconds: float = 0.0
    stem: str = ""
    command: str = ""
    base: str | None = None
    flavour: str = "fuzz"

    @property
    def fails(self) -> bool:
        """Whether it is new and so fails a test."""
        return self.known is None and self.base is None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A file of a regression folder, and what differs from what it expects.

    ``items`` are findings that it does not expect, ``missing`` those that it
    expects and that are not there.  ``base`` says how it is known that the base of
    a comparison does the same, None if it does not, or if nothing is wrong.
    """

    name: str
    operations: tuple[Operation, ...]
    items: tuple[Item, ...] = ()
    missing: tuple[Expected, ...] = ()
    base: str | None = None
    command: str = ""

    @property
    def problems(self) -> tuple[str, ...]:
        """What differs from the expectation, one line each."""
        missing = [f"{one} must be found, is not" for one in self.missing]
        return (*missing, *(f"{item.title}: {item.message}" for item in self.items))

    @property
    def fails(self) -> bool:
        """Whether something differs from the expectation, and not in the same way on the base."""
        return bool(self.problems) and self.base is None


@dataclass(frozen=True, slots=True)
class Subject:
    """The findings of one target; ``name`` is the run folder's or file's."""

    name: str
    target: Target
    flavour: str
    items: tuple[Item, ...]
    seconds: float = 0.0
    executions: int = 1
    regressions: tuple[Replayed, ...] = ()


def is_run(path: Path) -> bool:
    """Tell whether a path is meant as a run folder."""
    return path.is_dir()


def world_of(folder: Path) -> str:
    """Return the world that a run folder's campaign was in.

    Raises UsageError about the file and what is wrong with it.
    """
    return next(iter(summary.read(folder).worlds), world.DEFAULT)


def of_replay(done: Replay, kernel: Kernel | None = None) -> Subject:
    """Return what one sequence showed on one target; ``kernel`` is None for a port."""
    target, file, flavour = done.target, done.file, done.flavour
    command = replay_command(file.path, target, kernel, flavour)
    items = tuple(
        item_of(one, target, file.operations, file.path.stem, command, flavour)
        for one in done.findings
    )
    return Subject(str(file.path), target, done.flavour, items)


def item_of(
    finding: RawFinding,
    target: Target,
    operations: tuple[Operation, ...],
    stem: str,
    command: str,
    flavour: str = "fuzz",
) -> Item:
    """Return what one sequence showed once."""
    return Item(
        symptom=finding.symptom,
        operations=operations,
        known=target.known_reason(finding.symptom),
        expired=target.expired(finding.symptom),
        stem=stem,
        command=command,
        flavour=flavour,
    )


def of_run(folder: Path, known: Iterable[Known] = (), target: Target | None = None) -> Subject:
    """Read a run folder's result.

    ``target`` is needed where the folder itself does not say what was fuzzed.
    Raises UsageError about the file and what is wrong with it.
    """
    said = summary.read(folder)
    campaigns, _ = provenance.read(folder)
    if target is None and campaigns:
        target = provenance.target_of(folder, campaigns[-1])
    if target is None:
        target = catalogue.find(said.target, next(iter(said.worlds), None))
    if target is None:
        raise UsageError(
            f"{folder}: the source of its target {said.target} no longer exists; "
            "give the kernel with --kernel PATH"
        )
    entries = [entry for entry in known if entry.is_about(target.name)]
    kernel = provenance.kernel_of(campaigns[-1]) if campaigns else None
    known_here = target.knowing(entries)
    items = tuple(
        _item(f"{folder / summary.FILE}: findings[{number}]", one, known_here, folder, kernel, said)
        for number, one in enumerate(said.findings)
    )
    return Subject(
        str(folder),
        target,
        said.flavour,
        items,
        seconds=said.seconds,
        executions=said.executions,
    )


def _item(
    name: str, one: FoundEntry, target: Target, folder: Path, kernel: Kernel | None, said: Summary
) -> Item:
    """Return an entry of a summary as a finding; ``name`` is what errors call the entry."""
    try:
        kind = Kind(one.kind)
    except ValueError:
        raise UsageError(
            f"{name}: kind must be a kind of finding, is {records.shown(one.kind)}; "
            "was it written by another version of pyfuzz?"
        ) from None
    symptom = Symptom(kind, one.function or "", one.message, one.line or 0)
    # A sanitizer worker's findings are in a run of the plain flavour, too.
    flavour = one.flavour or said.flavour
    # The folder may have been moved since.
    path = folder / "findings" / Path(one.artifact).name if one.artifact else folder
    return Item(
        symptom=symptom,
        operations=tuple(parse("\n".join(one.operations), name, one.world)),
        known=one.reason if one.reason is not None else target.known_reason(symptom),
        expired=target.expired(symptom),
        count=one.count,
        first_seconds=one.first_seconds,
        stem=path.stem if one.artifact else f"{kind.value}-{symptom.function or 'unknown'}",
        command=replay_command(path, target, kernel, flavour) if one.artifact else "",
        flavour=flavour,
    )
