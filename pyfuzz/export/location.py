# SPDX-License-Identifier: GPL-2.0-only
"""The place of a finding in the target's source, for annotations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pyfuzz.export.flatten import Line, flatten, shown
from pyfuzz.target.catalogue import Target

# mmu.c in a tree, wherever that is; the path of a tarball's tree ends in ":".
_MMU = re.compile(r"(?P<root>(?:.*[/:])?)arch/x86/kvm/(?:mmu/)?mmu\.c")
# The head of a definition may have this many lines.
_HEAD_LINES = 10


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a file.

    ``file`` is relative to the kernel tree, to pyfuzz's own, or, where there is
    no tree, to the current folder if it is in there.
    """

    file: str
    line: int


def locate(target: Target, function: str, line: int) -> Location:
    """Return the place of a finding: its line, else where its function is defined.

    A function that the target does not define gives the beginning of its file.
    """
    lines = flatten(target)
    found = _definition(lines, function) if function else None
    root = _root(lines)
    if found is None:
        return Location(_name(_own_file(target, lines), root), 1)
    first, last = found
    there = line if first.number <= line <= last else first.number
    return Location(_name(first.file, root), there)


def _own_file(target: Target, lines: list[Line]) -> str:
    """The file that the target is about: mmu.c, or the port's own."""
    if not target.extracted:
        return shown(target.source)
    files = [line.file for line in lines if line.file.endswith(".c")]
    return next((file for file in files if Path(file).name == "mmu.c"), str(target.source))


def _root(lines: list[Line]) -> str:
    """Return what the names of a kernel tree's files begin with, "" where there is no tree."""
    matches = (_MMU.fullmatch(line.file) for line in lines)
    return next((match["root"] for match in matches if match), "")


def _name(file: str, root: str) -> str:
    if root and file.startswith(root):
        return file.removeprefix(root)
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def _definition(lines: list[Line], function: str) -> tuple[Line, int] | None:
    """Return the first line of a function, and the number of its last."""
    head = re.compile(rf"[A-Za-z_].*?\b{re.escape(function)}\s*\(")
    for index, line in enumerate(lines):
        if not head.match(line.text):
            continue
        for ahead in range(index, min(index + _HEAD_LINES, len(lines))):
            if lines[ahead].text.rstrip().endswith(";"):
                break
            if lines[ahead].text.startswith("{"):
                return line, _end(lines, ahead)
    return None


def _end(lines: list[Line], opening: int) -> int:
    for line in lines[opening:]:
        if line.text.startswith("}"):
            return line.number
    return lines[opening].number
