# SPDX-License-Identifier: GPL-2.0-only
"""Compile targets: the only place that uses cffi and runs the compiler.

A module is one shared object of five parts: the target's own C file, the only
one with coverage counters; the harness; one world; the shim; and what cffi
generates from harness/pyfuzz.h and the world's own header (API mode).

The name of each built file contains a hash of everything that went into it, and
the file is renamed into place when it is complete.  So a finished file never
changes, and concurrent builds never see half a file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from threading import get_ident

import cffi

from pyfuzz import paths
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.module import compiler, linker
from pyfuzz.module.builder import MODULE
from pyfuzz.module.header import declarations
from pyfuzz.target.catalogue import Target

# The kernel's own flags that change what code means: KVM relies on wrapping
# integers, type punning and NULL checks that are not optimised away.
COMMON = (
    "-std=gnu11",
    "-O2",
    "-g",
    "-fno-strict-aliasing",
    "-fno-delete-null-pointer-checks",
    "-fwrapv",
    "-fno-omit-frame-pointer",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-sanitize=all",  # zig would add UBSan of its own
)
WARNINGS = ("-Wall", "-Wextra")
SANITIZE = ("-fsanitize=address,bounds", "-fsanitize-recover=address,bounds")
# Every basic block calls csrc/lines.  Without optimisation, a block's code belongs
# to its own lines only (docs/report.md).
LINES = ("-O0", "-fsanitize-coverage=bb,no-prune,trace-pc-guard,pc-table")
# For a kernel's complete files: flags that change the meaning of its code, and
# what a process lacks (control-flow tracking) or must not have (a red zone).
KERNEL = (
    "-fms-extensions",
    "-funsigned-char",
    "-fshort-wchar",
    "-fno-stack-protector",
    "-fcf-protection=none",
    "-mno-red-zone",
)
# Where its variables are, which `pyfuzz exhaust` must know.  ASan would leave out
# variables in such sections.
SECTIONS = ("-include", "worlds/pages/kernel/sections.h")
# The compiler calls csrc/worlds/threads before each access.  Only the pass, since
# the driver's -fsanitize=thread would also add a runtime.
THREADS = (
    "-Xclang",
    "-fsanitize=thread",
    "-mllvm",
    "-tsan-instrument-func-entry-exit=0",
    "-mllvm",
    "-tsan-distinguish-volatile=1",
    "-mllvm",
    "-tsan-compound-read-before-write=1",
    # So that traces and findings name the function of an access.
    "-fno-inline",
    "-fno-optimize-sibling-calls",
)
# Where zig would put a program's code and data, all addresses fit into 32 bits: not in a module.
PROGRAM = ("-pie",)
_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Flavour:
    """What a flavour adds: flags of every C file, flags of the target's own, and a folder.

    ``instead`` are the target's flags in place of coverage counters.  Only this
    flavour uses ``folder`` (in csrc).
    """

    flags: tuple[str, ...] = ()
    target_flags: tuple[str, ...] = ()
    instead: tuple[str, ...] | None = None
    folder: str | None = None


FLAVOURS = {
    "fuzz": Flavour(),
    "sanitize": Flavour(SANITIZE),
    "lines": Flavour(instead=LINES, folder="lines"),
    # Calls at comparisons, too; for one of a campaign's workers.
    "values": Flavour(target_flags=("-fsanitize-coverage=trace-cmp",)),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a world adds in every flavour: flags as above; ``lacks`` are flavours without it."""

    flags: tuple[str, ...] = ()
    target_flags: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


# The compiler has only one of the two sanitizers' instrumentations at a time.
WORLDS = {"threads": Surroundings(("-DPYFUZZ_THREADS=1",), THREADS, lacks=("sanitize",))}


@dataclass(frozen=True, slots=True)
class Unit:
    """One C file and its own flags."""

    source: Path
    flags: tuple[str, ...]


def build(target: Target, flavour: str = "fuzz") -> Path:
    """Return the extension module of a target, compiling it if necessary.

    Errors: UsageError with the compiler's first error if an extracted target
    does not compile, HarnessError if one of ours does not.
    """
    if flavour not in FLAVOURS:
        raise UsageError(f"there is no flavour '{flavour}': one of {', '.join(FLAVOURS)}")
    if flavour in _around(target.world).lacks:
        raise UsageError(f"the world {target.world} has no {flavour} flavour: leave it out")
    chosen, included = compiler.find(), _included_hash()
    units = [_target_unit(target, flavour), *harness_units(flavour, target.world)]
    key = _key(
        chosen.identity,
        *(f"{unit.source.name} {unit.flags}" for unit in units),
        _source_hash(target.source, included),
        sysconfig.get_platform(),
        version("cffi"),
        str(_python_include()),
    )
    label = re.sub(r"\W", "_", target.name)
    path = paths.build_dir() / "targets" / f"_pyfuzz_{label}_{flavour}_{key}.abi3.so"
    if path.exists():
        return path
    with _locked(path):
        if not path.exists():
            _build_module(chosen, target, flavour, units, included, path)
    return path


def build_native(target: Target, main_source: Path, archive: Path, flavour: str = "fuzz") -> Path:
    """Return a program without Python: a target, the harness, libFuzzer, a C file with main().

    ``archive`` is libFuzzer's static archive, or a shared object with it
    (build_engine()'s; for the sanitize flavour its runtime), with which linking is
    ten times faster.
    """
    chosen, included = compiler.find(), _included_hash()
    flags = (*COMMON, *WARNINGS, *includes(target.world))
    units = [
        _target_unit(target, flavour),
        *harness_units(flavour, target.world),
        Unit(main_source, flags),
    ]
    if archive.suffix != ".so":
        units += _engine_units()
    hashes = (_source_hash(unit.source, included) for unit in units)
    of = (chosen.identity, str(archive), *PROGRAM)
    key = _key(*of, *hashes, *(str(unit.flags) for unit in units))
    path = paths.build_dir() / "native" / f"{target.name}-{key}"
    if not path.exists():
        with _locked(path), _beside(path) as partial:
            objects = [str(_compile(chosen, unit, target, included)) for unit in units]
            libraries = [str(archive), *map(str, linker.cxx_libraries())]
            libraries += ["-lpthread", "-ldl", "-lm"]
            command = [*chosen.link, *PROGRAM, "-o", str(partial), *objects, *libraries]
            _run(chosen, command, main_source.name)
    return path


def build_program(source: Path) -> Path:
    """Return the program of one C file that needs neither a target nor an engine."""
    chosen, included = compiler.find(), _included_hash()
    unit = Unit(source, (*COMMON, *WARNINGS))
    key = _key(chosen.identity, _source_hash(source, included), *unit.flags)
    path = paths.build_dir() / "native" / f"{source.stem}-{key}"
    if not path.exists():
        with _locked(path), _beside(path) as partial:
            compiled = _compile(chosen, unit, None, included)
            _run(chosen, [*chosen.link, "-o", str(partial), str(compiled)], source.name)
    return path


def build_engine(archive: Path) -> Path:
    """Return libFuzzer as a shared object, linked from atheris's static archive.

    Its symbols must be global before a module is imported (pyfuzz/module/engine.py),
    which is impossible with a static archive or a Python extension.  csrc/engine is
    linked in, since libFuzzer looks for a custom mutator in its own object.
    """
    chosen, included = compiler.find(), _included_hash()
    stat = archive.stat()
    sources = [_source_hash(unit.source, included) for unit in _engine_units()]
    libraries = linker.cxx_libraries()
    of = (str(archive), str(stat.st_size), str(stat.st_mtime_ns), *map(str, libraries))
    key = _key(chosen.identity, *of, *sources)
    path = paths.build_dir() / "engine" / f"libfuzzer-{key}.so"
    if path.exists():
        return path
    with _locked(path), _beside(path) as partial:
        objects = [_compile(chosen, unit, None, included) for unit in _engine_units()]
        command = linker.shared(chosen.command, partial, objects, archive, libraries)
        _run(chosen, command, "libFuzzer")
    return path


def target_flags(target: Target, flavour: str) -> tuple[str, ...]:
    """Return the flags for a target's own C file."""
    return _target_unit(target, flavour).flags


def build_mutator() -> Path:
    """Return csrc/engine alone, for preloading when libFuzzer comes with a sanitizer."""
    chosen, included = compiler.find(), _included_hash()
    sources = [_source_hash(unit.source, included) for unit in _engine_units()]
    key = _key(chosen.identity, *sources)
    path = paths.build_dir() / "engine" / f"mutator-{key}.so"
    if path.exists():
        return path
    with _locked(path), _beside(path) as partial:
        objects = [_compile(chosen, unit, None, included) for unit in _engine_units()]
        _run(chosen, linker.shared(chosen.command, partial, objects), "the mutator")
    return path


def _engine_units() -> list[Unit]:
    # libFuzzer looks it up by name, so it must not be hidden.
    flags = (*COMMON, *WARNINGS, "-fvisibility=default", f"-I{paths.csrc()}")
    return [Unit(source, flags) for source in sorted((paths.csrc() / "engine").glob("*.c"))]


def includes(world: str) -> tuple[str, ...]:
    """Return the include path; ``adapter.h`` is the world's own."""
    return (f"-I{paths.csrc()}", f"-I{paths.csrc() / 'worlds' / world}")


def harness_sources(world: str) -> list[Path]:
    """Return the C files of the harness and a world, shared by all its targets."""
    csrc = paths.csrc()
    folders = [csrc / "harness", csrc / "compare", csrc / "worlds" / world]
    if _searchable(world):
        folders.append(csrc / "exhaust")
    return [source for folder in folders for source in sorted(folder.glob("*.c"))]


def _searchable(world: str) -> bool:
    """Whether the world can be searched exhaustively (csrc/exhaust/space.h)."""
    return (paths.csrc() / "worlds" / world / "space.c").is_file()


def harness_units(flavour: str, world: str = "lists") -> list[Unit]:
    """Return the C files that every target of a world shares; they have no coverage."""
    around = _around(world).flags
    flags = (*COMMON, *WARNINGS, *_flavour_flags(flavour), *around, *includes(world))
    of = FLAVOURS[flavour]
    shared = harness_sources(world)
    own = sorted((paths.csrc() / of.folder).glob("*.c")) if of.folder else []
    return [Unit(source, flags) for source in (*shared, *own)]


def harness_objects(world: str, flavour: str, main_source: Path) -> list[Path]:
    """Return the compiled harness with a world and a file with main(), without a target."""
    chosen, included = compiler.find(), _included_hash()
    main_unit = Unit(main_source, (*COMMON, *WARNINGS, *includes(world)))
    units = [*harness_units(flavour, world), main_unit]
    return [_compile(chosen, unit, None, included) for unit in units]


def _target_unit(target: Target, flavour: str) -> Unit:
    # A kernel's own code is compiled as it is; its warnings do not concern us.
    warnings = ("-w", "-Werror=implicit-function-declaration") if target.extracted else WARNINGS
    defines = tuple(f"-D{define}" for define in target.defines)
    around = _around(target.world)
    flags = (*COMMON, *warnings, *_flavour_flags(flavour), *around.flags)
    flags = (*flags, *includes(target.world), *defines)
    if target.extracted and (paths.csrc() / "worlds" / target.world / "kernel").is_dir():
        flags = (*flags, *KERNEL, *(() if flavour == "sanitize" else SECTIONS))
    of = FLAVOURS[flavour]
    coverage = (compiler.COVERAGE,) if of.instead is None else of.instead
    return Unit(target.source, (*flags, *coverage, *of.target_flags, *around.target_flags))


def _around(world: str) -> Surroundings:
    return WORLDS.get(world, Surroundings())


def _flavour_flags(flavour: str) -> tuple[str, ...]:
    flags = FLAVOURS[flavour].flags
    # By default an array at the end of a structure, such as sptes, counts as one
    # of any length, without bounds checks.  The kernel sets this flag, too; clang
    # supports it from version 16 on.
    strict = SANITIZE[0] in flags and compiler.find().major >= 16
    return (*flags, "-fstrict-flex-arrays=3") if strict else flags


def _build_module(
    chosen: compiler.Compiler,
    target: Target,
    flavour: str,
    units: list[Unit],
    included: str,
    path: Path,
) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder, _beside(path) as whole:
        glue = Path(folder, "cffi.c")
        _generate(flavour, target.world, glue)
        flags = (*COMMON, "-w", *includes(target.world), f"-I{_python_include()}")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts = (Unit(glue, flags), *units)
            objects = list(pool.map(lambda unit: _compile(chosen, unit, target, included), parts))
        _run(chosen, linker.shared(chosen.command, whole, objects), target.name)


def _python_include() -> Path:
    """The folder of Python.h: ours if Python's development files are not installed."""
    real = Path(sysconfig.get_paths()["include"])
    return real if (real / "Python.h").is_file() else paths.csrc() / "python"


def _generate(flavour: str, world: str, path: Path) -> None:
    """Write cffi's C file; it is the same for all targets of a flavour and a world."""
    of = FLAVOURS[flavour]
    own = [f"{of.folder}/{Path(of.folder).name}.h"] if of.folder else []
    shared = ["harness/pyfuzz.h", f"worlds/{world}/{world}.h", "compare/compare.h"]
    shared += ["exhaust/exhaust.h"] if _searchable(world) else []
    headers = [*shared, *own]
    ffi = cffi.FFI()
    for header in headers:
        ffi.cdef(declarations(header))
    includes = "\n".join(f'#include "{header}"' for header in headers)
    ffi.set_source(MODULE, includes, compiler_verbose=0)
    ffi.emit_c_code(str(path))


def _compile(chosen: compiler.Compiler, unit: Unit, target: Target | None, included: str) -> Path:
    """Return the object of one C file, cached or compiled."""
    key = _key(chosen.identity, *unit.flags, _source_hash(unit.source, included))
    path = paths.build_dir() / "objects" / f"{unit.source.stem}-{key}.o"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with _beside(path) as partial:
            command = [*chosen.compile, *unit.flags, "-c", str(unit.source), "-o", str(partial)]
            blame = target if target and unit.source == target.source else None
            _run(chosen, command, unit.source.name, blame)
    return path


def _run(
    chosen: compiler.Compiler, command: list[str], subject: str, target: Target | None = None
) -> None:
    try:
        done = subprocess.run(
            command,
            env=chosen.environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(
            f"the compiler {chosen.command[0]} cannot be run ({error}): see pyfuzz doctor"
        ) from error
    if done.returncode == 0:
        return
    first = _first_error(done.stderr)
    if target is not None and target.extracted:
        raise UsageError(
            f"{target.name} does not compile: {first}; the generated file is {target.source} "
            "(pyfuzz extract shows what was taken from the kernel)"
        )
    if target is not None and not target.builds:
        raise UsageError(f"{target.name} does not compile, as the catalogue says: {first}")
    raise HarnessError(f"{subject} does not compile with {chosen.version}: {first}; please report")


def _first_error(stderr: str) -> str:
    """The first error, at the place that #line gives."""
    lines = stderr.splitlines()
    for pattern in (r"^(.+:\d+):\d+: (?:fatal )?error: (.*)$", r"^()(.*\berror\b.*)$"):
        for line in lines:
            if match := re.match(pattern, line):
                return f"{match[1]}: {match[2]}" if match[1] else match[2].strip()
    return lines[0].strip() if lines else "the compiler said nothing"


def _source_hash(source: Path, included: str) -> str:
    """A hash of one C file, and of what it may include."""
    return hashlib.sha256(_read(source) + included.encode()).hexdigest()


def _included_hash() -> str:
    """A hash of everything in csrc that a C file may include; taken once per build."""
    digest = hashlib.sha256()
    for path in sorted(paths.csrc().rglob("*.*")):
        if path.suffix in (".h", ".def") or (path.suffix == ".c" and path.parent.name != "ports"):
            digest.update(path.name.encode() + b"\0" + _read(path))
    return digest.hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HarnessError(f"the source {path} cannot be read: {error.strerror}") from error


def _key(*parts: str) -> str:
    text = "\0".join((platform.machine(), *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Yield a temporary name next to path; rename it to path if nothing went wrong."""
    partial = path.with_name(f".{os.getpid()}-{get_ident()}-{path.name}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Lock the build of path; a second process waits and then finds it done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Build libFuzzer and the targets that the command line names."""
    from pyfuzz.errors import PyfuzzError  # noqa: PLC0415
    from pyfuzz.module import engine  # noqa: PLC0415 (both need this module)
    from pyfuzz.target import catalogue  # noqa: PLC0415 (both need this module)

    try:
        print(engine.load())
        for name in sys.argv[1:]:
            print(build(catalogue.get(name)))
    except PyfuzzError as error:
        print(f"pyfuzz: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
