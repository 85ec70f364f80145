# SPDX-License-Identifier: GPL-2.0-only
"""Colour C source line by line: comments, words of the language, types, texts, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import tree_sitter_c
from markupsafe import Markup, escape
from tree_sitter import Language, Node, Parser

_CLASSES = {
    "comment": "c",
    "string_literal": "s",
    "system_lib_string": "s",
    "char_literal": "s",
    "number_literal": "n",
    "primitive_type": "t",
    "type_identifier": "t",
    "sized_type_specifier": "t",
    "null": "k",
    "true": "k",
    "false": "k",
}
_WORDS = frozenset(
    [
        "if",
        "else",
        "for",
        "while",
        "do",
        "switch",
        "case",
        "default",
        "break",
        "continue",
        "return",
        "goto",
        "struct",
        "union",
        "enum",
        "typedef",
        "static",
        "const",
        "inline",
        "extern",
        "volatile",
        "register",
        "sizeof",
        "unsigned",
        "signed",
    ]
)


def highlight(lines: Mapping[int, str]) -> dict[int, Markup]:
    """Return each line as HTML with ``<span class="…">``; the text itself stays as it is.

    ``lines`` may be parts of a file: what does not parse is left plain.
    """
    numbers = sorted(lines)
    rows = [lines[number].encode() for number in numbers]
    tree = Parser(Language(tree_sitter_c.language())).parse(b"\n".join(rows))
    spans: dict[int, list[tuple[int, int, str]]] = {}
    for node, name in _coloured(tree.root_node):
        (first, start), (last, end) = node.start_point, node.end_point
        for row in range(first, min(last, len(rows) - 1) + 1):
            left = start if row == first else 0
            right = end if row == last else len(rows[row])
            spans.setdefault(row, []).append((left, right, name))
    return {
        number: _line(rows[row], sorted(spans.get(row, []))) for row, number in enumerate(numbers)
    }


def _coloured(root: Node) -> Iterator[tuple[Node, str]]:
    """Yield the outermost nodes that have a colour."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in _CLASSES:
            yield node, _CLASSES[node.type]
        elif node.type in _WORDS and not node.is_named:
            yield node, "k"
        elif node.type.startswith("#") or node.type == "preproc_directive":
            yield node, "p"
        else:
            stack += reversed(node.children)


def _line(row: bytes, spans: list[tuple[int, int, str]]) -> Markup:
    parts, done = [], 0
    for left, right, name in spans:
        if left < done or right <= left:
            continue
        parts.append(escape(row[done:left].decode("utf-8", "replace")))
        text = row[left:right].decode("utf-8", "replace")
        parts.append(Markup('<span class="{}">{}</span>').format(name, text))
        done = right
    parts.append(escape(row[done:].decode("utf-8", "replace")))
    return Markup("").join(parts)
