# SPDX-License-Identifier: GPL-2.0-only
"""A campaign's run folder: what is in it, and how it is written.

    OUT/run.json            marks the run folder, and names its target
    OUT/corpus/             inputs worth keeping, named by their SHA-1
    OUT/findings/           one .seq (text) and one .pyfz (binary) per finding
    OUT/findings.json       what is known of each finding, for the next campaign
    OUT/summary.json        the result, as --json prints it
    OUT/damaged/            corpus files whose content does not match their name
    OUT/fatal/              inputs that kill the process that runs them
    OUT/workers/NAME/       a worker's corpus, log and shared regions
    OUT/workers/began       when it began, for the times of findings

Every file is written to a temporary name and renamed, so none is ever incomplete.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pyfuzz import files, paths, records
from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.sequence import container
from pyfuzz.sequence.input import DEFAULT, Encoding

MARKER = "run.json"
FORMAT = 1
# Far more than an engine input can have.
_LARGEST_BYTES = 1 << 20


def default_path(target: str) -> Path:
    """Return a folder name that is not taken: out/TARGET-TIME under the current one."""
    stem = f"{target.replace(os.sep, '_')}-{time.strftime('%Y%m%d-%H%M%S')}"
    path = Path("out", stem)
    number = 2
    while path.exists():
        path = Path("out", f"{stem}-{number}")
        number += 1
    return path


@dataclass(frozen=True, slots=True)
class Marker:
    """run.json, which makes a folder a run folder: its format, its target, how inputs are read."""

    pyfuzz: int
    target: str
    faults: bool = DEFAULT.faults
    world: str = DEFAULT.world


def world_of(path: Path) -> str | None:
    """Return the world of a run folder, None if there is none that can be understood."""
    try:
        return records.read(files.read_object(path / MARKER), Marker).world
    except (OSError, ValueError):
        return None


class RunFolder:
    """A run folder locked by this process."""

    def __init__(self, path: Path, target: str, encoding: Encoding = DEFAULT) -> None:
        """Create the folder, or resume the one that an earlier campaign left.

        ``encoding`` is that of its inputs.  Errors: UsageError if it contains
        other things, is of another target, reads its inputs in another way,
        cannot be written, or is in use by another campaign.
        """
        self.path = path
        self.encoding = encoding
        self.resumed = False
        try:
            self._check(target)
            for folder in (path, self.corpus, self.findings, self.workers):
                folder.mkdir(parents=True, exist_ok=True)
            self._lock = self._hold()
            marker = records.plain(Marker(FORMAT, target, encoding.faults, encoding.world))
            write_beside(path / MARKER, json.dumps(marker).encode() + b"\n")
        except OSError as error:
            raise UsageError(
                f"the output folder {path} cannot be written: {error.strerror}; "
                "name another with --out DIR"
            ) from error

    @property
    def corpus(self) -> Path:
        """The inputs worth keeping."""
        return self.path / "corpus"

    @property
    def findings(self) -> Path:
        """The findings' artifacts."""
        return self.path / "findings"

    @property
    def workers(self) -> Path:
        """The workers' own folders."""
        return self.path / "workers"

    def prepare_corpus(self, warn: Callable[[str], None]) -> None:
        """Collect the corpus: the shipped seeds, and what earlier campaigns left.

        A seed that cannot be read is skipped and a damaged file is moved away, each
        with a warning that names it.
        """
        Exchange(self.corpus, sorted(self.workers.glob("*/corpus"))).carry()
        shutil.rmtree(self.workers)
        self.workers.mkdir()
        for path in sorted(self.corpus.iterdir()):
            if path.name.startswith("."):
                path.unlink()  # of a campaign that was killed while it wrote this
            elif _whole(path) is None:
                aside = self.path / "damaged"
                aside.mkdir(exist_ok=True)
                path.replace(aside / path.name)
                warn(f"{path} is damaged (its name is not its SHA-1): moved to {aside}")
        seeds = paths.corpus() / "seeds"
        if seeds.is_dir():
            for seed in container.read_folder(seeds, warn):
                if seed.input.encoding.world == self.encoding.world:
                    store(self.corpus, seed.payload)

    def begin(self, flavour: str) -> int:
        """Record that the workers start now; return the time, in monotonic nanoseconds."""
        now_ns = time.monotonic_ns()
        values = {"monotonic_ns": now_ns, "flavour": flavour}
        write_beside(self.workers / "began", json.dumps(values).encode())
        return now_ns

    def began(self) -> tuple[int, str]:
        """Return what begin() recorded for the last campaign; 0 if it did not get that far."""
        try:
            values = files.read_object(self.workers / "began")
            return int(values["monotonic_ns"]), str(values["flavour"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0, "fuzz"

    def settle(self) -> None:
        """Remove the workers' regions: what is in them is in findings.json now."""
        for path in self.workers.glob("*/shared.*"):
            path.unlink()

    def put_aside(self, data: bytes, folders: list[Path]) -> None:
        """Move an input that kills the worker's process out of the corpus."""
        name = _name(data)
        for path in (folder / name for folder in folders):
            if path.exists():
                aside = self.path / "fatal"
                aside.mkdir(exist_ok=True)
                path.replace(aside / name)

    def close(self) -> None:
        """Unlock the folder."""
        self._lock.close()

    def _check(self, target: str) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise UsageError(f"the output folder {self.path} is a file: name a folder with --out")
        if not any(self.path.iterdir()):
            return
        marker = self.path / MARKER
        if not marker.is_file():
            raise UsageError(
                f"the output folder {self.path} is neither empty nor a run folder (it has no "
                f"{MARKER}): name another with --out DIR"
            )
        try:
            began = records.read(files.read_object(marker), Marker)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{marker} cannot be understood ({files.reason(error)}): name another folder "
                "with --out DIR"
            ) from error
        if (began.pyfuzz, began.target) != (FORMAT, target):
            raise UsageError(
                f"the run folder {self.path} is of target {began.target} (format {began.pyfuzz}), "
                f"not of {target} (format {FORMAT}): name another with --out DIR"
            )
        if began.world != self.encoding.world:
            raise UsageError(
                f"the run folder {self.path} is of the world {began.world}, not of "
                f"{self.encoding.world}: name another with --out DIR"
            )
        if began.faults != self.encoding.faults:
            raise UsageError(
                f"the run folder {self.path} was started {'with' if began.faults else 'without'} "
                "--faults, which its inputs depend on: resume it in the same way, or name another "
                "with --out DIR"
            )
        self.resumed = True

    def _hold(self) -> IO[str]:
        lock = (self.path / ".lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise UsageError(
                f"the run folder {self.path} is in use by another campaign: wait for it, or "
                "name another with --out DIR"
            ) from None
        return lock


def store(folder: Path, data: bytes) -> Path:
    """Keep an input in a corpus folder, under the name that libFuzzer would give it."""
    path = folder / _name(data)
    if not path.exists():
        write_beside(path, data)
    return path


class Exchange:
    """Carries inputs between the workers' folders and into the campaign's corpus.

    A worker that is killed may leave an incomplete file.  libFuzzer names a file by
    the hash of its content, so such a file is recognised and skipped.
    """

    def __init__(self, corpus: Path, folders: list[Path]) -> None:
        self._corpus = corpus
        self._folders = folders
        self._carried: set[str] = {path.name for path in corpus.iterdir()}

    def carry(self) -> None:
        """Give every worker what the others found since the last time."""
        for own in self._folders:
            for name in self._new_names(own):
                data = _whole(own / name)
                if data is None:
                    continue
                self._carried.add(name)
                # Copies, not links: a worker that finds the same input itself
                # overwrites its file, and may be killed while it does.
                for other in (self._corpus, *self._folders):
                    if other != own:
                        store(other, data)

    def _new_names(self, folder: Path) -> list[str]:
        names = sorted(entry.name for entry in os.scandir(folder))
        return [name for name in names if name not in self._carried and not name.startswith(".")]


def _whole(path: Path) -> bytes | None:
    try:
        data = files.read_bytes(path, _LARGEST_BYTES)
    except (OSError, ValueError):
        return None  # the worker found a smaller input for the same, and removed this one
    return data if _name(data) == path.name else None


def _name(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
