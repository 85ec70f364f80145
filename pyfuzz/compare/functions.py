# SPDX-License-Identifier: GPL-2.0-only
"""Which functions and macros of two targets are not the same, token by token."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyfuzz.mutants.patterns import parser, walk
from pyfuzz.mutants.sources import Source

if TYPE_CHECKING:
    import tree_sitter

    from pyfuzz.target.catalogue import Target

_SHOWN_LINES = 200
_MACROS = ("preproc_def", "preproc_function_def")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\\\n", re.DOTALL)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|[^\w\s]')


@dataclass(frozen=True, slots=True)
class Change:
    """What differs; ``only`` is ``a`` or ``b`` if the other lacks it.

    ``tokens`` were taken out, put in or replaced; ``lines`` are a unified diff.
    """

    name: str
    only: str
    tokens: int
    lines: tuple[str, ...]


def changes(a: Target, b: Target) -> list[Change]:
    """Return what differs, ordered by name; neither comments nor blanks count.

    A function's name ends with ``()``.
    """
    one, other = _definitions(a), _definitions(b)
    found = []
    for name in sorted(one.keys() | other.keys()):
        texts = [side.get(name, "") for side in (one, other)]
        tokens = [_TOKEN.findall(_COMMENT.sub(" ", text)) for text in texts]
        if tokens[0] == tokens[1]:
            continue
        only = "" if all(tokens) else "a" if tokens[0] else "b"
        lines = () if only else _diff(*(text.splitlines() for text in texts))
        found.append(Change(name, only, _changed(*tokens), lines))
    return found


def _definitions(target: Target) -> dict[str, str]:
    """Return the text of each function and macro; those of the seam are the harness's own."""
    source = Source(target)
    found = {
        f"{name}()": _text(source.text, function.node)
        for name, function in source.functions.items()
        if name
    }
    for node in walk(parser().parse(source.text).root_node):
        name = node.child_by_field_name("name")
        if node.type in _MACROS and name is not None:
            text = _text(source.text, name)
            if not text.startswith("PYFUZZ_"):
                found[text] = _text(source.text, node)
    return found


def _text(source: bytes, node: tree_sitter.Node) -> str:
    return source[node.start_byte : node.end_byte].decode("latin-1")


def _changed(one: list[str], other: list[str]) -> int:
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return sum(
        max(end - start, other_end - other_start)
        for what, start, end, other_start, other_end in matcher.get_opcodes()
        if what != "equal"
    )


def _diff(one: list[str], other: list[str]) -> tuple[str, ...]:
    lines = list(difflib.unified_diff(one, other, "A", "B", lineterm="", n=2))
    if len(lines) > _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], f"… and {len(lines) - _SHOWN_LINES} more lines"]
    return tuple(lines)
