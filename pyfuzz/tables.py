# SPDX-License-Identifier: GPL-2.0-only
"""The tables of csrc (``*.def``): C includes them with a macro, Python reads them here.

A row is ``NAME(value, value, …)``; a value is a word, a number or a string,
which may be written in several pieces as in C.  Anything else is a comment.
"""

from __future__ import annotations

import re
from functools import cache

from pyfuzz import paths
from pyfuzz.errors import HarnessError

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STRING = r'"(?:[^"\\]|\\.)*"'
_VALUE = rf"(?:\w+|{_STRING}(?:\s*{_STRING})*)"
_ROW = re.compile(rf"\s*(\w+)\(\s*({_VALUE}(?:\s*,\s*{_VALUE})*)\s*\)")
_VALUES = re.compile(_VALUE)
_PIECE = re.compile(_STRING)
_ESCAPE = re.compile(r"\\(.)")


@cache
def rows(table: str, macro: str, columns: int) -> tuple[tuple[str, ...], ...]:
    """Return the rows of a table below csrc, strings without their quotes.

    Errors: HarnessError if anything in it is not a row of ``macro`` with so many columns.
    """
    text = _COMMENT.sub(" ", (paths.csrc() / table).read_text())
    found: list[tuple[str, ...]] = []
    at = 0
    while text[at:].strip():
        row = _ROW.match(text, at)
        values = tuple(map(_plain, _VALUES.findall(row[2]))) if row else ()
        if row is None or row[1] != macro or len(values) != columns:
            line = text[at:].strip().split("\n")[0]
            raise HarnessError(
                f"csrc/{table}: a row must be {macro}() with {columns} values, is '{line}'; "
                "please report"
            )
        found.append(values)
        at = row.end()
    return tuple(found)


def _plain(value: str) -> str:
    if not value.startswith('"'):
        return value
    return "".join(_ESCAPE.sub(r"\1", piece[1:-1]) for piece in _PIECE.findall(value))
