# SPDX-License-Identifier: GPL-2.0-only
"""The parts that the C programs of all worlds have in common, as lines of text."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pyfuzz import __version__, paths
from pyfuzz.errors import HarnessError
from pyfuzz.export.flatten import Line
from pyfuzz.sequence.text import format_operation
from pyfuzz.symptom import Shown, Symptom
from pyfuzz.target.catalogue import Target

_TO_SEE_IT = "To reproduce, with any compiler (with optimisation, add -fno-strict-aliasing):"
_WIDTH = 76


@dataclass(frozen=True, slots=True)
class About(Shown):
    """What a program is about; ``flags`` are the compiler's, ``command`` shows it with pyfuzz.

    ``hooks`` are further flags for the compiler alone, not for the linker.
    """

    symptom: Symptom
    target: Target
    operations: Iterable[Any]
    flags: str = ""
    command: str = ""
    hooks: str = ""

    def build(self, source: str) -> list[str]:
        """Return the commands that build the program and run it."""
        flags = f"{self.flags} " if self.flags else ""
        if not self.hooks:
            return [f"cc {flags}-o repro {source} && ./repro"]
        return [
            f"cc {flags}{self.hooks} -c -o repro.o {source}",
            f"cc {flags}-o repro repro.o && ./repro",
        ]


def as_bytes(lines: Iterable[str]) -> list[str]:
    """Make each character a byte, as in the target's text."""
    return [line.encode("utf-8", "surrogateescape").decode("latin-1") for line in lines]


def comment(case: About, name: str) -> list[str]:
    """Return the comment at the top of a file; ``name`` is its future name."""
    of = case.target
    where = f" in {case.function}()" if case.function else ""
    said = case.message or f"target {of.name} does not show it (any more)"
    paragraphs: list[str | list[str]] = [
        f"{case.kind.value}{where}: {said}",
        f"Target {of.name}: {of.generation}; {of.policy}.  {_TO_SEE_IT}",
        [f"\t{line}" for line in case.build(shlex.quote(name))],
        "Exit status: 0 if nothing failed, 1 if this failed, 2 if something else did.",
        "The sequence (docs/sequences.md of pyfuzz), which main() has as calls:",
        [f"\t{format_operation(op)}" for op in case.operations],
    ]
    if of.extracted:
        paragraphs.append(
            "This file contains code of the kernel that it was made from, and is under its licence."
        )
    paragraphs.append(f"Made by pyfuzz {__version__}.")
    if case.command:
        paragraphs[-1:] = [
            f"Made by pyfuzz {__version__}, which shows it by:",
            [f"\t{case.command}"],
        ]
    lines: list[str] = []
    for number, paragraph in enumerate(paragraphs):
        lines += [""] if number else []
        lines += paragraph if isinstance(paragraph, list) else _wrapped(paragraph)
    starred = [f" * {line}".rstrip() if line[:1] != "\t" else f" *{line}" for line in lines]
    inside = [line.replace("*/", "* /") for line in starred]
    return ["/* SPDX-License-Identifier: GPL-2.0-only */", "/*", *inside, " */"]


def quoted(name: str) -> str:
    """Return a file's name for a #line."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def title(text: str) -> list[str]:
    """Return a comment that begins a part of the file."""
    return [f"/* {'-' * 70}", f" * {text}", " */", ""]


def defines(target: Target) -> list[str]:
    """Return what the compiler is told of a target, as lines."""
    split = (define.partition("=") for define in target.defines)
    return [f"#define {name} {value or 1}" for name, _, value in split]


def fragment(name: str) -> list[str]:
    """Return the lines of a file of csrc/repro.

    Errors: HarnessError if it cannot be read.
    """
    path = paths.csrc() / "repro" / f"{name}.c"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise HarnessError(
            f"{path} cannot be read: {error.strerror}; install pyfuzz again"
        ) from error
    return text.removesuffix("\n").split("\n")[1:]  # one licence line is enough


def whole(target_part: list[str], behind: list[str], of: Target, name: str) -> bytes:
    """Return the C file: up to the target's text, and what is behind it."""
    if of.extracted:
        # In the target's text, #line names the user's files.
        here = sum(line.count("\n") + 1 for line in target_part)
        behind = [f'#line {here + 2} "{quoted(name)}"', *behind]
    return ("\n".join([*target_part, *as_bytes(behind)]) + "\n").encode("latin-1")


def target(lines: list[Line]) -> Iterator[str]:
    """Yield the target's text, with a comment where each file begins."""
    file, blank = "", True
    for line in lines:
        if line.file != file:
            file = line.file
            if file.startswith("csrc/"):
                yield from ([] if blank else [""]) + [f"/* From {file} of pyfuzz. */"]
        if blank and not line.text.strip():
            continue
        blank = not line.text.strip()
        yield line.text
