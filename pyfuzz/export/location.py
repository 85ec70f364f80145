# SPDX-License-Identifier: GPL-2.0-only
"""Where in the target's own source a finding is, for annotations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pyfuzz.catalogue import Target
from pyfuzz.export.flatten import Line, flatten, shown

# A kernel's file is named by its place in the tree, wherever that tree is.
_IN_TREE = re.compile(r"(?:^|/)((?:arch/x86|include)/.*)$")
# A definition's head may go over so many lines.
_HEAD_LINES = 10


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a file; ``file`` is relative to the kernel tree or to pyfuzz's own."""

    file: str
    line: int


def locate(target: Target, function: str, line: int) -> Location:
    """Return the place of a finding: its line, else where its function is defined.

    A function that the target does not define gives the beginning of its file.
    """
    lines = flatten(target)
    found = _definition(lines, function) if function else None
    if found is None:
        return Location(_name(_own_file(target, lines)), 1)
    first, last = found
    return Location(_name(first.file), line if first.number <= line <= last else first.number)


def _own_file(target: Target, lines: list[Line]) -> str:
    """The file that the target is about: mmu.c, or the port's own."""
    if not target.extracted:
        return shown(target.source)
    files = [line.file for line in lines if line.file.endswith(".c")]
    return next((file for file in files if Path(file).name == "mmu.c"), str(target.source))


def _name(file: str) -> str:
    match = _IN_TREE.search(file)
    return match[1] if match else file


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
