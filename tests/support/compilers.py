# SPDX-License-Identifier: GPL-2.0-only
"""Compile and run a C file with the machine's own compilers, gcc and clang."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from pyfuzz.module import compiler
from pyfuzz.module.compiler import Compiler

COMPILERS = ("gcc", "clang")


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it printed."""

    status: int
    output: str


def compile_c(which: str, source: Path, *flags: str) -> Path:
    """Compile a C file without a warning and return the program.

    Skips the test where there is no such compiler, or none that can link with these flags.
    """
    program = source.with_name(f"{source.stem}-{which}")
    chosen = _compiler(which)
    if flags and (trouble := _cannot_link(chosen, flags)):
        pytest.skip(trouble)
    # zig adds a sanitizer of its own.
    done = _compile_and_link(chosen, source, program, "-Wall", *(flags or ("-fno-sanitize=all",)))
    assert (0, "") == (done.returncode, done.stderr), done.stderr
    return program


def _compiler(which: str) -> Compiler:
    if which == "clang":
        return compiler.find()
    found = shutil.which("gcc")
    if found is None:
        pytest.skip("gcc is not installed: apt-get install gcc")
    return Compiler((found,), "gcc", "the test asks for it")


@cache
def _cannot_link(chosen: Compiler, flags: tuple[str, ...]) -> str:
    """Return why this compiler cannot link a program with these flags; empty if it can.

    zig has no AddressSanitizer runtime, and clang's is in a separate package.
    """
    with tempfile.TemporaryDirectory(prefix="pyfuzz-") as folder:
        source = Path(folder, "empty.c")
        source.write_text("int main(void) { return 0; }\n")
        done = _compile_and_link(chosen, source, source.with_suffix(""), *flags)
    if done.returncode == 0:
        return ""
    said = [line for line in done.stderr.splitlines() if "error" in line] or ["no message"]
    return f"{chosen.version} cannot link a program with {' '.join(flags)}: {said[0].strip()}"


def _compile_and_link(
    chosen: Compiler, source: Path, program: Path, *flags: str
) -> subprocess.CompletedProcess[str]:
    """Compile in two steps: zig links like build.py does, so it has what it needs."""
    objects = program.with_name(f"{program.name}.o")
    for command in (
        [*chosen.command, *flags, "-c", "-o", str(objects), str(source)],
        [*chosen.link, *flags, "-o", str(program), str(objects)],
    ):
        done = subprocess.run(
            command, env=chosen.environment, capture_output=True, text=True, check=False
        )
        if done.returncode or done.stderr:
            break
    return done


def run(program: Path) -> Ended:
    """Run a program that was compiled."""
    done = subprocess.run(
        [program], env=dict(os.environ), capture_output=True, text=True, check=False, timeout=600
    )
    return Ended(done.returncode, done.stdout + done.stderr)
