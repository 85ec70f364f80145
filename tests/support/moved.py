# SPDX-License-Identifier: GPL-2.0-only
"""A copy of a kernel tree whose list code was moved from mmu.c to another file of its folder."""

from __future__ import annotations

import re
from pathlib import Path

from pyfuzz.extract import source
from pyfuzz.extract.conditions import DEFAULT_CONFIG
from pyfuzz.extract.parse import Index, Item, Kind

_SHARED = "rmap.h"


def copied(tree: Path, copy: Path) -> Path:
    """Copy the files that KVM's MMU is made of; all else leads to ``tree`` by links."""
    (copy / "arch/x86/kvm").mkdir(parents=True)
    for name in ("include", "virt", "arch/x86/include"):
        if (tree / name).is_dir():
            (copy / name).symlink_to((tree / name).resolve())
    for path in (tree / "Makefile", *sorted((tree / "arch/x86/kvm").rglob("*.[ch]"))):
        place = copy / path.relative_to(tree)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    return copy


def move(tree: Path, to: str, *names: str) -> Path:
    """Move definitions of mmu.c to a file beside it, whose header has their prototypes.

    What is neither a function nor a variable goes into the header.  Returns the new file.
    """
    mmu = tree / source.MMU_PATHS[0]
    index = Index([source.SourceFile("mmu.c", str(mmu), mmu.read_text("latin-1"))], DEFAULT_CONFIG)
    items = []
    for name in names:
        item = index.find(name)
        assert item is not None, f"{mmu} must define {name}"
        items.append(item)
    text = mmu.read_text("latin-1")
    for item in items:
        text = text.replace(item.text, "", 1)
        # Declared before it is defined, in some kernels.
        text = re.sub(
            rf"^static [^;{{}}/#]*\b{item.name}\([^;{{}}]*\);\n", "", text, flags=re.MULTILINE
        )
    mmu.write_text(f'#include "{_SHARED}"\n{text}', "latin-1")
    public = [_in_header(item) for item in sorted(items, key=lambda item: item.line)]
    (mmu.parent / _SHARED).write_text(
        "#pragma once\n#include <linux/kvm_host.h>\n" + "\n".join(public) + "\n", "latin-1"
    )
    moved = mmu.parent / to
    bodies = [_public(item) for item in items if item.kind in (Kind.FUNCTION, Kind.VARIABLE)]
    includes = '#include "mmu.h"\n#include "mmu_internal.h"\n#include "rmap.h"\n'
    moved.write_text(includes + "\n\n".join(bodies) + "\n", "latin-1")
    return moved


def _public(item: Item) -> str:
    return re.sub(r"^static\s+(?:inline\s+)?", "", item.text)


def _in_header(item: Item) -> str:
    if item.kind is Kind.FUNCTION:
        return _public(item).partition("{")[0].strip() + ";"
    if item.kind is Kind.VARIABLE:
        return f"extern {_public(item)}"
    return item.text
