# SPDX-License-Identifier: GPL-2.0-only
"""Reads a run folder for its report: everything readable, and notes on the rest.

A run that was killed has no summary.json, a copied one has other paths, a damaged
one lacks files: none of this is a reason not to report the rest.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyfuzz import files, records, world
from pyfuzz.errors import PyfuzzError, UsageError
from pyfuzz.exhaust import record as exhausted
from pyfuzz.run import folder as run_folder
from pyfuzz.run import provenance, stats, summary
from pyfuzz.sequence import container
from pyfuzz.sequence.input import Encoding, Input
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue

if TYPE_CHECKING:
    from pyfuzz.target.catalogue import Target
    from pyfuzz.target.kernel import Kernel
    from pyfuzz.world import Operation

# Any of these tells that a folder without its run.json was a run folder.
_PARTS = (summary.FILE, provenance.FILE, stats.FILE, "findings", "corpus")
_STEM = re.compile(r"(?P<kind>[a-z-]+?)-(?P<function>\w+)-(?P<signature>[0-9a-f]{8})")
_KNOWN = re.compile(r"^# target .*; known: (?P<reason>.*)$", re.MULTILINE)
_SAID = re.compile(r"^# (?P<kind>[a-z-]+) in (?P<function>\w+): (?P<message>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StoredInput:
    """An input of the corpus, and its file."""

    path: Path
    input: Input


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding as the run left it, in the campaign's summary or in its artifact.

    ``earlier``: an earlier campaign in the folder found it, the last one did not.
    """

    said: summary.FoundEntry
    operations: tuple[Operation, ...]
    artifact: Path | None
    earlier: bool = False

    @property
    def flavour(self) -> str | None:
        """The flavour that shows it; None if an older version did not say."""
        flavour = self.said.flavour
        return flavour if flavour in ("fuzz", "sanitize") else None


@dataclass(slots=True)
class Run:
    """What a run folder holds.

    ``target`` is None if it cannot be made again, ``summary`` if the campaign
    did not end, ``exhaust`` if no search of all states was made.  ``notes`` say,
    one line each, what could not be read, ``missing`` what was never there.
    """

    path: Path
    name: str
    target: Target | None = None
    summary: dict[str, Any] | None = None
    exhaust: dict[str, Any] | None = None
    campaigns: list[dict[str, Any]] = field(default_factory=list)
    samples: list[stats.Sample] = field(default_factory=list)
    findings: list[StoredFinding] = field(default_factory=list)
    inputs: list[StoredInput] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def flavour(self) -> str:
        """How the target was compiled for the campaign."""
        said = self.campaigns[-1] if self.campaigns else self.summary or {}
        return "sanitize" if said.get("flavour") == "sanitize" else "fuzz"

    @property
    def encoding(self) -> Encoding:
        """How the campaign's inputs are read."""
        if self.summary is not None and "faults" in self.summary:
            faults = bool(self.summary["faults"])
        else:
            faults = any("--faults" in shlex.split(said["command"]) for said in self.campaigns)
        return Encoding(self.target.world, faults) if self.target else Encoding(faults=faults)

    @property
    def kernel(self) -> Kernel | None:
        """The kernel that the target was cut out of, None for a port."""
        kernels = map(provenance.kernel_of, reversed(self.campaigns))
        return next((kernel for kernel in kernels if kernel is not None), None)


def read(path: Path, *, anything: bool = False) -> Run:
    """Read a run folder; ``anything``: also one whose marker is lost or of another format.

    Errors: UsageError if it is not a run folder.
    """
    name, problem = _marker(path)
    if problem and not anything:
        raise UsageError(
            f"{path} is not a readable run folder: {problem}; "
            "name a file with -o FILE to report what can be read"
        )
    run = Run(path, name)
    if problem:
        run.notes.append(f"{path}: {problem}: reported as far as it could be read")
    run.exhaust = _exhaust(run)
    run.summary = _summary(run)
    run.campaigns, notes = provenance.read(path)
    run.notes += notes
    _read_stats(run)
    run.target = _target(run)
    run.name = run.name or (run.target.name if run.target else "unknown target")
    _read_findings(run)
    _read_inputs(run)
    return run


def _marker(path: Path) -> tuple[str, str]:
    """Return the target's name that run.json says, and what is wrong with run.json."""
    if not path.is_dir():
        what = "is not a folder" if path.exists() else "does not exist"
        raise UsageError(f"{path} {what}: name the run folder that pyfuzz fuzz printed")
    marker = path / run_folder.MARKER
    try:
        said = records.read(files.read_object(marker), run_folder.Marker)
    except FileNotFoundError:
        if any((path / part).exists() for part in _PARTS):
            return "", f"it has no {run_folder.MARKER}"
        raise UsageError(
            f"{path} is not a run folder (it has no {run_folder.MARKER}): "
            "name the folder that pyfuzz fuzz printed"
        ) from None
    except (OSError, ValueError) as error:
        return "", f"its {run_folder.MARKER} cannot be understood ({files.reason(error)})"
    if said.pyfuzz != run_folder.FORMAT:
        return said.target, (
            f"it is of format {said.pyfuzz}, this pyfuzz reads format {run_folder.FORMAT}"
        )
    return said.target, ""


def _exhaust(run: Run) -> dict[str, Any] | None:
    try:
        return exhausted.read(run.path)
    except (OSError, ValueError) as error:
        path = run.path / exhausted.FILE
        run.notes.append(f"{path} cannot be read ({files.reason(error)}): left out")
        return None


def _summary(run: Run) -> dict[str, Any] | None:
    path = run.path / summary.FILE
    try:
        values = files.read_object(path)
        values.setdefault("notes", [])
        # Keys that a newer pyfuzz added are kept.
        records.read(values, summary.Summary)
    except FileNotFoundError:
        if run.exhaust is None:
            run.missing.append("summary.json: the campaign is still running or was killed")
        return None
    except (OSError, ValueError) as error:
        run.notes.append(f"{path} cannot be read ({files.reason(error)}): left out")
        return None
    return values


def _read_stats(run: Run) -> None:
    try:
        run.samples, notes = stats.read(run.path / stats.FILE)
    except OSError as error:
        run.notes.append(
            f"{run.path / stats.FILE} cannot be read ({files.reason(error)}): left out"
        )
        return
    run.notes += notes
    if not run.samples and not notes and run.exhaust is None:
        run.missing.append(f"{stats.FILE}: no statistics over time were recorded")


def _target(run: Run) -> Target | None:
    """Return the target that was fuzzed, made from what the run folder has."""
    if run.campaigns:
        made = provenance.target_of(run.path, run.campaigns[-1])
        if made is not None:
            return made
    name = run.name or str((run.summary or {}).get("target", ""))
    known = catalogue.find(name, next(iter((run.summary or {}).get("worlds", [])), None))
    if known is None:
        run.missing.append(
            f"the target {name or '(unknown name)'}: neither in the catalogue nor in the run "
            "folder, so nothing could be replayed: no traces, drawings or line coverage"
        )
    return known


def _read_findings(run: Run) -> None:
    folder = run.path / "findings"
    if run.summary is not None:
        for said in records.read(run.summary, summary.Summary).findings:
            artifact = folder / (Path(said.artifact or "").name or "none")
            try:
                operations = _operations(said, str(run.path))
            except PyfuzzError as error:
                run.notes.append(f"a finding's sequence cannot be read: {error}")
                continue
            there = artifact if artifact.is_file() else None
            run.findings.append(StoredFinding(said, operations, there))
        if len(run.campaigns) < 2:
            return
    told = {finding.artifact for finding in run.findings}
    for path in sorted(set(folder.glob("[!.]*.seq")) - told):
        try:
            stored = container.read_text(path)
        except PyfuzzError as error:
            run.notes.append(f"{error}: left out")
            continue
        said = _said(path, stored.text or "")
        earlier = run.summary is not None
        run.findings.append(StoredFinding(said, stored.operations, path, earlier))


def _operations(said: summary.FoundEntry, name: str) -> tuple[Operation, ...]:
    """Read the operations of a finding, which do not repeat the header that names their world."""
    if said.world not in world.NUMBERS:
        raise UsageError(
            f"{name}: the world must be one of {', '.join(world.NUMBERS)}, is '{said.world}'; "
            "use the pyfuzz that wrote this run"
        )
    lines = (world.get(said.world).header, *said.operations)
    return tuple(parse("\n".join(lines), name))


def _said(path: Path, text: str) -> summary.FoundEntry:
    """Make a finding's summary entry from its artifact's name and comments."""
    said, known = _SAID.search(text), _KNOWN.search(text)
    stem = _STEM.fullmatch(path.stem)
    return summary.FoundEntry(
        kind=said["kind"] if said else stem["kind"] if stem else "unknown",
        function=said["function"] if said else stem["function"] if stem else "",
        message=said["message"] if said else "",
        count=0,
        first_execution=0,
        first_seconds=0.0,
        operations=[],
        artifact=str(path),
        known=known is not None,
        reason=known["reason"] if known else None,
    )


def _read_inputs(run: Run) -> None:
    folder = run.path / "corpus"
    try:
        paths = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    except OSError as error:
        run.notes.append(f"{folder} cannot be read ({files.reason(error)}): no line coverage")
        return
    damaged = []
    for path in paths:
        try:
            data = container.read_bytes(path)
        except PyfuzzError as error:
            run.notes.append(str(error))
            continue
        if hashlib.sha1(data, usedforsecurity=False).hexdigest() == path.name:
            run.inputs.append(StoredInput(path, Input(data, run.encoding)))
        else:
            damaged.append(path)
    if damaged:
        run.notes.append(
            f"{damaged[0]}: its name is not its SHA-1, it is damaged: left out"
            + (f", as are {len(damaged) - 1} more" if len(damaged) > 1 else "")
        )
