# SPDX-License-Identifier: GPL-2.0-only
"""Sequences of this world as text: one line for the list, each operation, each switch."""

from __future__ import annotations

from collections.abc import Callable

from pyfuzz.world import LineError
from pyfuzz.worlds.threads.operation import (
    FIBERS,
    MAX_ACCESS,
    MAX_DELAY,
    MAX_ENTRIES,
    Act,
    Delay,
    Initial,
    Line,
    Operation,
    Sequence,
    Switch,
    What,
    lines_of,
)

HEADER = "# pyfuzz sequence 2 threads"
_WHATS = {what.word: what for what in What}
_FLAGS = ("no-ad", "reuse", "tso")


def format_operation(line: Line) -> str:
    """Format one line of a sequence, without a line end."""
    return str(line)


def format_sequence(sequence: Sequence) -> str:
    """Return a sequence as a whole text file."""
    return "\n".join([HEADER, *map(str, lines_of(sequence))]) + "\n"


def parse_words(words: list[str]) -> Line:
    """Parse the words of one line; raises LineError if they are not a line of a sequence."""
    verbs: dict[str, Callable[[list[str]], Line]] = {
        "list": _list,
        "fiber": _fiber,
        "switch": _switch,
        "delay": _delay,
    }
    if words[0] not in verbs:
        raise LineError(
            f"a line must begin with {', '.join(verbs)}, begins with '{words[0]}'; "
            "see docs/threads.md"
        )
    return verbs[words[0]](words[1:])


def _number(word: str, what: str, limit: int) -> int:
    if not word.isascii() or not word.isdigit() or int(word) > limit:
        raise LineError(f"{what} must be a number from 0 to {limit}, is '{word}'")
    return int(word)


def _list(words: list[str]) -> Initial:
    if not words:
        raise LineError("must be: list ENTRIES [no-ad] [reuse] [tso]")
    entries = _number(words[0], "the list's length", MAX_ENTRIES)
    for flag in words[1:]:
        if flag not in _FLAGS:
            raise LineError(f"a list's flag must be one of {', '.join(_FLAGS)}, is '{flag}'")
    return Initial(entries, "no-ad" not in words, "reuse" in words, "tso" in words)


def _fiber(words: list[str]) -> Act:
    if len(words) < 2:
        raise LineError("must be: fiber NUMBER OPERATION [ENTRY]")
    fiber = _number(words[0], "a fiber", FIBERS - 1)
    what = _WHATS.get(words[1])
    if what is None:
        raise LineError(f"an operation must be one of {', '.join(_WHATS)}, is '{words[1]}'")
    if len(words) != 2 + what.takes_entry:
        takes = "takes the number of an entry" if what.takes_entry else "takes nothing"
        raise LineError(f"{what.word} {takes}")
    entry = _number(words[2], "an entry", MAX_ENTRIES - 1) if what.takes_entry else 0
    return Act(fiber, Operation(what, entry))


def _switch(words: list[str]) -> Switch:
    if len(words) != 3:
        raise LineError("must be: switch FIBER ACCESS NEXT")
    return Switch(
        _number(words[0], "a fiber", FIBERS - 1),
        _number(words[1], "an access", MAX_ACCESS),
        _number(words[2], "a fiber", FIBERS - 1),
    )


def _delay(words: list[str]) -> Delay:
    if len(words) != 3:
        raise LineError("must be: delay FIBER ACCESS BY")
    return Delay(
        _number(words[0], "a fiber", FIBERS - 1),
        _number(words[1], "an access", MAX_ACCESS),
        _number(words[2], "by how many accesses a store is delayed", MAX_DELAY),
    )
