# SPDX-License-Identifier: GPL-2.0-only
"""Read a file that a user hands in: whole, not longer than it may be, and without waiting.

A FIFO that nobody writes to, or a device, would hang or never end.
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
# A text in JSON, of ours: a summary with every finding is far below.
JSON_LIMIT_BYTES = 64 << 20
# A shell's <(command) is a pipe that somebody does write to.
_PIPES = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def read_bytes(path: Path, limit_bytes: int) -> bytes:
    """Return the content of a regular file, ``-`` for standard input.

    Errors: OSError if it cannot be read or is no regular file, TooLongError (a
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


def read_json(path: Path, limit_bytes: int = JSON_LIMIT_BYTES) -> Any:
    """Return what a file in JSON holds.

    Errors: OSError as read_bytes(), ValueError if it is too long, no UTF-8, no
    JSON, or nested deeper than can be read.
    """
    return parse_json(read_bytes(path, limit_bytes).decode("utf-8"))


def parse_json(text: str) -> Any:
    """Return what a text in JSON holds; ValueError if it is none or nested too deep."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


class TooLongError(ValueError):
    """The file is longer than one of its sort can be."""


def name_of(path: Path) -> str:
    """Return what to call a file in a message."""
    return "standard input" if path == STDIN else str(path)


def _open(path: Path) -> int:
    if str(path).startswith(_PIPES):
        return os.open(path, os.O_RDONLY)
    # Not waiting for who writes to a FIFO; of no effect on a file.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return fd
    os.close(fd)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    what = _KINDS.get(stat.S_IFMT(mode), "no file")
    raise OSError(errno.EINVAL, f"it is {what}", str(path))
