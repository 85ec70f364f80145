# SPDX-License-Identifier: GPL-2.0-only
"""What the steps of a replay did, as data: the same for every world.

pyfuzz/replay/trace_text.py prints it.  Repetitions of an operation are one entry; a
step that shows a finding is an entry of its own, so that what it changed is
seen apart from what led to it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyfuzz.module.results import Containment, RawFinding, Skip

# More numbers than these are shortened.
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ListChange:
    """One list, ``vm0 f3``, drawn before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Access:
    """One access of a fiber, with its place and its code; ``fiber`` None: about all of them.

    ``number`` is its number in the fiber, 0 for what is none.  ``private``: to memory that
    no other fiber uses; ``call``: made by a marked access, a lock or a free, not by plain C.
    """

    fiber: int | None
    text: str
    where: str = ""
    code: str = ""
    private: bool = False
    number: int = 0
    call: bool = False


@dataclass(slots=True)
class Entry:
    """What some consecutive steps of one operation did.

    ``operation`` is its index, the sequence's length for the tear-down, whose
    ``text`` is empty.  ``sptes`` and ``returned`` have one value for each step
    that ran and had one; ``skipped`` counts the other steps by their reason;
    ``errors`` counts the steps where the sequence asks for what cannot be
    done, so that the VM must be bugged.  ``facts`` are lines to print
    first, ``flushes`` what it has the TLBs flush and vCPUs do later, ``chosen``
    is what the steps chose and ``mistake`` what is wrong with what the
    sequence asks for, all four in the words of its world.
    ``ending`` says what the tear-down is.  ``fibers`` are the titles of what runs
    interleaved in it, and ``accesses`` what they did, in that order.
    ``containment``, in the tear-down's entry, is the outcome of the faults.
    """

    operation: int
    text: str
    first: int = 0
    repeat: int = 1
    steps: int = 0
    sptes: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    skipped: Counter[Skip] = field(default_factory=Counter)
    errors: int = 0
    recycled: int = 0
    lists: list[ListChange] = field(default_factory=list)
    bugged: list[int] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    findings: list[RawFinding] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    flushes: list[str] = field(default_factory=list)
    chosen: str = ""
    mistake: str = ""
    containment: Containment | None = None
    ending: str = "tear-down: every VM is destroyed"
    fibers: list[str] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)


def numbers(values: list[int], letter: str = "", modulus: int = 1 << 64) -> str:
    """Write numbers in short: ``0..39``, ``s3``, ``s3 s9 s1``, ``7 (40 times)``."""
    if not values:
        return ""
    first, last = values[0], values[-1]
    if len(values) == 1:
        return f"{letter}{first}"
    if len(set(values)) == 1:
        return f"{letter}{first} ({len(values)} times)"
    if all((after - before) % modulus == 1 for before, after in pairwise(values)):
        return f"{letter}{first}..{letter}{last}"
    shown = [f"{letter}{value}" for value in values]
    if len(values) <= _SHOWN:
        return " ".join(shown)
    return f"{' '.join(shown[:4])} … {' '.join(shown[-2:])} ({len(values)} of them)"


def times_text(times: int, of: int) -> str:
    """Say how many of the steps: "" if it is the only one."""
    return f" {times} times" if times > 1 or of > 1 else ""
