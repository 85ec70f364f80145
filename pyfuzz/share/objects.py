# SPDX-License-Identifier: GPL-2.0-only
"""What is in a share, as records; and the checks of what comes out of one."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec

from pyfuzz import files, records
from pyfuzz.corpus.entry import name_of
from pyfuzz.errors import UsageError
from pyfuzz.finding.finding import Finding
from pyfuzz.kinds import Kind
from pyfuzz.sequence import binary
from pyfuzz.sequence.input import Encoding, Input
from pyfuzz.sequence.text import format_operation, parse
from pyfuzz.symptom import Symptom

T = TypeVar("T")
VERSION = 1
MAX_INPUT_BYTES = binary.MAX_BYTES
MAX_RECORD_BYTES = 1 << 20

Text = Annotated[str, msgspec.Meta(max_length=2000)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Lines = Annotated[tuple[Text, ...], msgspec.Meta(max_length=binary.MAX_BYTES)]


@dataclass(frozen=True, slots=True)
class SharedFinding:
    """A finding as it lies in ``findings/``; the operations are text, one line each."""

    pyfuzz: int
    kind: Kind
    function: Name
    line: records.Count
    message: Text
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
    flavour: Name
    minimized: bool
    operations: Lines

    @classmethod
    def of(cls, finding: Finding) -> SharedFinding:
        """Return a finding as a share stores it."""
        return cls(
            pyfuzz=VERSION,
            kind=finding.kind,
            function=finding.function[:200],
            line=finding.line,
            message=finding.message[:2000],
            signature=f"{finding.signature:016x}",
            flavour=finding.flavour,
            minimized=finding.minimized,
            operations=tuple(map(format_operation, finding.operations)),
        )

    @property
    def symptom(self) -> Symptom:
        """What is broken, and where."""
        return Symptom(self.kind, self.function, self.message, self.line)

    @property
    def title(self) -> str:
        """What it is in a line."""
        return self.symptom.title

    def input(self, encoding: Encoding) -> Input:
        """Return its sequence.  Errors: UsageError if it is not one of this encoding."""
        of = encoding.world
        one = Input.of(parse("\n".join(self.operations), "a shared finding", of))
        if one.encoding.world != of or len(one.payload) > MAX_INPUT_BYTES:
            raise UsageError("its sequence is of another world, or too long")
        return Input(one.payload, encoding)


@dataclass(frozen=True, slots=True)
class Host:
    """A campaign's heartbeat in ``hosts/``; times are seconds since 1970.

    ``findings`` are the signatures of what it has found, known findings included.
    """

    pyfuzz: int
    host: Name
    target: Name
    source: Text
    world: Name
    faults: bool
    flavour: Name
    workers: records.Count
    started: records.Seconds
    updated: records.Seconds
    ended: bool
    seconds: records.Seconds
    executions: records.Count
    operations: records.Count
    edges: records.Count
    states: records.Count
    corpus: records.Count
    findings: Lines = ()
    received: records.Count = 0
    sent: records.Count = 0
    steps: records.Count = 0


class GarbageError(ValueError):
    """An object of a share is not what its name says; the message says why."""


def pack(record: SharedFinding | Host) -> bytes:
    """Return a record as it is stored."""
    return json.dumps(records.plain(record), sort_keys=True).encode() + b"\n"


def finding_name(data: bytes) -> str:
    """Return the name of a packed finding."""
    return f"{hashlib.sha256(data).hexdigest()}.json"


def checked_input(name: str, data: bytes, encoding: Encoding) -> Input:
    """Return the input that an object is.  Errors: GarbageError."""
    if len(data) > MAX_INPUT_BYTES:
        raise GarbageError(f"an input has at most {MAX_INPUT_BYTES} bytes")
    if name_of(data) != name:
        raise GarbageError("its name is not its SHA-1")
    one = Input(data, encoding)
    one.operations()
    return one


def checked_finding(name: str, data: bytes) -> SharedFinding:
    """Return the finding that an object is.  Errors: GarbageError."""
    if len(data) > MAX_RECORD_BYTES:
        raise GarbageError(f"a finding has at most {MAX_RECORD_BYTES} bytes")
    if finding_name(data) != name:
        raise GarbageError("its name is not its SHA-256")
    return _record(data, SharedFinding)


def checked_host(data: bytes) -> Host:
    """Return the heartbeat that an object is.  Errors: GarbageError."""
    if len(data) > MAX_RECORD_BYTES:
        raise GarbageError(f"a heartbeat has at most {MAX_RECORD_BYTES} bytes")
    return _record(data, Host)


def record(data: bytes) -> SharedFinding:
    """Parse a finding from JSON.  Errors: GarbageError."""
    return _record(data, SharedFinding)


def _record(data: bytes, kind: type[T]) -> T:
    try:
        values = files.object_of(files.parse_json(data.decode()))
        if values.get("pyfuzz") != VERSION:
            raise GarbageError(f"its version must be {VERSION}, is {values.get('pyfuzz')!r:.40}")
        return records.read(values, kind)
    except ValueError as error:  # UnicodeDecodeError is one
        raise GarbageError(files.reason(error)) from None


def host_name(text: str) -> str:
    """Return a text that can be part of a file's name."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", text)[:60].lstrip(".") or "host"
