# SPDX-License-Identifier: GPL-2.0-only
"""Files with a sequence: text, our binary container, raw engine input.

The container, all numbers little-endian: magic ``PYFZ``, u8 version (1), u8 flags
(1: with faults), u8 the world's number, a zero byte, u32 length of the payload, u32 CRC-32 of the
payload that starts from the flags and the world's number, the payload (raw
operations, at most 4096 bytes).  A text says by its operations that it has
faults, raw input cannot.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pyfuzz import files, world
from pyfuzz.errors import UsageError
from pyfuzz.sequence import binary
from pyfuzz.sequence.binary import has_faults
from pyfuzz.sequence.input import DEFAULT, Encoding, Input
from pyfuzz.sequence.text import format_text, parse, world_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pyfuzz.world import Operation

MAGIC = b"PYFZ"
VERSION = 1
_HEAD = struct.Struct("<4sBBBBII")
_FLAGS_AT = 5
_FAULTS = 1

# More than any hand-written sequence with comments, less than a disk image that was
# named by mistake.
_MAX_FILE_BYTES = 1 << 20
_TEXT_LINE = re.compile(r"\s*(#|[a-z][a-z-]*(\s|$))", re.ASCII)


class FileKind(Enum):
    """What a file with a sequence is."""

    TEXT = "text"
    CONTAINER = "container"
    RAW = "raw engine input"


@dataclass(frozen=True, slots=True)
class SequenceFile:
    """A sequence and where it came from.

    ``operations`` are those that ``input`` decodes to, so a text file's
    operations with counts that no record can hold are already split; ``text``
    is the file's text, None for a binary one.
    """

    path: Path
    kind: FileKind
    input: Input
    operations: tuple[Operation, ...]
    text: str | None = None

    @property
    def payload(self) -> bytes:
        """The operations in the binary form."""
        return self.input.payload

    @property
    def faults(self) -> bool:
        """Whether the sequence plants faults, and must be run with faults enabled."""
        return has_faults(self.operations)


def pack(one: Input) -> bytes:
    """Put an input into a container, which records its world and whether it has faults."""
    payload, of = one.payload, one.encoding.world
    if len(payload) > binary.MAX_BYTES:
        raise UsageError(
            f"a sequence must have at most {binary.MAX_BYTES} bytes "
            f"({binary.max_operations(of)} operations), has {len(payload)}; shorten it"
        )
    flags = _FAULTS if one.faults else 0
    number = world.NUMBERS[of]
    checksum = zlib.crc32(payload, _start(flags, number))
    return _HEAD.pack(MAGIC, VERSION, flags, number, 0, len(payload), checksum) + payload


def _start(flags: int, number: int) -> int:
    """What the checksum starts from, so that a damaged flag or world is noticed as well."""
    return flags | number << 8


def unpack(data: bytes, name: str) -> Input:
    """Take the input out of a container.

    Raises UsageError, which calls the container ``name``, if it is truncated,
    damaged or of another version.
    """
    remedy = "get the file again from its source"
    if len(data) < _HEAD.size:
        raise UsageError(
            f"{name}: a container must have at least {_HEAD.size} bytes, has {len(data)}: "
            f"it is truncated; {remedy}"
        )
    magic, version, flags, number, reserved, length, checksum = _HEAD.unpack_from(data)
    payload = data[_HEAD.size :]
    if magic != MAGIC:
        raise UsageError(f"{name}: a container must begin with {MAGIC!r}, is {magic!r}; {remedy}")
    if version != VERSION:
        raise UsageError(
            f"{name}: the container's version must be {VERSION}, is {version}; "
            "use the pyfuzz that wrote it"
        )
    own = world.numbered(number)
    if flags & ~_FAULTS or own is None or reserved:
        raise UsageError(
            f"{name}: byte 5 must be 0 or {_FAULTS}, byte 6 a world's number "
            f"({', '.join(f'{known} {name}' for name, known in world.NUMBERS.items())}), byte 7 "
            f"must be 0, are {data[_FLAGS_AT : _FLAGS_AT + 3].hex(' ')}; {remedy}"
        )
    if len(payload) != length:
        state = "truncated" if len(payload) < length else "longer than its header says"
        raise UsageError(
            f"{name}: the payload must have {length} bytes, has {len(payload)}: "
            f"it is {state}; {remedy}"
        )
    actual = zlib.crc32(payload, _start(flags, number))
    if actual != checksum:
        raise UsageError(
            f"{name}: the payload's CRC-32 must be {checksum:08x}, "
            f"is {actual:08x}: it is damaged; {remedy}"
        )
    if length > binary.MAX_BYTES:
        raise UsageError(
            f"{name}: a sequence must have at most {binary.MAX_BYTES} bytes, has {length}; {remedy}"
        )
    return Input(payload, Encoding(own.name, bool(flags & _FAULTS)))


def to_text(operations: Iterable[Operation]) -> str:
    """Write a whole text file: the header line and one operation a line."""
    operations = list(operations)
    return f"{world.of(operations).header}\n{format_text(operations)}"


def read_bytes(path: Path) -> bytes:
    """Read a file that a user named, ``-`` for standard input; UsageError if it cannot be read."""
    name = files.name_of(path)
    try:
        return files.read_bytes(path, _MAX_FILE_BYTES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{name}: cannot be read: {reason}; name a file you can read") from error
    except ValueError:
        raise UsageError(
            f"{name}: a file with a sequence must have at most {_MAX_FILE_BYTES} bytes, "
            "has more; it does not look like a pyfuzz file"
        ) from None


def read(path: Path, encoding: Encoding = DEFAULT) -> SequenceFile:
    """Read any file that holds a sequence; ``-`` is standard input.

    One whose name ends in .seq is text or a container, never engine input.
    ``encoding`` is that of an engine input, which does not state it.
    Raises UsageError that names the file and, for a text, the line.
    """
    data = read_bytes(path)
    if data.startswith(MAGIC):
        return _file(path, FileKind.CONTAINER, unpack(data, files.name_of(path)))
    if path.suffix == ".seq" or _looks_like_text(data):
        return _text_file(path, data)
    if len(data) > binary.MAX_BYTES:
        raise UsageError(
            f"{files.name_of(path)}: an engine input must have at most {binary.MAX_BYTES} "
            f"bytes, has {len(data)}; it is neither text, container nor engine input"
        )
    return _file(path, FileKind.RAW, Input(data, encoding))


def read_text(path: Path) -> SequenceFile:
    """Read a file that must be in the text form."""
    return _text_file(path, read_bytes(path))


def _text_file(path: Path, data: bytes) -> SequenceFile:
    name = files.name_of(path)
    if data.startswith(MAGIC):
        raise UsageError(f"{name}: must be text, is a binary container; see: pyfuzz show {path}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_text(path, data, error.start, "must be text in UTF-8") from None
    if "\0" in text:
        raise _no_text(path, data, data.index(0), "must be text")
    operations = parse(text, name)
    own = world_of(text, name)
    payload = own.encode(operations)
    if len(payload) > binary.MAX_BYTES:
        raise UsageError(
            f"{name}: a sequence must have at most {binary.max_operations(own.name)} operations, "
            f"has {len(operations)}; shorten it"
        )
    encoding = Encoding(own.name, own.has_faults(operations))
    return _file(path, FileKind.TEXT, Input(payload, encoding), text)


def _no_text(path: Path, data: bytes, at: int, rule: str) -> UsageError:
    line = data.count(b"\n", 0, at) + 1
    return UsageError(
        f"{files.name_of(path)}:{line}: {rule}, byte {at} is 0x{data[at]:02x}; "
        f"if it is an engine input, give it a name without {path.suffix or 'a suffix'}"
    )


def read_folder(folder: Path, warn: Callable[[str], None]) -> list[SequenceFile]:
    """Read every sequence in a corpus folder, in the order of the names.

    A file that cannot be used is skipped and ``warn`` gets one line that names
    it.  Files whose name begins with a dot are not part of a corpus.  Raises
    UsageError if the folder itself cannot be read.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{folder}: cannot be read: {reason}; name a corpus folder") from error
    files = []
    for path in paths:
        if path.name.startswith("."):
            continue
        try:
            files.append(read(path))
        except UsageError as error:
            warn(f"skipped: {error}")
    return files


def _file(path: Path, kind: FileKind, one: Input, text: str | None = None) -> SequenceFile:
    return SequenceFile(path, kind, one, tuple(one.operations()), text)


def _looks_like_text(data: bytes) -> bool:
    """Tell whether data is text: right or wrong, but meant for people.

    That is UTF-8 without control characters whose first line that is not blank
    begins with a comment or with a word, known or not: a mistyped word is an
    error to be shown, and not an engine input to be run.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if any(not (char.isprintable() or char in "\n\r\t") for char in text):
        return False
    first = next((line for line in text.split("\n") if line.strip()), "")
    return _TEXT_LINE.match(first) is not None
