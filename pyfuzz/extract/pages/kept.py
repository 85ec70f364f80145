# SPDX-License-Identifier: GPL-2.0-only
"""A cache of extractions, since compiling a kernel's MMU for one takes half a minute.

An entry is valid as long as no file that went into it has changed: the kernel's
(everything that the compiler read), ours, and the compiler.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from pyfuzz import files, paths
from pyfuzz.extract.pages.tree import Tree
from pyfuzz.module import compiler

_MARKER = re.compile(rb'^# \d+ "(/[^"\n]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A cached extraction: the generated file, and what was found."""

    source: str
    have: list[str]
    zeroed: list[str]
    made_up: list[str]
    absent: list[str]


def key(tree: Tree, name: str, defines: tuple[str, ...]) -> str:
    """Return the key of an extraction: the kernel and its options."""
    total = hashlib.sha256(f"{tree.root}\0{name}\0{defines}\0{compiler.find().identity}".encode())
    for path in sorted((*_ours(),)):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def _ours() -> list[Path]:
    csrc = paths.csrc()
    return [
        *(csrc / "kernel").rglob("*.h"),
        *(csrc / "worlds/pages/kernel").iterdir(),
        csrc / "worlds/pages/target.h",
        *Path(__file__).parent.glob("*.py"),
    ]


def load(key: str) -> Kept | None:
    """Return the cached extraction; None if there is none or a file has changed."""
    try:
        values = json.loads(_path(key).read_text())
        read = Kept(**{one.name: values[one.name] for one in fields(Kept)})
        if not Path(read.source).is_file() or _state(values["files"]) != values["state"]:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return read


def store(key: str, result: Kept) -> None:
    """Cache an extraction, with the state of every file that it depends on."""
    names = sorted({m.decode() for m in _MARKER.findall(Path(result.source).read_bytes())})
    names = [name for name in names if Path(name).is_file()]
    values = {**asdict(result), "files": names, "state": _state(names)}
    _path(key).parent.mkdir(parents=True, exist_ok=True)
    files.write_beside(_path(key), json.dumps(values).encode())


def _path(key: str) -> Path:
    return paths.build_dir() / "extracted" / f"pages-{key}.json"


def _state(names: list[str]) -> str:
    total = hashlib.sha256()
    for name in names:
        total.update(name.encode() + b"\0" + Path(name).read_bytes())
    return total.hexdigest()
