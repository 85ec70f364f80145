# SPDX-License-Identifier: GPL-2.0-only
"""Highlights C source line by line: comments, keywords, types, strings, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup
from pygments.lexers.c_cpp import CLexer
from pygments.token import Comment, Error, Keyword, Name, Number, String

# The first match counts: Comment.Preproc is a Comment as well.
_CLASSES: tuple[tuple[Any, str], ...] = (
    (Comment.Preproc, "p"),
    (Comment.PreprocFile, "s"),
    (Comment, "c"),
    (String, "s"),
    (Number, "n"),
    (Keyword.Type, "t"),
    (Keyword, "k"),
    (Name.Builtin, "k"),
)
# What Pygments cannot know of the kernel: u64, gfn_t, and the tag behind struct.
_TYPE = re.compile(r"[su](8|16|32|64)|\w+_t")
_TAGGED = ("struct", "union", "enum")


def highlight(lines: Mapping[int, str]) -> dict[int, Markup]:
    """Return each line as HTML with ``<span class="…">``; the text itself stays as it is.

    ``lines`` may be parts of a file: what does not parse is left plain.
    """
    numbers = sorted(lines)
    rows: list[list[Markup]] = [[] for _ in numbers]
    row = 0
    for text, name in _coloured("\n".join(lines[number] for number in numbers)):
        for place, part in enumerate(text.split("\n")):
            row += place > 0
            span = Markup('<span class="{}">{}</span>') if name and part else Markup("{1}")
            rows[row].append(span.format(name, part))
    return {number: Markup("").join(row) for number, row in zip(numbers, rows, strict=True)}


def _coloured(text: str) -> Iterator[tuple[str, str]]:
    """Yield the tokens of a text, all of it, and each one's class or nothing."""
    before = ""
    lexer: Any = CLexer()  # type: ignore[no-untyped-call]
    for _, kind, token in lexer.get_tokens_unprocessed(text):
        yield token, _class(kind, token, before)
        before = token.strip() or before


def _class(kind: Any, token: str, before: str) -> str:
    if kind is Error:
        return ""
    if kind in Name and kind not in Name.Builtin:
        return "t" if before in _TAGGED or _TYPE.fullmatch(token) else ""
    return next((name for of, name in _CLASSES if kind in of), "")
