# SPDX-License-Identifier: GPL-2.0-only
"""A target's source as one text, and that text with a mutant in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import tree_sitter

from pyfuzz import paths
from pyfuzz.errors import PyfuzzError
from pyfuzz.mutants.mutant import Edit, Mutant
from pyfuzz.mutants.patterns import Function, Match, parser, walk
from pyfuzz.target.catalogue import Target

_INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')
_DEFINE = re.compile(r"\s*#\s*define\s+(\w+)")
_CONDITION = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b\s*(\w+)?")
# Set at the mutant's place; csrc/mutants/driver.c reads it.
_FLAG = 'unsigned int pyfuzz_mutant_reached __attribute__((visibility("default")));\n'
_MARK = "pyfuzz_mutant_reached = 1;"


class DoesNotApplyError(PyfuzzError):
    """A mutant's pattern does not match, or matches more than once."""


class Source:
    """A target's C file with the port's headers inlined, parsed."""

    def __init__(self, target: Target) -> None:
        """Read and parse the source of ``target``."""
        self.target = target
        self.text = "".join(_Inliner(target.defines).file(target.source)).encode("latin-1")
        self.functions: dict[str, Function] = {}
        for node in walk(parser().parse(self.text).root_node):
            if node.type == "function_definition":
                self.functions[_name(node, self.text)] = Function(node, self.text)

    def apply(self, mutant: Mutant) -> bytes:
        """Return the text with a mutant in it.

        Errors: DoesNotApplyError, with the reason for each choice of edits.
        """
        reasons = []
        for edits in mutant.choices:
            try:
                return self.edit(edits)
            except DoesNotApplyError as error:
                reasons.append(str(error))
        raise DoesNotApplyError(f"{mutant.name} does not apply: {'; '.join(reasons)}")

    def edit(self, edits: Iterable[Edit]) -> bytes:
        """Return the text with the edits applied and their places marked."""
        changes: list[tuple[int, int, str]] = []
        for edit in edits:
            function, match = self._find(edit)
            changes += _changes(function, match, match.fill(edit.new), self.text)
        return self.replaced(changes)

    def replaced(self, changes: list[tuple[int, int, str]]) -> bytes:
        """Return the text with byte ranges replaced; line numbers do not change."""
        text = self.text
        for start, end, new in sorted(changes, key=lambda change: change[:2], reverse=True):
            lines = "\n" * (text.count(b"\n", start, end) - new.count("\n"))
            text = text[:start] + new.encode("latin-1") + lines.encode() + text[end:]
        return _FLAG.encode() + b"#line 1\n" + text

    def _find(self, edit: Edit) -> tuple[Function, Match]:
        found = [
            (self.functions[name], match)
            for name in edit.functions
            if name in self.functions
            for match in self.functions[name].find(edit.old)
        ]
        where = " or ".join(edit.functions)
        if not any(name in self.functions for name in edit.functions):
            raise DoesNotApplyError(f"there is no {where}")
        if edit.at and len(found) >= edit.at:
            return found[edit.at - 1]
        if edit.at or len(found) != 1:
            must = f"{edit.at} times at least" if edit.at else "once"
            raise DoesNotApplyError(
                f"'{edit.old}' must be in {where} {must}, is {len(found)} times"
            )
        return found[0]


def changed(target: Target, text: bytes, name: str, folder: Path) -> Target:
    """Return ``target`` with another text, which is written to a file in ``folder``."""
    mark = hashlib.sha256(text).hexdigest()[:12]
    path = folder / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}-{mark}.c"
    path.write_bytes(text)
    return replace(target, name=f"{target.name}-{path.stem}", source=path)


def plant(target: Target, mutant: Mutant, folder: Path) -> Target:
    """Return the target with a mutant in it, as a file in ``folder``.

    Errors: DoesNotApplyError.
    """
    return changed(target, Source(target).apply(mutant), mutant.name, folder)


def mark(function: Function, start: int, text: bytes) -> list[tuple[int, int, str]]:
    """Return the insertions that set the flag before the statement at a byte."""
    statement = _statement(function.node, start)
    parent = statement.parent
    assert parent is not None
    if parent.type in ("compound_statement", "labeled_statement", "case_statement"):
        return [(statement.start_byte, statement.start_byte, f"{_MARK} ")]
    return [
        (statement.start_byte, statement.start_byte, f"{{ {_MARK} "),
        (statement.end_byte, statement.end_byte, " }"),
    ]


def _changes(function: Function, match: Match, new: str, text: bytes) -> list[tuple[int, int, str]]:
    """The edit, and the mark before its statement, as replacements of bytes."""
    marks = mark(function, match.start, text)
    if len(marks) == 2 and match.end > marks[1][0]:
        raise DoesNotApplyError("the pattern extends beyond the statement that it begins in")
    first = marks[0]
    rest = marks[1:]
    if first[0] == match.start:  # merge changes at one place, so that their order is defined
        if rest and rest[0][0] == match.end:
            return [(match.start, match.end, f"{first[2]}{new}{rest[0][2]}")]
        return [(match.start, match.end, f"{first[2]}{new}"), *rest]
    if rest and rest[0][0] == match.end:
        return [first, (match.start, match.end, f"{new}{rest[0][2]}")]
    return [first, (match.start, match.end, new), *rest]


def _statement(node: tree_sitter.Node, at: int) -> tree_sitter.Node:
    """The innermost statement or declaration around a byte that a mark can precede."""
    found = None
    for part in walk(node):
        if not part.start_byte <= at < part.end_byte or part.parent is None:
            continue
        is_body = part.parent.type in (
            "compound_statement",
            "if_statement",
            "else_clause",
            "while_statement",
            "for_statement",
            "do_statement",
            "labeled_statement",
            "case_statement",
        )
        plain = part.type.endswith("_statement") or part.type == "declaration"
        in_header = part.parent.type == "for_statement" and part.type == "declaration"
        if is_body and plain and part.type != "compound_statement" and not in_header:
            found = part
    if found is None:
        raise DoesNotApplyError("the pattern is not inside a statement")
    return found


def _name(node: tree_sitter.Node, text: bytes) -> str:
    declarator = node.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "identifier":
        declarator = declarator.child_by_field_name("declarator")
    if declarator is None:
        return ""
    return text[declarator.start_byte : declarator.end_byte].decode("latin-1")


class _Inliner:
    """Inlines the ports' headers, leaving out what their conditions exclude."""

    def __init__(self, defines: Iterable[str]) -> None:
        self._seen: set[Path] = set()
        self._defined: set[str] = {define.split("=")[0] for define in defines}

    def file(self, path: Path) -> Iterator[str]:
        """Yield a file's lines, with the ports' headers inlined."""
        self._seen.add(path)
        csrc = paths.csrc().resolve()
        shown = path.relative_to(csrc.parent) if path.is_relative_to(csrc.parent) else path
        yield f'#line 1 "{shown}"\n'
        # For each open condition whether it holds; None for one that is not ours.
        holds: list[bool | None] = []
        with path.open(encoding="latin-1", newline="") as file:
            for number, line in enumerate(file, 1):
                directive = self._follow(line, holds)
                if not directive and False in holds:
                    yield "\n"
                    continue
                include = _INCLUDE.match(line)
                target = (path.parent / include[1]).resolve() if include else None
                # adapter.h is the world's: which one, the build says.
                if target is None or not (target.is_relative_to(csrc) and target.is_file()):
                    yield line
                elif not target.is_relative_to(csrc / "ports"):
                    yield f'#include "{target.relative_to(csrc)}"\n'
                else:
                    if target not in self._seen:
                        yield from self.file(target)
                    yield f'#line {number + 1} "{shown}"\n'

    def _follow(self, line: str, holds: list[bool | None]) -> bool:
        """Keep the conditions up to date; tell whether the line is one."""
        if define := _DEFINE.match(line):
            if False not in holds:
                self._defined.add(define[1])
            return False
        condition = _CONDITION.match(line)
        if condition is None:
            return False
        word, name = condition[1], condition[2] or ""
        if word in ("ifdef", "ifndef") and name.startswith(("PORT_", "PYFUZZ_")):
            holds.append((name in self._defined) == (word == "ifdef"))
        elif word.startswith("if"):
            holds.append(None)
        elif word == "else" and holds and holds[-1] is not None:
            holds[-1] = not holds[-1]
        elif word == "endif" and holds:
            holds.pop()
        return True
