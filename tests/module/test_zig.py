# SPDX-License-Identifier: GPL-2.0-only
"""Compiling with the clang in zig itself, as ``zig cc`` would."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from pyfuzz import paths
from pyfuzz.module import builder, compiler, zig

pytestmark = pytest.mark.compilers

_SAID = (
    "clang version 22.1.8\n (in-process)\n"
    ' "/x/zig" -cc1 -triple x86_64-linux-gnu -O2 -dwarf-version=4 -isystem "/a b/include" '
    "-D __GLIBC_MINOR__=36 -target-cpu znver3 -target-feature +adx -o /tmp/one.o -x c one.c\n"
    "clang -cc1 version 22.1.8 based upon LLVM 22.1.8\n"
)


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The zig of the ziglang package, for an empty build folder."""
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        pytest.skip("ziglang is not installed")
    monkeypatch.setenv("PYFUZZ_BUILD_DIR", str(tmp_path / "build"))
    monkeypatch.delenv("CC", raising=False)
    compiler.find.cache_clear()
    paths.build_dir.cache_clear()
    yield Path(spec.origin).with_name("zig")
    compiler.find.cache_clear()
    paths.build_dir.cache_clear()


def zig_that(tmp_path: Path, real: Path, case: str) -> str:
    """A program named zig that does something else in one case."""
    program = tmp_path / "zig"
    program.write_text(f'#!/bin/sh\ncase "$1" in {case} esac\nexec {real} "$@"\n')
    program.chmod(0o755)
    return f"{program} cc"


def test_command_is_what_clang_was_told_about_machine_and_library() -> None:
    assert (
        *("/x/zig", "clang", "-nostdlibinc", "-nobuiltininc", "--target=x86_64-linux-gnu"),
        *("-fdebug-default-version=4", "-isystem", "/a b/include", "-D", "__GLIBC_MINOR__=36"),
        *("-Xclang", "-target-cpu", "-Xclang", "znver3"),
        *("-Xclang", "-target-feature", "-Xclang", "+adx"),
    ) == zig.clang(("/x/zig", "cc"), _SAID)


def test_headers_below_the_current_folder_are_found_from_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    command = zig.clang(("/x/zig", "cc"), _SAID.replace("/a b/include", ".venv/include"))

    assert f"{tmp_path}/.venv/include" in command


@pytest.mark.parametrize("said", ["", "clang -cc1 version 22.1.8\n", "ld.lld -r -o one.o\n"])
def test_output_without_clangs_command_gives_none(said: str) -> None:
    assert () == zig.clang(("/x/zig", "cc"), said)


def test_compiled_code_is_that_of_zig_cc(
    tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", f"{real} cc")
    chosen = compiler.find()
    source = tmp_path / "bits.c"
    source.write_text(
        "#include <stdint.h>\n#include <string.h>\n#include <stdlib.h>\n"
        "int bits(const uint64_t *p) { uint64_t x; memcpy(&x, p, 8);\n"
        "return x ? __builtin_popcountll(x) * 3 : abs(__GLIBC_MINOR__); }\n"
    )
    texts = []
    for command in (chosen.command, chosen.direct):
        built = source.with_suffix(".o")
        flags = (*builder._build_py().COMMON, "-c", str(source), "-o", str(built))
        subprocess.run([*command, *flags], env=chosen.environment, check=True)
        with built.open("rb") as file:
            section = ELFFile(file).get_section_by_name(".text")
            assert section is not None
            texts.append(section.data())
    assert chosen.direct and texts[0] == texts[1]


@pytest.mark.parametrize(
    "case",
    ["clang) exit 1;;", "cc) shift; exec {real} cc $(echo \"$@\" | sed 's/-v //');;"],
    ids=["clang cannot be called", "it does not say how it compiles"],
)
def test_zig_of_another_kind_compiles_all_itself(
    case: str, tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = zig_that(tmp_path, real, case.replace("{real}", str(real)))
    monkeypatch.setenv("CC", words)
    chosen = compiler.find()
    assert ((), tuple(words.split())) == (chosen.direct, chosen.compile)


def test_other_processor_is_tried_again(
    tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", f"{real} cc")
    compiler.find()
    monkeypatch.setattr(compiler, "_processor", lambda: "flags: none")
    compiler.find.cache_clear()
    compiler.find()
    assert 2 == len(list((tmp_path / "build" / "compilers").iterdir()))
