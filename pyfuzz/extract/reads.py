# SPDX-License-Identifier: GPL-2.0-only
"""Refuses code that makes the compiler read a file: a device or a FIFO would never end."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyfuzz.errors import UsageError
from pyfuzz.extract.parse import Item

_DIRECTIVE = re.compile(
    r"^[ \t]*(?:#|%:|\?\?=)[ \t]*(include|include_next|import|embed)\b", re.MULTILINE
)
_ASSEMBLER = re.compile(r"\.\s*(incbin|include)\b")
_JOINED = re.compile(r'"\s*"')


def assembled(text: str) -> str | None:
    """Return the directive by which assembly in a text reads a file, None if there is none."""
    found = _ASSEMBLER.search(_JOINED.sub("", text))
    return found[1] if found else None


def refuse_files(items: Iterable[Item]) -> None:
    """Raise UsageError for a definition with an #include, #embed or .incbin in it."""
    for item in items:
        text = item.text.replace("\\\n", "")
        if found := _DIRECTIVE.search(text):
            what = f"#{found[1]}"
        elif (named := assembled(text)) is not None:
            what = f".{named}"
        else:
            continue
        raise UsageError(
            f"{item.file.shown}:{item.line}: {item.name} makes the compiler read a file ({what}); "
            "pyfuzz compiles definitions alone, so take it out"
        )
