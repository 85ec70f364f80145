# SPDX-License-Identifier: GPL-2.0-only
"""Chooses the C compiler: a clang on this machine, else the one in ziglang.

Only clang has the coverage counters that the engine reads, so gcc will not do.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from pyfuzz import paths, records
from pyfuzz.errors import UsageError
from pyfuzz.module import linker, zig

COVERAGE = "-fsanitize-coverage=inline-8bit-counters,pc-table"
_TRIAL = "#include <stdint.h>\n#include <string.h>\nint trial(int n) { return n + 1; }\n"
_TRIAL_TIMEOUT_S = 180  # zig builds parts of its C library the first time


@dataclass(frozen=True, slots=True)
class Compiler:
    """The compiler chosen, why, and what was passed over on the way (with why).

    ``direct`` is a faster command that compiles a C file like ``command``, if there is one.
    """

    command: tuple[str, ...]
    version: str
    reason: str
    passed_over: tuple[str, ...] = ()
    direct: tuple[str, ...] = ()

    @property
    def compile(self) -> tuple[str, ...]:
        """The command to compile one C file with."""
        return self.direct or self.command

    @property
    def major(self) -> int:
        """The clang version's first number, 0 if it does not say one."""
        match = re.search(r"clang version (\d+)", self.version)
        return int(match[1]) if match else 0

    @property
    def environment(self) -> dict[str, str]:
        """The environment to run it in: zig's caches go to the build folder if not named."""
        cache_dir = str(paths.build_dir() / "zig")
        caches = {"ZIG_GLOBAL_CACHE_DIR": cache_dir, "ZIG_LOCAL_CACHE_DIR": cache_dir}
        # A sanitizer that is preloaded here must not be preloaded into the compiler.
        kept = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        return caches | kept | {"LC_ALL": "C"}

    @property
    def link(self) -> tuple[str, ...]:
        """The command to link a program with; for a shared object see linker.py.

        Left to itself, zig builds a runtime of UBSan for its first link, which
        takes half a minute and is not used.
        """
        return (*self.command, "-O2", "-fno-sanitize=all")

    @property
    def identity(self) -> str:
        """A text that changes when the compiler does."""
        return f"{shlex.join(self.compile)}\n{self.version}"


@dataclass(frozen=True, slots=True)
class _Trial:
    """What trying one command showed: a version if it is a clang that works."""

    version: str
    trouble: str
    direct: tuple[str, ...] = ()


@cache
def find() -> Compiler:
    """Return the compiler to use: $CC, the newest clang on PATH, or ziglang's.

    Errors: UsageError that names what was passed over, and the remedy.
    """
    passed_over: list[str] = []
    for command, reason in _candidates(passed_over):
        trial = _try(command)
        if not trial.trouble:
            return Compiler(command, trial.version, reason, tuple(passed_over), trial.direct)
        passed_over.append(f"{shlex.join(command)}: {trial.trouble}")
    looked = f" ({'; '.join(passed_over)})" if passed_over else ""
    raise UsageError(
        f"this machine has no clang that works{looked}: run 'make setup', or "
        f"'{sys.executable} -m pip install ziglang', or install the package clang"
    )


def _candidates(passed_over: list[str]) -> list[tuple[tuple[str, ...], str]]:
    found: list[tuple[tuple[str, ...], str]] = []
    named = shlex.split(os.environ.get("CC", ""))
    if named:
        path = shutil.which(named[0])
        if path is None:
            passed_over.append(f"$CC is {named[0]}, which does not exist")
        else:
            found.append(((path, *named[1:]), "$CC names it"))
    found += [((path,), "the newest clang on PATH") for path in _clangs_on_path()]
    if spec := importlib.util.find_spec("ziglang"):
        # What `python -m ziglang` executes, without starting Python each time.
        program = Path(spec.origin or "").with_name("zig")
        words = (str(program),) if program.is_file() else (sys.executable, "-m", "ziglang")
        command = (*words, "cc")
        found.append((command, "the ziglang package, since no clang on PATH works"))
    return found


def _clangs_on_path() -> list[str]:
    """Every clang-NN and clang on PATH, the one that reports the highest version first."""
    found: dict[Path, tuple[int, str]] = {}
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        try:
            paths = sorted(Path(folder or ".").glob("clang*"))
        except OSError:
            continue  # PATH may name folders that cannot be read
        for path in paths:
            match = re.fullmatch(r"clang(?:-(\d+))?", path.name)
            if match and os.access(path, os.X_OK):
                number = int(match[1]) if match[1] else _major(str(path))
                found.setdefault(path.resolve(), (number, str(path.absolute())))
    return [path for _, path in sorted(found.values(), key=lambda item: -item[0])]


def _major(path: str) -> int:
    match = re.search(r"version (\d+)", _try((path,)).version)
    return int(match[1]) if match else 0


def _try(command: tuple[str, ...]) -> _Trial:
    """Compile and link as a build would; the answer is kept in the build folder."""
    program = Path(shutil.which(command[0]) or command[0]).resolve()
    try:
        stat = program.stat()
    except OSError as error:
        return _Trial("", str(error.strerror))
    of = (program, stat.st_mtime_ns, stat.st_size, COVERAGE, _processor())
    subject = " ".join(map(str, (command, *of)))
    key = hashlib.sha256(subject.encode()).hexdigest()[:16]
    record = paths.build_dir() / "compilers" / f"{key}.json"
    try:
        return records.read(json.loads(record.read_text()), _Trial)
    except (OSError, ValueError):
        trial = _compile_trial(command)
    if not trial.trouble:  # a missing header may be installed any time
        record.parent.mkdir(exist_ok=True)
        beside = record.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(asdict(trial)))
        beside.replace(record)
    return trial


def _compile_trial(command: tuple[str, ...]) -> _Trial:
    tried = Compiler(command, "", "")
    environment = tried.environment
    version, trouble = _run([*command, "--version"], environment)
    if trouble:
        return _Trial("", trouble)
    if "clang version" not in version:
        return _Trial("", "is not a clang")
    direct: tuple[str, ...] = ()
    with tempfile.TemporaryDirectory(prefix="pyfuzz-") as folder:
        source = Path(folder, "trial.c")
        source.write_text(_TRIAL)
        objects, library = Path(folder, "trial.o"), Path(folder, "trial.so")
        compiling = ["-c", "-fPIC", COVERAGE, str(source), "-o", str(objects)]
        ours = zig.is_zig_cc(command)
        said, trouble = _run([*command, *(["-v"] if ours else []), *compiling], environment)
        if ours and not trouble:
            direct = zig.clang(command, said)
            objects.unlink()
            if not direct or _run([*direct, *compiling], environment)[1]:
                direct = ()
                _, trouble = _run([*command, *compiling], environment)
        if not trouble:
            _, trouble = _run(linker.shared(command, library, [objects]), environment)
    return _Trial("" if trouble else version.splitlines()[0].strip(), trouble, direct)


def _processor() -> str:
    """Return what distinguishes this processor: zig compiles for the one that it runs on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return ""
    return " ".join(line for line in lines if line.startswith(("model name", "flags", "Features")))


def _run(command: list[str], environment: dict[str, str]) -> tuple[str, str]:
    """Run a command; return what it printed, and what went wrong in one line."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TRIAL_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"cannot be run ({error})"
    if done.returncode == 0:
        return done.stdout + done.stderr, ""
    lines = [line for line in done.stderr.splitlines() if "error" in line] or ["no message"]
    return "", f"cannot compile a trial file ({lines[0].strip()})"


def main() -> None:
    """Print the compiler chosen and why; exit code 2 if there is none that works."""
    try:
        chosen = find()
    except UsageError as error:
        print(f"pyfuzz: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"{shlex.join(chosen.command)}: {chosen.version} ({chosen.reason})")


if __name__ == "__main__":
    main()
