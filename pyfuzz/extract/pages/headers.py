# SPDX-License-Identifier: GPL-2.0-only
"""The headers that a kernel build generates, as far as they are needed."""

from __future__ import annotations

import re
from pathlib import Path

from pyfuzz.extract.pages.tree import Tree

_GENERIC = re.compile(r"^(?:generic|mandatory)-y[ \t]*\+?=[ \t]*(\S+)", re.MULTILINE)
_GENERATED = re.compile(r"^generated-y[ \t]*\+?=[ \t]*(\S+)", re.MULTILINE)
# System call numbers and the like: an empty file is enough.
_EMPTY = (
    *(f"asm/{name}.h" for name in ("unistd_32", "unistd_64", "unistd_x32")),
    *(f"asm/{name}.h" for name in ("unistd_64_x32", "unistd_32_ia32")),
    *(f"uapi/asm/{name}.h" for name in ("unistd_32", "unistd_64", "unistd_x32")),
    "generated/rq-offsets.h",
    "generated/utsrelease.h",
)
_VERSION = "#define LINUX_VERSION_CODE 0\n#define KERNEL_VERSION(a, b, c) 0\n"


def write(tree: Tree, folder: Path, extra: frozenset[str]) -> list[Path]:
    """Write the headers below ``folder``; return the include folders, in order.

    ``extra`` are unknown headers that the compiler did not find: they become empty files.
    """
    x86, generic = tree.root / "arch/x86/include", tree.root / "include"
    for kind, ours in (("asm", x86 / "asm"), ("uapi/asm", x86 / "uapi/asm")):
        for kbuild in (ours / "Kbuild", generic / kind.replace("asm", "asm-generic") / "Kbuild"):
            text = kbuild.read_text("latin-1") if kbuild.is_file() else ""
            for name in _GENERIC.findall(text):
                if not (ours / name).is_file():
                    _write(folder / kind / name, f"#include <asm-generic/{name}>\n")
            for name in _GENERATED.findall(text):
                _write(folder / kind / name, "")
    for name in (*_EMPTY, *extra):
        _write(folder / name, "")
    _write(folder / "uapi/linux/version.h", _VERSION)
    return [x86, folder, generic, x86 / "uapi", folder / "uapi", generic / "uapi"]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)
