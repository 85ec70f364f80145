# SPDX-License-Identifier: GPL-2.0-only
"""The lines that a trial's process prints.

Apart from trial.py, which reads them: what a peer in Python imports counts as its start-up.
"""

from __future__ import annotations

from collections.abc import Sequence

START = "start\t"


def line(reached: bool, counts: tuple[int, int], spent_ns: int, found: Sequence[object]) -> str:
    """Return the line of csrc/mutants/driver.c: ``found`` is kind's number, function, message."""
    what = found or (-1, "", "")
    return "\t".join(map(str, (int(reached), *counts, spent_ns, *what)))


def start_line(began_ns: int) -> str:
    """Return the line with which a process reports its start-up time."""
    return f"{START}{began_ns}"
