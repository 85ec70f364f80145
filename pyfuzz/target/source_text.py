# SPDX-License-Identifier: GPL-2.0-only
"""The text of a target's own source, by file and line, as it was compiled.

The one file of an extracted target contains, under ``#line``, the text that was
taken from the user's files.  It is read from there, so it is what was compiled,
whatever has happened to the kernel tree since.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from pyfuzz.errors import HarnessError
from pyfuzz.target.catalogue import Target

_LINE = re.compile(r'#line (\d+) "((?:[^"\\]|\\.)*)"')


# What the extractor calls its own part of the file (pyfuzz/extract/extractor.py).
_GENERATED = "the generated target"


def absolute(name: str, folder: str) -> str:
    """Return the path that a name in a ``#line`` or in DWARF stands for."""
    return os.path.normpath(Path(folder, name))


@dataclass(slots=True)
class SourceFile:
    """One file: its text by line number, from 1; ``shown`` is what people call it."""

    shown: str
    lines: dict[int, str] = field(default_factory=dict)


def source_files(target: Target, folder: str) -> dict[str, SourceFile]:
    """Return the files that a target's own code is from, by their absolute path.

    ``folder`` is where the compiler ran: what relative names are relative to.
    Errors: HarnessError if the target's source is gone.
    """
    if target.extracted:
        return _of_extracted(target, folder)
    return _of_port(target)


def _of_port(target: Target) -> dict[str, SourceFile]:
    folder = target.source.parent
    files = {}
    for path in [target.source, *sorted(folder.glob("*.h"))]:
        shown = f"{folder.parent.name}/{folder.name}/{path.name}"
        text = _read(path).removesuffix("\n").split("\n")
        files[os.path.normpath(path)] = SourceFile(shown, dict(enumerate(text, 1)))
    return files


def _of_extracted(target: Target, folder: str) -> dict[str, SourceFile]:
    files: dict[str, SourceFile] = {}
    own = SourceFile("")  # lines that are not from a file of the user's
    current, number = own, 1
    for text in _read(target.source).split("\n"):
        match = _LINE.fullmatch(text)
        if match is None:
            current.lines[number] = text
            number += 1
            continue
        shown = re.sub(r"\\(.)", r"\1", match[2])
        number = int(match[1])
        if shown == _GENERATED:
            current = own
        else:
            current = files.setdefault(absolute(shown, folder), SourceFile(shown))
    return files


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise HarnessError(f"the source {path} cannot be read: {error.strerror}") from error
