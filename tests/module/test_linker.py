# SPDX-License-Identifier: GPL-2.0-only
"""How shared objects are linked: with the compiler, or with zig's linker alone."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from pyfuzz.module import linker

pytestmark = pytest.mark.compilers


def test_clang_links_a_shared_object_itself() -> None:
    command = linker.shared(
        ("/usr/bin/clang", "-m64"), Path("out.so"), [Path("a.o")], Path("b.a"), [Path("c.so")]
    )

    assert ["/usr/bin/clang", "-m64"] == command[:2]
    assert ["out.so", "a.o", "-Wl,--whole-archive", "b.a", "-Wl,--no-whole-archive", "c.so"] == (
        command[command.index("-o") + 1 : -3]
    )


@pytest.mark.parametrize(
    "words", [("zig", "cc"), ("/x/zig", "cc"), ("python", "-m", "ziglang", "cc")]
)
def test_zig_links_with_its_linker_alone(words: tuple[str, ...]) -> None:
    command = linker.shared(words, Path("out.so"), [Path("a.o")])

    assert [*words[:-1], "ld.lld"] == command[: len(words)]


def test_programs_named_like_zig_are_not_taken_for_it() -> None:
    assert [(), (), ()] == [
        linker.zig_linker(words) for words in [("cc",), ("zig", "clang"), ("gzig", "cc")]
    ]


def test_first_link_with_zig_compiles_no_c_library(tmp_path: Path) -> None:
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        pytest.skip("ziglang is not installed")
    zig = (str(Path(spec.origin).with_name("zig")), "cc")
    cache = {f"ZIG_{whose}_CACHE_DIR": str(tmp_path / "cache") for whose in ("GLOBAL", "LOCAL")}
    source, objects, library = (tmp_path / f"one.{kind}" for kind in ("c", "o", "so"))
    source.write_text("#include <string.h>\nsize_t length(const char *s) { return strlen(s); }\n")

    for command in (
        [*zig, "-c", "-O2", "-fPIC", "-fno-sanitize=all", str(source), "-o", str(objects)],
        linker.shared(zig, library, [objects]),
    ):
        subprocess.run(command, env={**os.environ, **cache}, check=True)

    assert 3 == ctypes.CDLL(str(library)).length(b"abc")
    assert [] == [
        path.name for path in (tmp_path / "cache").rglob("*") if path.suffix in (".a", ".so")
    ]
