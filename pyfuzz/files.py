# SPDX-License-Identifier: GPL-2.0-only
"""Reads files named by the user, with a size limit and without blocking.

A FIFO without a writer, or a device, could block or never end.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

STDIN = Path("-")
# For our own JSON: a summary with every finding is far smaller.
JSON_LIMIT_BYTES = 64 << 20
# The shell's <(command) is a pipe that has a writer.
_PIPES = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
_JSON_NAMES = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def read_bytes(path: Path, limit_bytes: int) -> bytes:
    """Return the content of a regular file, ``-`` for standard input.

    Errors: OSError if it cannot be read or is not a regular file, TooLongError (a
    ValueError) if it is longer than the limit.
    """
    if path == STDIN:
        data = sys.stdin.buffer.read(limit_bytes + 1)
    else:
        with os.fdopen(_open(path), "rb") as stream:
            data = stream.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise TooLongError(f"it must have at most {limit_bytes} bytes, has more")
    return data


def read_head(path: Path, size_bytes: int) -> bytes:
    """Return how a regular file begins; OSError if it cannot be read or is not regular."""
    with os.fdopen(_open_regular(path), "rb") as stream:
        return stream.read(size_bytes)


def read_json(path: Path, limit_bytes: int = JSON_LIMIT_BYTES) -> Any:
    """Return what a file in JSON holds.

    Errors: OSError as read_bytes(), ValueError that names the line if it is too
    long, not UTF-8, not JSON, or nested too deeply.
    """
    data = read_bytes(path, limit_bytes)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"line {line} is not valid UTF-8, has byte 0x{data[error.start]:02x}"
        ) from None
    return parse_json(text)


def read_object(path: Path, limit_bytes: int = JSON_LIMIT_BYTES) -> dict[str, Any]:
    """Return the object that a file in JSON holds; errors as read_json()."""
    return object_of(read_json(path, limit_bytes))


def object_of(value: Any) -> dict[str, Any]:
    """Return what JSON holds if that is an object; ValueError if not."""
    if not isinstance(value, dict):
        raise ValueError(f"it must hold an object, holds {_JSON_NAMES[type(value)]}")
    return value


def reason(error: Exception) -> str:
    """Say in a few words why a file cannot be read, or what it lacks."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def parse_json(text: str) -> Any:
    """Return what a text in JSON holds; ValueError, as read_json(), if it is not JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:  # the only other: Python's limit for the digits of a number
        raise ValueError("a number in it has too many digits") from None


class TooLongError(ValueError):
    """The file is longer than a valid one can be."""


def name_of(path: Path) -> str:
    """Return what to call a file in a message."""
    return "standard input" if path == STDIN else str(path)


def _open(path: Path) -> int:
    if str(path).startswith(_PIPES):
        return os.open(path, os.O_RDONLY)
    return _open_regular(path)


def _open_regular(path: Path) -> int:
    # Do not wait for the writer of a FIFO; has no effect on a file.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return fd
    os.close(fd)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    what = _KINDS.get(stat.S_IFMT(mode), "no file")
    raise OSError(errno.EINVAL, f"it is {what}", str(path))


def write_beside(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
