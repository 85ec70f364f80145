# SPDX-License-Identifier: GPL-2.0-only
"""Building: cached, complete or not at all, and errors that name the user's file and line."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from elftools.elf.elffile import ELFFile

from pyfuzz import paths
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.module import builder, compiled, compiler, engine
from pyfuzz.mutants import trial
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.input import Input
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import EXTRACTED, TARGETS, Target

pytestmark = pytest.mark.compilers

PORTS = [target for target in TARGETS.values() if target.builds]


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty build folder that uses the same compiler as the real one."""
    chosen = compiler.find()
    monkeypatch.setattr(compiler, "find", lambda: chosen)
    monkeypatch.setenv("PYFUZZ_BUILD_DIR", str(tmp_path / "build"))
    paths.build_dir.cache_clear()
    yield tmp_path / "build"
    paths.build_dir.cache_clear()


@pytest.fixture
def build_py() -> ModuleType:
    return builder._build_py()


def broken(tmp_path: Path, text: str, generation: str = EXTRACTED) -> Target:
    source = tmp_path / "generated.c"
    source.write_text(text)
    return Target("mine", generation, "", source)


def modules(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.so") if "targets" in path.parts]


def test_second_build_is_the_first_ones_file() -> None:
    first = builder.build(catalogue.get("rfc-v4"))
    stamp = first.stat().st_mtime_ns
    assert (first, stamp) == (builder.build(catalogue.get("rfc-v4")), first.stat().st_mtime_ns)


def test_two_targets_of_one_source_are_two_modules() -> None:
    off, on = (builder.build(catalogue.get(name)) for name in ("v6.6", "v6.6-corruption-bug"))
    assert off != on


def test_program_of_a_target_is_anywhere_in_memory_as_a_module_is() -> None:
    with trial.build(catalogue.get("v6.6")).open("rb") as file:
        assert "ET_DYN" == ELFFile(file)["e_type"]


def test_sanitize_flavour_is_a_module_of_its_own() -> None:
    target = catalogue.get("rfc-v4")
    assert builder.build(target, "sanitize") != builder.build(target, "fuzz")


def test_unknown_flavour_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no flavour 'chocolate'"):
        builder.build(catalogue.get("rfc-v4"), "chocolate")


@pytest.mark.parametrize("target", PORTS, ids=lambda target: target.name)
def test_port_is_loaded_under_its_own_name_with_coverage(target: Target) -> None:
    traits = compiled.load(target).traits
    assert (target.name, True) == (traits.name, traits.counters > 0)


def test_rfc_v1_does_not_compile_for_the_reason_it_is_there() -> None:
    with pytest.raises(UsageError, match=r"says: .*\.h:\d+: too few arguments"):
        builder.build(catalogue.get("rfc-v1"))


def test_extracted_error_names_the_place_in_the_users_file(tmp_path: Path) -> None:
    target = broken(tmp_path, '#line 1042 "/their/tree/mmu.c"\nint f(void) { return nonsense; }\n')
    with pytest.raises(UsageError, match=r"/their/tree/mmu\.c:1042: .*nonsense"):
        builder.build(target)


def test_port_error_is_ours_to_mend(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"generated\.c:1: .*please report"):
        builder.build(broken(tmp_path, "int f(void) { return nonsense; }\n", generation="6.1"))


def test_extracted_function_that_is_nowhere_is_a_usage_error(tmp_path: Path) -> None:
    port = catalogue.get("rfc-v4").source
    text = f'#include "{port}"\nint nowhere(int);\nint __attribute__((visibility("default")))\n'
    text += "missing(void) { return nowhere(1); }\n"
    with pytest.raises(UsageError, match=r"cannot be loaded.*nowhere"):
        compiled.load(broken(tmp_path, text))


@pytest.mark.slow
def test_build_that_fails_at_the_end_leaves_no_module(
    fresh: Path, build_py: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = build_py._run

    def fail_to_link(chosen: object, command: list[str], *rest: object) -> None:
        run(chosen, command, *rest)
        if "-shared" in command:
            raise KeyboardInterrupt

    monkeypatch.setattr(build_py, "_run", fail_to_link)
    with pytest.raises(KeyboardInterrupt):
        builder.build(catalogue.get("rfc-v4"))
    assert [] == modules(fresh)


@pytest.mark.slow
def test_two_processes_at_once_build_one_module(fresh: Path) -> None:
    program = (
        "from pyfuzz.module import builder; from pyfuzz.target import catalogue\n"
        "print(builder.build(catalogue.get('rfc-v4')))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate()[0] for process in processes]
    assert told[0] == told[1] != ""
    assert [Path(told[0].strip()).name] == modules(fresh)


def test_target_without_coverage_has_no_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "COVERAGE", "-DPYFUZZ_NO_COVERAGE")
    assert compiled.load(catalogue.get("rfc-v4")).traits.counters == 0


@pytest.mark.slow
def test_our_own_c_compiles_without_a_warning(
    fresh: Path, build_py: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_py, "WARNINGS", (*build_py.WARNINGS, "-Werror"))
    included = build_py._included_hash()
    units = {unit for flavour in build_py.FLAVOURS for unit in build_py.harness_units(flavour)}
    units |= {build_py._target_unit(target, "fuzz") for target in PORTS}
    for unit in units:
        build_py._compile(compiler.find(), unit, None, included)
    assert len(units) == len(list((fresh / "objects").iterdir()))


# One type under two names in a kernel: clang 22 and gcc 14 reject incompatible pointers.
SAME = [
    ("u8", "uint8_t"),
    ("u16", "uint16_t"),
    ("u32", "uint32_t"),
    ("u64", "uint64_t"),
    ("s8", "int8_t"),
    ("s16", "int16_t"),
    ("s32", "int32_t"),
    ("s64", "int64_t"),
    ("u64", "__u64"),
    ("s64", "__s64"),
    ("u64", "unsigned long long"),
    ("u64", "gfn_t"),
    ("size_t", "unsigned long"),
    ("uintptr_t", "unsigned long"),
    ("bool", "_Bool"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_type_with_two_names_is_one_type_in_a_target(one: str, other: str, tmp_path: Path) -> None:
    source = tmp_path / "types.c"
    source.write_text(
        f'#include "shim/extracted.h"\n{one} *f({other} *p) {{ return p; }}\n'
        f'_Static_assert(__builtin_types_compatible_p({one}, {other}), "two types");\n'
    )
    chosen = compiler.find()
    flags = ["-w", "-Werror=incompatible-pointer-types", f"-I{paths.csrc()}"]
    done = subprocess.run(
        [*chosen.command, *flags, "-c", str(source), "-o", str(source.with_suffix(".o"))],
        env=chosen.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.slow
def test_build_without_pythons_headers_works(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths_of = sysconfig.get_paths
    monkeypatch.setattr(
        sysconfig, "get_paths", lambda *rest: {**paths_of(*rest), "include": "/nowhere"}
    )
    module = builder.build(catalogue.get("rfc-v4"))
    program = (
        "import sys, pathlib; from pyfuzz.module import compiled, engine; engine.load()\n"
        "module = compiled.open_module(pathlib.Path(sys.argv[1]), 'fuzz')\n"
        "print(module.run(bytes(8)), module.traits.name, module.log(), module.list(0, 0))"
    )
    command = [sys.executable, "-c", program, str(module)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told == "0 rfc-v4 [] []\n"


def test_sanitize_flavour_in_an_ordinary_process_says_what_it_needs() -> None:
    if "asan_with_fuzzer" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("this process has the runtime")
    with pytest.raises(UsageError, match="LD_PRELOAD"):
        engine.load("sanitize")


def test_sanitize_flavour_in_a_process_of_its_own_runs() -> None:
    with Runner(catalogue.get("rfc-v4"), "sanitize") as runner:
        assert runner.run(Input(bytes(64))) == ()
