# SPDX-License-Identifier: GPL-2.0-only
"""Links shared objects: with the compiler, or with zig's linker alone.

Before its first link, ``zig cc`` compiles a C library and a runtime, which takes longer
than compiling a target.  A shared object for this process needs neither: its C library is
the one that the process has, and what only exists as an archive is in csrc/harness/libc.c.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.module.zig import is_zig_cc

_ZIG_FLAGS = ("-shared", "--eh-frame-hdr", "--hash-style=gnu", "--build-id", "-z", "now")
_CXX = ("libstdc++.so", "libgcc_s.so")
# The loader has what accesses to thread-local variables call.
_OURS = ("libc.so.", "libm.so.", "ld-linux")


def shared(
    compile_command: tuple[str, ...],
    output: Path,
    objects: Iterable[Path],
    archive: Path | None = None,
    libraries: Iterable[Path] = (),
) -> list[str]:
    """Return the command that links a shared object; ``archive`` goes into it whole."""
    some, others = [*map(str, objects)], [*map(str, libraries)]
    zig = zig_linker(compile_command)
    whole = [] if archive is None else ["--whole-archive", str(archive), "--no-whole-archive"]
    if zig:
        return [*zig, *_ZIG_FLAGS, "-o", str(output), *some, *whole, *others, *_own_libraries()]
    # Left to itself, zig adds a runtime of UBSan, which is not used.
    command = [*compile_command, "-O2", "-fno-sanitize=all", "-shared", "-o", str(output), *some]
    command += [f"-Wl,{word}" if word.startswith("--") else word for word in whole]
    return [*command, *others, "-lpthread", "-ldl", "-lm"]


def zig_linker(compile_command: tuple[str, ...]) -> tuple[str, ...]:
    """Return zig's linker for a ``zig cc``, empty for another compiler or C library."""
    ours = is_zig_cc(compile_command) and any("libc.so." in one for one in _own_libraries())
    return (*compile_command[:-1], "ld.lld") if ours else ()


@cache
def _own_libraries() -> tuple[str, ...]:
    """Return the C library of this process, as files to link with."""
    return tuple(path for path in _mapped() if Path(path).name.startswith(_OURS))


def cxx_libraries() -> list[Path]:
    """Return the C++ library that atheris's own extensions have loaded, and its runtime.

    By their paths: a machine that has them for running programs often lacks what a linker
    needs to find them with -lstdc++.
    """
    try:
        ctypes.CDLL("libstdc++.so.6")
    except OSError as error:
        raise UsageError(
            f"libstdc++.so.6 is missing ({error}): install the package libstdc++6"
        ) from error
    found = [Path(path) for path in _mapped() if Path(path).name.startswith(_CXX)]
    if not any(path.name.startswith(_CXX[0]) for path in found):
        raise HarnessError("libstdc++.so.6 was loaded but is not in /proc/self/maps; please report")
    return found


def _mapped() -> list[str]:
    """Return the files that are mapped into this process, each once; not those since replaced."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    found = (line.split(maxsplit=5)[-1] for line in lines)
    return [path for path in dict.fromkeys(found) if path.startswith("/") and Path(path).is_file()]
