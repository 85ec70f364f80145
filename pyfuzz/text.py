# SPDX-License-Identifier: GPL-2.0-only
"""Words, numbers and times for people, the same wherever they are shown."""

from __future__ import annotations

import textwrap

WIDTH = 80


def wrapped(text: str, first: str = "", rest: str | None = None, width: int = WIDTH) -> list[str]:
    """Fold a text at blanks into lines of at most so many columns.

    ``first`` and ``rest`` are what the first line and the others begin with;
    without a ``rest`` they are two blanks further in.  A word that is longer
    than a line, a path or a command, stays whole.
    """
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=f"{first}  " if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def number(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: ``1 file``, ``1,234 files``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def times(count: int) -> str:
    """Return how often: ``once``, ``1,234 times``."""
    return "once" if count == 1 else f"{count:,} times"


def rate(count: int, seconds: float) -> float:
    """Return how many per second; 0 if no time has passed."""
    return count / seconds if seconds else 0.0


def short(count: float) -> str:
    """Return a number in four characters or so: ``999``, ``12.3k``, ``4M``."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.0f}"


def clock(seconds: float) -> str:
    """Return a length of time as a clock shows it: ``0:07``, ``12:34``, ``1:02:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def printable(text: str) -> str:
    """Return a stranger's text with control characters escaped: a terminal obeys some."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
