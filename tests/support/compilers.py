# SPDX-License-Identifier: GPL-2.0-only
"""Compile and run a C file with compilers that are not pyfuzz's business: gcc and clang."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pyfuzz.module import compiler

COMPILERS = ("gcc", "clang")


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it printed."""

    status: int
    output: str


def compile_c(which: str, source: Path, *flags: str) -> Path:
    """Compile a C file without a warning and return the program."""
    program = source.with_name(f"{source.stem}-{which}")
    environment = None
    if which == "gcc":
        found = shutil.which("gcc")
        if found is None:
            pytest.skip("gcc is not installed: apt-get install gcc")
        command = [found]
    else:
        chosen = compiler.find()
        environment = chosen.environment
        # zig adds a sanitizer of its own.
        command = [*chosen.command, *([] if flags else ["-fno-sanitize=all"])]
    done = subprocess.run(
        [*command, "-Wall", *flags, "-o", str(program), str(source)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return program


def run(program: Path) -> Ended:
    """Run a program that was compiled."""
    done = subprocess.run(
        [program], env=dict(os.environ), capture_output=True, text=True, check=False, timeout=60
    )
    return Ended(done.returncode, done.stdout + done.stderr)
