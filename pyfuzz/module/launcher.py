# SPDX-License-Identifier: GPL-2.0-only
"""Runs a native program that is confined before it is loaded (csrc/mutants/confined.c).

Its constructors run before its main(), so it cannot confine itself.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import IO

from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from pyfuzz import paths
from pyfuzz.module import builder, confine

# What stands for the process in its filter.
_SELF = 0xFFFFFFFF
_MOST_BYTES = 1 << 20


def run(
    command: Sequence[str],
    *,
    writable: Iterable[Path] = (),
    environment: Mapping[str, str] | None = None,
    timeout_s: float,
) -> subprocess.CompletedProcess[str]:
    """Run a program, which may write in ``writable`` only; return the end of what it printed.

    It dies with the thread that calls this.  The descriptors and the filter are those of
    confine.confine(), except that the program may execute itself.

    Errors: subprocess.TimeoutExpired.
    """
    launcher, program = _launcher(), Path(command[0])
    with ExitStack() as stack:
        rules = confine.ruleset(writable, (program, _interpreter(launcher)))
        if rules is not None:
            stack.callback(os.close, rules)
        calls = None
        if confine.has_seccomp():
            calls = os.memfd_create("filter")
            stack.callback(os.close, calls)
            os.write(calls, confine.packed(confine.program(_SELF, executes=True)))
        given = [-1 if one is None else one for one in (rules, calls)]
        # Files, of which only so much is read: a pipe could fill this process's memory.
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        done = subprocess.run(
            [str(launcher), *map(str, given), *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment,
            pass_fds=[one for one in given if one >= 0],
            timeout=timeout_s,
            check=False,
        )
        return subprocess.CompletedProcess(
            list(command), done.returncode, _end_of(out), _end_of(err)
        )


def _end_of(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _MOST_BYTES))
    return file.read(_MOST_BYTES).decode("utf-8", "replace")


@cache
def _launcher() -> Path:
    return builder.build_program(paths.csrc() / "mutants" / "confined.c")


@cache
def _interpreter(program: Path) -> Path:
    """Return the loader that executes a program; every program of the compiler has the same."""
    with program.open("rb") as file:
        for segment in ELFFile(file).iter_segments():
            if isinstance(segment, InterpSegment):
                return Path(str(segment.get_interp_name()))
    return program
