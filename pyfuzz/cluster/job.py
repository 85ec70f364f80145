# SPDX-License-Identifier: GPL-2.0-only
"""What a slice is told and what it answers, as text: the code of a kernel is in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from pyfuzz import files, paths, records
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.files import write_beside
from pyfuzz.sequence.input import Encoding
from pyfuzz.share.identity import target_hash
from pyfuzz.share.objects import Host, SharedFinding
from pyfuzz.share.portable import Portable
from pyfuzz.target.catalogue import Target

T = TypeVar("T")
# A kernel's whole MMU with its headers, preprocessed, is 3 MiB.
MAX_SOURCE_BYTES = 16 << 20
MAX_JOB_BYTES = 2 * MAX_SOURCE_BYTES
MAX_ANSWER_BYTES = 1 << 20
MAX_RESULT_BYTES = 16 << 20

_Line = Annotated[str, msgspec.Meta(max_length=2000)]


@dataclass(frozen=True, slots=True)
class Job:
    """A slice of a campaign.

    ``label`` is what the name of the slice's heartbeat begins with.  ``key`` is the
    target's folder in the share: a pyfuzz with other C code has another.  ``source`` is
    the C code of an extracted target, "" for a port, whose file each pyfuzz has.
    ``seconds`` count from when the slice is started, with building.
    """

    label: str
    url: str
    key: str
    target: Portable
    source: str
    faults: bool
    flavour: str
    seed: int
    workers: records.Count
    first_worker: int
    seconds: records.Seconds
    memory_mb: int
    check: bool
    interval_s: float = 5.0

    def text(self) -> str:
        """Return the job as text for read()."""
        return json.dumps(records.plain(self))

    @classmethod
    def read(cls, text: str) -> Job:
        """Parse the text of a job.  Errors: HarnessError."""
        return read(text, cls)

    def unpacked(self) -> Target:
        """Return the target, its source written to the build folder if it came along.

        Errors: UsageError if it has no place here, OSError.
        """
        return unpacked(self.target, self.source, paths.build_dir() / "extracted")


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a slice.

    ``error`` is why it could not run or ended early, "" otherwise; ``hopeless``: it
    would be the same the next time.  ``name`` and ``beat`` are its last heartbeat; the
    share should have that and the findings too, unless it is full.
    """

    host: _Line
    error: _Line = ""
    hopeless: bool = False
    notes: Annotated[tuple[_Line, ...], msgspec.Meta(max_length=50)] = ()
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    beat: Host | None = None
    findings: Annotated[tuple[SharedFinding, ...], msgspec.Meta(max_length=1000)] = ()

    def text(self) -> str:
        """Return the answer as text for read(), with as many findings as there is room for."""
        text = json.dumps(records.plain(self))
        if len(text) < MAX_ANSWER_BYTES or not self.findings:
            return text
        return replace(self, findings=self.findings[: len(self.findings) // 2]).text()

    @classmethod
    def read(cls, text: object) -> Answer:
        """Parse the text of an answer.  Errors: HarnessError."""
        if not isinstance(text, str) or len(text) > MAX_ANSWER_BYTES:
            raise HarnessError("a slice of the campaign must answer with a short text")
        return read(text, cls)


@dataclass(frozen=True, slots=True)
class Said:
    """What a piece of a measurement (pieces.py) says when it ends.

    ``error`` is why there is no result, "" otherwise; ``hopeless``: it would be the same
    the next time; ``ours``: it is a mistake in pyfuzz.
    """

    host: _Line
    error: _Line = ""
    hopeless: bool = False
    ours: bool = False
    result: Annotated[str, msgspec.Meta(max_length=MAX_RESULT_BYTES)] = ""

    def text(self) -> str:
        """Return it as text for read()."""
        return json.dumps(records.plain(self))

    @classmethod
    def read(cls, text: object) -> Said:
        """Parse the text of an answer.  Errors: HarnessError."""
        if not isinstance(text, str) or len(text) > MAX_RESULT_BYTES:
            raise HarnessError("a piece of a measurement must answer with a text")
        return read(text, cls)


def packed(target: Target) -> tuple[Portable, str]:
    """Return a target for another machine, and its source if that must travel.

    Errors: UsageError if the source is too long, HarnessError if it is gone.
    """
    portable = Portable.of(target)
    csrc = paths.csrc().resolve()
    if target.source.resolve().is_relative_to(csrc):
        own = target.source.resolve().relative_to(csrc).as_posix()
        return replace(portable, source=own), ""
    try:
        # As the extractor writes it: each byte is a character.
        text = target.source.read_bytes().decode("latin-1")
    except OSError as error:
        raise HarnessError(f"{target.source} cannot be read: {error.strerror}") from None
    if len(text) > MAX_SOURCE_BYTES:
        raise UsageError(
            f"the target's source may have {MAX_SOURCE_BYTES >> 20} MiB to travel to a cluster, "
            f"has {len(text) >> 20}: use --share on each machine instead"
        )
    return replace(portable, source="target.c"), text


def unpacked(portable: Portable, source: str, folder: Path) -> Target:
    """Put together what packed() took apart; a source that came along is written below ``folder``.

    Errors: UsageError if a port is not here, OSError.
    """
    target = portable.target()
    if source:
        return replace(target, source=_stored(source, folder))
    own = paths.csrc() / portable.source
    if not own.resolve().is_relative_to(paths.csrc().resolve()) or not own.is_file():
        raise UsageError(f"this pyfuzz has no {portable.source}: install the same everywhere")
    return replace(target, source=own)


@dataclass(frozen=True, slots=True)
class Code:
    """A target on the way to another machine, where pyfuzz must have the same C code."""

    target: Portable
    source: str
    key: str

    @classmethod
    def of(cls, target: Target) -> Code:
        """Take a target apart; errors: as packed()."""
        return cls(*packed(target), _key(target))

    def unpacked(self, folder: Path) -> Target:
        """Put it together; errors: UsageError, OSError."""
        target = unpacked(self.target, self.source, folder)
        if _key(target) != self.key:
            raise UsageError(
                "this pyfuzz has other C code than the one that asks: install the same"
            )
        return target


def _key(target: Target) -> str:
    return target_hash(target, Encoding(target.world))


def _stored(text: str, folder: Path) -> Path:
    """Write a target's source below a folder, under a name made of its content."""
    data = text.encode("latin-1")
    folder = folder / hashlib.sha256(data).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "target.c"
    if not (path.is_file() and path.read_bytes() == data):
        write_beside(path, data)
    return path


def read(text: str, kind: type[T]) -> T:
    """Parse a message.  Errors: HarnessError."""
    try:
        return records.read(files.parse_json(text), kind)
    except ValueError as error:
        raise HarnessError(f"a cluster's message cannot be understood: {error}") from None
