# SPDX-License-Identifier: GPL-2.0-only
"""A target's C file as one text: our includes inlined, our #ifs resolved.

Only conditions on our own macros (``PYFUZZ_…``, ``PORT_…``) are resolved, so that
the result reads like the one target that it is; the rest is left to the compiler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import paths
from pyfuzz.errors import HarnessError
from pyfuzz.target.catalogue import Target

_INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')
_OURS = re.compile(r"\s*#\s*(ifdef|ifndef)\s+((?:PYFUZZ|PORT)_\w+)\s*$")
_CONDITION = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b")
_DEFINE = re.compile(r"\s*#\s*define\s+(\w+)")
_LINE = re.compile(r'\s*#\s*line\s+(\d+)(?:\s+"((?:[^"\\]|\\.)*)")?')
_GUARD = re.compile(r"#define PYFUZZ_\w+_H")
_LICENCE = re.compile(r"/\* SPDX-License-Identifier: [^*]* \*/")
# Headers between a target and the harness, which a stand-alone text does not have.
_HARNESS = ("adapter.h", "callbacks.h", "lists.h", "pyfuzz.h", "sizes.h", "target.h")
# The world's own; csrc/ports has one by the same name, which is the target's.
_SEAM = "worlds/threads/seam.h"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text, and where it is from: #line obeyed, from 1.

    A line that is continued with a backslash is one Line, with its ``\\n`` in it.
    """

    text: str
    file: str
    number: int


def flatten(target: Target) -> list[Line]:
    """Return the text that the compiler sees of a target, without the harness.

    Files of ours are named by their path under the checkout.  Characters are
    bytes (Latin-1), as the extractor keeps the user's.
    """
    defined = {define.partition("=")[0] for define in target.defines}
    return list(_Flattener(defined).file(target.source))


class _Flattener:
    def __init__(self, defined: set[str]) -> None:
        self._defined = defined
        self._included: set[Path] = set()

    def file(self, path: Path) -> Iterator[Line]:
        """Yield a file's lines, with the files that it includes inlined."""
        self._included.add(path)
        # For each open #if: None if it is not ours, else whether it holds.
        open_ifs: list[bool | None] = []
        for line in _lines(path):
            ours = _OURS.match(line.text)
            if ours:
                open_ifs.append((ours[2] in self._defined) == (ours[1] == "ifdef"))
                continue
            condition = _CONDITION.match(line.text)
            if condition and _closes_ours(condition[1], open_ifs):
                continue
            if False in open_ifs:
                if condition and condition[1].startswith("if"):
                    open_ifs.append(None)
                elif condition and condition[1] == "endif":
                    open_ifs.pop()
                continue
            if condition and condition[1].startswith("if"):
                open_ifs.append(None)
            elif condition and condition[1] == "endif":
                open_ifs.pop()
            yield from self._line(line, path)

    def _line(self, line: Line, path: Path) -> Iterator[Line]:
        include = _INCLUDE.match(line.text)
        if include:
            if Path(include[1]).name in _HARNESS or _SEAM in include[1]:
                return
            included = _find(include[1], path)
            if included not in self._included:
                yield from self.file(included)
            return
        define = _DEFINE.match(line.text)
        if define:
            self._defined.add(define[1])
        if not _LICENCE.fullmatch(line.text.strip()) and not _GUARD.fullmatch(line.text):
            yield line


def _closes_ours(word: str, open_ifs: list[bool | None]) -> bool:
    """Follow an #else or #endif of an #if of ours; tell whether it was one."""
    if not open_ifs or open_ifs[-1] is None or word not in ("else", "endif"):
        return False
    state = open_ifs.pop()
    if word == "else":
        open_ifs.append(not state)
    return True


def _lines(path: Path) -> Iterator[Line]:
    try:
        text = path.read_bytes().decode("latin-1")
    except OSError as error:
        raise HarnessError(f"the source {path} cannot be read: {error.strerror}") from error
    file, number, begun = shown(path), 0, ""
    for physical in text.removesuffix("\n").split("\n"):
        number += 1
        begun += physical
        if physical.endswith("\\"):
            begun += "\n"
            continue
        yield Line(begun, file, number - begun.count("\n"))
        moved = _LINE.match(begun)
        begun = ""
        if moved:
            number = int(moved[1]) - 1
            file = re.sub(r"\\(.)", r"\1", moved[2]) if moved[2] else file


def shown(path: Path) -> str:
    """Name a file: one of ours by its path under the checkout."""
    return str(path.relative_to(paths.ROOT)) if path.is_relative_to(paths.ROOT) else str(path)


def _find(name: str, includer: Path) -> Path:
    for folder in (includer.parent, paths.csrc()):
        path = (folder / name).resolve()
        if path.is_file():
            return path
    raise HarnessError(f"{includer} includes {name}, which does not exist; please report")
