# SPDX-License-Identifier: GPL-2.0-only
"""Refuses a kernel that makes the compiler read what is not the kernel's.

The files of the world ``pages`` are compiled as they are, so an ``#include`` of
theirs may name any file.  What was read is known from the preprocessor's output.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from pyfuzz.errors import UsageError
from pyfuzz.extract import reads

# The preprocessor's mark where it enters a file.
_ENTERS = re.compile(r'^# \d+ "((?:[^"\\\n]|\\.)*)" 1\b', re.MULTILINE)
_EMBED = re.compile(rb"^[ \t]*(?:#|%:|\?\?=)[ \t]*embed\b", re.MULTILINE)
# Where the files are that may be included.
_FOLDERS = ("include", "arch/x86/include", "arch/x86/kvm", "virt/kvm")


def refuse_special(root: Path) -> None:
    """Raise UsageError for a FIFO, a socket or a device among the files to include."""
    for folder in _FOLDERS:
        for path in _special(root / folder):
            raise UsageError(
                f"{path}: must be a regular file, is a FIFO, a socket or a device; take it out"
            )


def _special(folder: Path) -> Iterator[str]:
    """Yield what has a source file's name and is none; there are thousands to look at."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _special(Path(entry.path))
            elif entry.name.endswith((".h", ".c")) and not entry.is_file():
                path = Path(entry.path)
                if path.exists() and not path.is_dir():
                    yield entry.path


def refuse_foreign(text: str, own: Iterable[Path]) -> None:
    """Raise UsageError if preprocessing read a file that is in none of the ``own`` folders.

    Or if a file of the kernel's embeds another, or has the assembler read one.
    A symbolic link counts as a file where it is.
    """
    folders = tuple(f"{os.path.normpath(folder.absolute())}/" for folder in own)
    for name in dict.fromkeys(_ENTERS.findall(text)):
        if name.startswith("<"):
            continue  # the compiler's own definitions
        path = os.path.normpath(re.sub(r"\\(.)", r"\1", name))
        if not path.startswith(folders):
            raise UsageError(
                f"{path}: is included by the kernel's files, but is not one of them; "
                "give the whole tree if that is a header it lacks, else take that #include out"
            )
        if _embeds(path):
            raise UsageError(
                f"{path}: makes the compiler read a file (#embed); no kernel does, so take it out"
            )
    if (found := reads.assembled(text)) is not None:
        raise UsageError(
            f"the kernel's files make the assembler read a file (.{found}); take that out"
        )


@cache
def _embeds(path: str) -> bool:
    return _EMBED.search(Path(path).read_bytes()) is not None
