# SPDX-License-Identifier: GPL-2.0-only
"""What an exhaustive search is told, and what it tells: csrc/exhaust/exhaust.h."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

from pyfuzz.symptom import Symptom


class Groups(IntFlag):
    """Operations of the world pages; the numbers are those of ``enum pyfuzz_scope_groups``."""

    WRITES = 1
    POKES = 2
    FLUSHES = 4
    LARGE = 8
    READ_ONLY = 16
    HOST = 32
    SLOTS = 64
    RECLAIM = 128


@dataclass(frozen=True, slots=True)
class Scope:
    """The bounds within which a search is complete.

    ``entries`` and ``descriptors`` (0: no bound) are of one list, ``total`` is
    of all lists of a VM.  ``errors``: entries that are not there are removed, too, in
    every context that the target can tell apart.  ``grow``: lists are only
    emptied as a whole.  ``renamed``: states that differ only in the names of SPTEs,
    descriptors, heads and VMs count as one.  ``caches``: how full the descriptor caches
    are is part of a state.  One state in ``audit_every`` is audited, none if
    it is 0; ``depth`` is 0 for no bound.

    In the world pages: ``alike``: states that differ only in which entries and frames,
    of those that are alike, are which count as one;
    ``pdes`` and ``ptes`` are the entries that a guest writes in
    each table, ``targets`` the frames that a PTE can get, ``groups`` the operations.
    """

    name: str
    vms: int = 1
    frames: int = 1
    parents: int = 0
    entries: int = 15
    descriptors: int = 0
    total: int = 2000
    errors: bool = False
    grow: bool = False
    renamed: bool = True
    caches: bool = False
    audit_every: int = 500
    depth: int = 0
    memory_mb: int = 2048
    alike: bool = True
    pdes: int = 0
    ptes: int = 0
    targets: int = 0
    groups: Groups = field(default_factory=lambda: Groups(0))


class End(IntEnum):
    """Why a search is over; the numbers are those of ``enum pyfuzz_end``."""

    NOT = 0
    FIXPOINT = 1
    DEPTH = 2
    MEMORY = 3
    CANNOT_HOLD = 4
    AUDIT = 5
    HANGS = 6


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is; all sequences of up to ``depth`` operations were tried.

    ``apart``: how many states there were without the scope's ``alike``.
    ``waiting``: it goes on once the other processes were heard.
    """

    end: End
    depth: int
    states: int
    apart: int
    expanded: int
    transitions: int
    beyond: int
    ended: int
    bytes: int
    audited: int
    audited_transitions: int
    second_ways: int
    failed: int
    findings: int
    findings_lost: int
    waiting: int
    trouble: str

    @property
    def left(self) -> int:
        """States in the queue, from which nothing has been tried yet."""
        return self.states - self.expanded


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, how many transitions had it, and a shortest way to it.

    ``where``: the state and the move that had it first.
    """

    symptom: Symptom
    signature: int
    count: int
    where: tuple[int, int]
    operations: list[Any]
