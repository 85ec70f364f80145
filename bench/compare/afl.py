# SPDX-License-Identifier: GPL-2.0-only
"""The peer AFL++: the same driver and harness, compiled by its own compiler.

As with pyfuzz, only the target's own file has coverage: it is compiled by
afl-clang-fast; harness, shim and driver by the compiler that pyfuzz uses.
AFL++'s driver for libFuzzer harnesses provides the persistent loop and test cases
in shared memory.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.module import builder, compiler
from pyfuzz.target.catalogue import Target

# Where Debian, upstream's make install and others put the static library.
_DRIVERS = (
    "/usr/lib/afl/libAFLDriver.a",
    "/usr/local/lib/afl/libAFLDriver.a",
    "/usr/lib64/afl/libAFLDriver.a",
)
ENVIRONMENT = {
    "AFL_NO_UI": "1",
    "AFL_QUIET": "1",
    "AFL_NO_AFFINITY": "1",
    "AFL_SKIP_CPUFREQ": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
}
# One operation of four bytes: unlike libFuzzer, AFL++ does not start from nothing.
SEED = bytes(4)


def missing() -> str:
    """Return which part of AFL++ is missing on this machine; "" if none is."""
    for program in ("afl-fuzz", "afl-clang-fast"):
        if shutil.which(program) is None:
            return f"{program} is missing: install the package afl++"
    if _driver() is None:
        return "libAFLDriver.a is missing: install the package afl++"
    return ""


def _driver() -> Path | None:
    # AFL_PATH is AFL++'s own variable: where its files are if not where it was built for.
    named = [f"{folder}/libAFLDriver.a"] if (folder := os.environ.get("AFL_PATH")) else []
    return next((Path(path) for path in (*named, *_DRIVERS) if Path(path).is_file()), None)


@cache
def version() -> str:
    """Return the version that afl-fuzz prints."""
    done = subprocess.run(["afl-fuzz", "-V"], capture_output=True, text=True, check=False)
    match = re.search(r"afl-fuzz\+*([0-9.]+\w*)", done.stdout + done.stderr)
    return f"AFL++ {match[1]}" if match else "AFL++"


class Builder:
    """Builds programs for AFL++ in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def build(self, target: Target) -> Path:
        """Return the program of a target.

        Errors: UsageError with the compiler's first error.
        """
        flags = [
            flag
            for flag in builder.target_flags(target, "fuzz")
            if not flag.startswith("-fsanitize-coverage")
        ]
        main_source = paths.csrc() / "mutants" / "driver.c"
        objects = builder.harness_objects(target.world, "fuzz", main_source)
        driver = _driver()
        assert driver is not None, missing()
        own = self._folder / f"{target.name}.afl.o"
        program = self._folder / f"{target.name}.afl"
        # AFL++'s own pass counts in line, and the pass that watches the accesses of the
        # world threads would watch these, too: there clang's counters call a function.
        way = {"AFL_LLVM_INSTRUMENT": "LLVM-NATIVE"} if "-fsanitize=thread" in flags else {}
        _run(["afl-clang-fast", *flags, "-c", str(target.source), "-o", str(own)], way)
        _run(["afl-clang-fast", *map(str, [own, *objects, driver]), "-o", str(program)])
        own.unlink()
        return program


def _run(command: list[str], way: Mapping[str, str] = MappingProxyType({})) -> None:
    environment = {**compiler.find().environment, "AFL_QUIET": "1", **way}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error" in line]
        raise UsageError(f"{command[0]} does not compile: {(errors or [done.stderr[:200]])[0]}")
