# SPDX-License-Identifier: GPL-2.0-only
"""Folders with sequences: reading those that a user names, and writing more."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pyfuzz.corpus import entry as corpus_file
from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.run import folder as run_folder
from pyfuzz.run import provenance
from pyfuzz.run import worlds as run_worlds
from pyfuzz.sequence import container
from pyfuzz.sequence.input import DEFAULT, Encoding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pyfuzz.sequence.input import Input
    from pyfuzz.target.catalogue import Target

CONTAINER = ".pyfz"


@dataclass(slots=True)
class Found:
    """The content of folders: entries, and files that could not be read, with the reason.

    ``folders`` are those that were named.  Entries with the same content are all
    included, in the order of their names.
    """

    entries: list[tuple[Path, Input]] = field(default_factory=list)
    unreadable: list[tuple[Path, str]] = field(default_factory=list)

    def read(self, path: Path, encoding: Encoding = DEFAULT) -> None:
        """Read one file; ``encoding`` is that of engine inputs, and has the world of all."""
        try:
            self.entries.append((path, _read_input(path, encoding)))
        except UsageError as error:
            self.unreadable.append((path, str(error)))

    def different(self) -> dict[Input, list[Path]]:
        """Return the files of each sequence, the shortest sequence first."""
        files: dict[Input, list[Path]] = {}
        for path, one in sorted(self.entries, key=lambda pair: _order(pair[1])):
            files.setdefault(one, []).append(path)
        return files


def is_run(path: Path) -> bool:
    """Tell whether a path is a campaign's run folder, even if damaged."""
    return os.path.lexists(path / run_folder.MARKER) or (path / "corpus").is_dir()


def find(paths: Iterable[Path], encoding: Encoding = DEFAULT) -> Found:
    """Read what was named: corpus folders, run folders, single files.

    Of a campaign in several worlds, the run folder of the encoding's world is read.
    From a run folder, that is its corpus, and what a killed campaign left with its
    workers.  ``encoding`` is that of engine inputs, except in the run folder of a
    campaign with faults, which says so; sequences of another world count as unreadable.
    Errors: UsageError about a path that is not there or cannot be read.
    """
    found = Found()
    for path in (run_worlds.the_run(path, encoding.world) for path in paths):
        if is_run(path):
            _read_run(found, path, replace(encoding, faults=True) if _of_faults(path) else encoding)
        elif path.is_dir():
            _read_folder(found, path, encoding)
        else:
            found.entries.append((path, _read_input(path, encoding)))
    return found


def _read_input(path: Path, encoding: Encoding) -> Input:
    """Read an entry.

    Errors: UsageError also for one of another world, which the target cannot run.
    """
    one = corpus_file.read_input(path, encoding)
    if one.encoding.world != encoding.world:
        raise UsageError(
            f"{path}: is of the world {one.encoding.world}, the target of {encoding.world}; "
            "name a target of its world"
        )
    return one


def target_of_runs(paths: Iterable[Path]) -> Target | None:
    """Return the target of the run folders among the paths, None if there are none.

    Of a campaign in several worlds, that is the target of the first world.

    Errors: UsageError if they have different targets, or if a target cannot be made.
    """
    targets: dict[str, Target] = {}
    named = [path for paths_of in map(run_worlds.runs_in, paths) for path in paths_of[:1]]
    for path in named:
        if not is_run(path):
            continue
        campaigns, notes = provenance.read(path)
        target = provenance.target_of(path, campaigns[-1]) if campaigns else None
        if target is None:
            why = "does not say what was fuzzed, or that no longer exists"
            raise UsageError(
                f"{notes[0] if notes else f'{path}: {why}'}; name the target with --target or "
                "--kernel"
            )
        targets.setdefault(target.name, target)
    if len(targets) > 1:
        raise UsageError(
            f"the run folders are of several targets ({', '.join(targets)}); name one with "
            "--target or --kernel"
        )
    return next(iter(targets.values()), None)


def check_output(folder: Path) -> list[Path]:
    """Return the entries of a folder to write to; none if it does not exist.

    Errors: UsageError if it holds anything but entries of a corpus.
    """
    remedy = "name an empty folder, or a corpus, with -o DIR"
    if is_run(folder):
        raise UsageError(
            f"{folder}: is a run folder; name its corpus, -o {folder / 'corpus'}, or another folder"
        )
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        raise UsageError(f"{folder}: is a file; {remedy}") from None
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read: {error.strerror or error}; {remedy}") from None
    for path in paths:
        if path.is_dir():
            raise UsageError(f"{folder}: is not a corpus: it has the folder {path.name}; {remedy}")
        if not corpus_file.is_named(path):
            raise UsageError(f"{folder}: is not a corpus: it has {path.name}; {remedy}")
        try:
            corpus_file.read_input(path)
        except UsageError as error:
            raise UsageError(f"{folder}: is a damaged corpus: {error}") from None
    return paths


def write(folder: Path, inputs: Iterable[Input], *, containers: bool = False) -> list[Path]:
    """Store inputs in a folder, creating it; return the files, including existing ones.

    A file is an engine input named by its SHA-1, or a container if that is asked
    for or if the input has faults, which an engine input cannot express.
    Errors: UsageError if it cannot be written; files already written are complete.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in inputs:
            path = folder / corpus_file.name_of(one.payload)
            data = one.payload
            if containers or one.faults:
                path = path.with_suffix(CONTAINER)
                data = container.pack(one)
            if not path.exists():
                write_beside(path, data)
            written.append(path)
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be written: {error.strerror or error}; {len(written)} files were; "
            "make room, or name another with -o DIR"
        ) from error
    return written


def _of_faults(run: Path) -> bool:
    """Tell whether the campaigns of a run folder planted faults."""
    campaigns, _ = provenance.read(run)
    return any("--faults" in campaign["command"].split() for campaign in campaigns)


def _read_run(found: Found, run: Path, encoding: Encoding) -> None:
    """Read a campaign's corpus, and inputs of its workers that did not get there."""
    there: set[str] = set()
    for folder in (run / "corpus", *sorted(run.glob("workers/*/corpus"))):
        if folder.is_dir():
            for path in _listed(folder):
                if path.name not in there:
                    there.add(path.name)
                    found.read(path, encoding)


def _read_folder(found: Found, folder: Path, encoding: Encoding) -> None:
    for path in _listed(folder):
        if path.is_dir():
            found.unreadable.append((path, f"{path}: is a folder inside a corpus; name it, too"))
        else:
            found.read(path, encoding)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{folder}: cannot be read: {reason}; name a corpus folder") from error


def _order(one: Input) -> tuple[int, bytes, bool]:
    return len(one.payload), one.payload, one.faults
