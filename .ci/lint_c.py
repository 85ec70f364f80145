# SPDX-License-Identifier: GPL-2.0-only
"""Check our C by compiling it: every file in every flavour, with warnings as errors.

With ``--format``, also check the layout against .clang-format.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import build  # noqa: E402 (the checkout's, not an installed one)
from pyfuzz import paths, processes, world  # noqa: E402
from pyfuzz.errors import PyfuzzError  # noqa: E402
from pyfuzz.module import compiler  # noqa: E402
from pyfuzz.target import catalogue  # noqa: E402


def units() -> list[build.Unit]:
    """Return each of our C files with each set of flags that it is compiled with."""
    worlds = [name for name in world.NUMBERS if (paths.csrc() / "worlds" / name).is_dir()]
    found = {unit for name in worlds for unit in build.harness_units("fuzz", name)}
    for flavour in build.FLAVOURS:
        found |= set(build.harness_units(flavour))
    found |= set(build._engine_units())  # noqa: SLF001
    launcher = paths.csrc() / "mutants" / "confined.c"
    found.add(build.Unit(launcher, (*build.COMMON, *build.WARNINGS)))
    for target in catalogue.TARGETS.values():
        if target.builds:
            found.add(build.Unit(target.source, build.target_flags(target, "fuzz")))
    return sorted(found, key=str)


def check(unit: build.Unit, included: str) -> str:
    """Return the compiler's message about a file; "" if there is none.

    It really compiles into the build folder: zig has no -fsyntax-only, and files
    that did not change are not compiled again.  ``included`` is the hash of csrc.
    """
    strict = build.Unit(unit.source, (*unit.flags, "-Werror"))
    try:
        build._compile(compiler.find(), strict, None, included)  # noqa: SLF001
    except PyfuzzError as error:
        return f"{unit.source.relative_to(ROOT)}: {error}\n"
    return ""


def unformatted() -> list[str]:
    """Return the names of our C files that clang-format would change."""
    files = [
        path
        for folder in ("csrc", "bench")
        for pattern in ("*.c", "*.h")
        for path in sorted((ROOT / folder).rglob(pattern))
    ]
    program = Path(sys.executable).with_name("clang-format")
    command = [str(program), "--dry-run", "-Werror"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    return sorted({line.split(":")[0] for line in done.stderr.splitlines() if "error:" in line})


def main() -> int:
    """Check everything; return 1 if anything was found."""
    every = units()
    included = build._included_hash()  # noqa: SLF001
    with ThreadPoolExecutor(processes.cores()) as pool:
        said = [text for text in pool.map(lambda unit: check(unit, included), every) if text]
    print("".join(said) or f"C: {len(every)} compilations without a warning", file=sys.stderr)
    changed = unformatted() if "--format" in sys.argv[1:] else []
    for name in changed:
        print(f"{name}: clang-format would change it: make format", file=sys.stderr)
    return int(bool(said or changed))


if __name__ == "__main__":
    sys.exit(main())
