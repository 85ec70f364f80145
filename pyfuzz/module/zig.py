# SPDX-License-Identifier: GPL-2.0-only
"""Calls the clang in zig itself, with what ``zig cc`` would tell it.

For each file, ``zig cc`` starts that clang, hashes all that it has read, and copies the
object with its linker, for its own cache.  That is a quarter of the time that a file of the
harness takes, and build.py keeps objects anyway.  So ``zig cc`` compiles one file, and
shows how it would have the others compiled.
"""

from __future__ import annotations

import shlex
from itertools import pairwise
from pathlib import Path

_HEADERS = "-isystem"  # those of the compiler and of the C library
_MACRO = "-D"  # which C library that is
# The processor; zig has its own way to recognise it.
_FRONTEND = ("-target-cpu", "-target-feature")


def is_zig_cc(command: tuple[str, ...]) -> bool:
    """Tell whether a command is ``zig cc``."""
    *zig, last = command
    return bool(zig) and last == "cc" and Path(zig[-1]).name in ("zig", "ziglang")


def clang(command: tuple[str, ...], said: str) -> tuple[str, ...]:
    """Return the command that compiles like ``command``, a ``zig cc``, that ``said`` so with -v.

    It is empty if what was said is not what clang says.
    """
    lines = [line for line in said.splitlines() if " -cc1 " in line and " -triple " in line]
    if not lines:
        return ()
    words = shlex.split(lines[0])
    found = [*command[:-1], "clang", "-nostdlibinc", "-nobuiltininc"]
    for word, value in pairwise(words):
        if word == "-triple":
            found.append(f"--target={value}")
        elif word == _HEADERS:
            # zig names a folder below the current one relative to that.
            found += [word, str(Path(value).absolute())]
        elif word == _MACRO:
            found += [word, value]
        elif word in _FRONTEND:
            found += ["-Xclang", word, "-Xclang", value]
        elif word.startswith("-dwarf-version="):
            found.append(f"-fdebug-default-version={word.partition('=')[2]}")
    return tuple(found)
