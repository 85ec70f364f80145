# SPDX-License-Identifier: GPL-2.0-only
"""Sequences of this world as text: one line for the list, each operation, each switch."""

from __future__ import annotations

from pathlib import Path

from pyfuzz.errors import UsageError
from pyfuzz.worlds.threads.operation import (
    FIBER_OPERATIONS,
    FIBERS,
    MAX_ENTRIES,
    MAX_SWITCHES,
    Operation,
    Sequence,
    Switch,
    What,
)

HEADER = "# pyfuzz sequence 2 threads"
_WHATS = {what.word: what for what in What}
_FLAGS = ("no-ad", "reuse")


def is_threads(data: bytes) -> bool:
    """Tell whether a file's bytes are a sequence of this world."""
    return data.split(b"\n", 1)[0].strip() == HEADER.encode()


def format_sequence(sequence: Sequence) -> str:
    """Return a sequence as text; parse() turns it back."""
    flags = [flag for flag, on in zip(_FLAGS, (not sequence.ad, sequence.reuse), strict=True) if on]
    lines = [HEADER, " ".join(["list", str(sequence.entries), *flags])]
    for number, operations in enumerate(sequence.fibers):
        lines += [f"fiber {number} {operation}" for operation in operations]
    lines += [str(switch) for switch in sequence.switches]
    return "\n".join(lines) + "\n"


def read(path: Path) -> Sequence:
    """Read a sequence from a file.

    Errors: UsageError if it cannot be read, or at the first line that is wrong.
    """
    try:
        return parse(path.read_bytes().decode("utf-8", "replace"), str(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def parse(text: str, name: str = "the sequence") -> Sequence:
    """Parse a sequence's text.

    Errors: UsageError at the first line that is wrong, with its number.
    """
    reader = _Reader()
    lines = text.splitlines()
    if not lines or lines[0].strip() != HEADER:
        raise UsageError(f"{name}: the first line must be '{HEADER}'")
    for number, line in enumerate(lines[1:], 2):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        try:
            reader.line(words)
        except _LineError as error:
            raise UsageError(f"{name}:{number}: {error}") from None
    return reader.sequence()


class _LineError(Exception):
    """What is wrong with a line."""


def _number(word: str, what: str, limit: int) -> int:
    if not word.isascii() or not word.isdigit() or int(word) > limit:
        raise _LineError(f"{what} must be a number from 0 to {limit}, is '{word}'")
    return int(word)


class _Reader:
    def __init__(self) -> None:
        self._entries: int | None = None
        self._flags: set[str] = set()
        self._fibers: list[list[Operation]] = []
        self._switches: list[Switch] = []

    def line(self, words: list[str]) -> None:
        verbs = {"list": self._list, "fiber": self._fiber, "switch": self._switch}
        if words[0] not in verbs:
            raise _LineError(f"a line must begin with {', '.join(verbs)}, begins with '{words[0]}'")
        verbs[words[0]](words[1:])

    def sequence(self) -> Sequence:
        return Sequence(
            self._entries or 0,
            tuple(map(tuple, self._fibers)) or ((),),
            tuple(self._switches),
            ad="no-ad" not in self._flags,
            reuse="reuse" in self._flags,
        )

    def _list(self, words: list[str]) -> None:
        if self._entries is not None:
            raise _LineError("must have one list, has a second")
        if not words:
            raise _LineError("must be: list ENTRIES [no-ad] [reuse]")
        self._entries = _number(words[0], "the list's length", MAX_ENTRIES)
        for flag in words[1:]:
            if flag not in _FLAGS:
                raise _LineError(f"a list's flag must be {' or '.join(_FLAGS)}, is '{flag}'")
            self._flags.add(flag)

    def _fiber(self, words: list[str]) -> None:
        if len(words) < 2:
            raise _LineError("must be: fiber NUMBER OPERATION [ENTRY]")
        fiber = _number(words[0], "a fiber", FIBERS - 1)
        what = _WHATS.get(words[1])
        if what is None:
            raise _LineError(f"an operation must be one of {', '.join(_WHATS)}, is '{words[1]}'")
        if len(words) != 2 + what.takes_entry:
            takes = "takes the number of an entry" if what.takes_entry else "takes nothing"
            raise _LineError(f"{what.word} {takes}")
        entry = _number(words[2], "an entry", MAX_ENTRIES - 1) if what.takes_entry else 0
        while len(self._fibers) <= fiber:
            self._fibers.append([])
        if len(self._fibers[fiber]) == FIBER_OPERATIONS:
            raise _LineError(f"a fiber must have at most {FIBER_OPERATIONS} operations, has more")
        self._fibers[fiber].append(Operation(what, entry))

    def _switch(self, words: list[str]) -> None:
        if len(words) != 3:
            raise _LineError("must be: switch FIBER ACCESS NEXT")
        if len(self._switches) == MAX_SWITCHES:
            raise _LineError(f"must have at most {MAX_SWITCHES} switches, has more")
        self._switches.append(
            Switch(
                _number(words[0], "a fiber", FIBERS - 1),
                _number(words[1], "an access", 10**6),
                _number(words[2], "a fiber", FIBERS - 1),
            )
        )
