# SPDX-License-Identifier: GPL-2.0-only
"""The text form of a sequence: one operation per line, see docs/sequences.md.

The first line names the world; without it a text is of the default world.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pyfuzz import world
from pyfuzz.errors import UsageError
from pyfuzz.world import LineError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Twice the longest word that means something.
_MAX_WORD = 64

_HEADER = re.compile(r"#\s*pyfuzz\s+sequence\b(.*)$")
_COMMENT = re.compile(r"^\s*#|\s\s#|\t#")
# How the header of every world begins; the version and the world's name follow.
_PREFIX = "# pyfuzz sequence "


def format_operation(op: Any) -> str:
    """Write one operation as a line of the text form, without its end."""
    return world.get(op.world).format_operation(op)


def format_text(operations: Iterable[Any]) -> str:
    """Write a sequence in the canonical text form, without the header line."""
    return "".join(format_operation(op) + "\n" for op in operations)


def strip_comment(line: str) -> str:
    """Return the line without its comment and without blanks at its ends."""
    found = _COMMENT.search(line)
    return (line[: found.start()] if found else line).strip()


def world_of(text: str, name: str) -> world.World:
    """Return the world that a text is of.

    Raises UsageError ``name:line: rule, value; remedy`` if no world of ours has its header.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if (found := _HEADER.match(line)) is not None:
            return _named(found[1].split(), f"{name}:{number}")
        if strip_comment(line):
            break
    return world.get(world.DEFAULT)


def _named(words: list[str], place: str) -> world.World:
    headers = {known: world.get(known).header for known in world.NUMBERS}
    for known, header in headers.items():
        if header.removeprefix(_PREFIX).split() == words:
            return world.get(known)
    said = " ".join(words)[:_MAX_WORD]
    raise UsageError(
        f"{place}: the sequence's version must be "
        f"{' or '.join(header.removeprefix(_PREFIX) for header in headers.values())}, is "
        f"'{said}'; write '{headers[world.DEFAULT]}', or use the pyfuzz that wrote this file"
    )


def parse(text: str, name: str, of: str | None = None) -> list[Any]:
    """Read the text form; ``name`` is what the errors call the text.

    ``of`` is the world of a text without a header.  Raises UsageError
    ``name:line: rule, value; remedy`` at the first line that is neither an
    operation, a comment nor blank.
    """
    own = world_of(text, name) if of is None else world.get(of)
    operations: list[Any] = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            _check_header(line, own)
            words = strip_comment(line).split()
            if words:
                _check_words(words)
                operations.append(own.parse_words(words))
        except LineError as wrong:
            raise UsageError(f"{name}:{number}: {wrong}") from None
    return operations


def _check_header(line: str, own: world.World) -> None:
    """Refuse a second header that names another world: nobody could tell which one is meant."""
    found = _HEADER.match(line)
    if found is None:
        return
    wanted = own.header.removeprefix(_PREFIX)
    if found[1].split() != wanted.split():
        raise LineError(
            f"the sequence's version must be {wanted}, is '{found[1].strip()[:_MAX_WORD]}'; "
            f"write '{own.header}', or use the pyfuzz that wrote this file"
        )


def _check_words(words: list[str]) -> None:
    """Reject what is clearly not a sequence, so that no message has to show it."""
    for word in words:
        if len(word) > _MAX_WORD:
            raise LineError(
                f"a word must have at most {_MAX_WORD} characters, '{ascii(word[:12])[1:-1]}…' has "
                f"{len(word)}; see docs/sequences.md"
            )
        if not word.isprintable():
            raise LineError(f"a word must be printable, is {word!a}; see docs/sequences.md")
