# SPDX-License-Identifier: GPL-2.0-only
"""What a run or a step of a target did: plain data, copied out of C."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from pyfuzz.kinds import Kind
from pyfuzz.symptom import Shown, Symptom


class Skip(IntEnum):
    """Why a step did nothing to the target: ``enum pyfuzz_skip`` of each world."""

    RAN = 0
    NO_VM = 1
    VM_ALIVE = 2
    EMPTY = 3
    NO_FREE_SPTE = 4
    IN_OTHER_LIST = 5
    UNSUPPORTED = 6
    HOST_DEAD = 7
    NO_PLACE = 8
    ASIDE = 9
    VM_DEAD = 16
    NO_TABLE = 17
    NO_SLOT = 18
    SLOT_THERE = 19
    NO_ROOT = 20
    FIBER_FULL = 24
    SWITCHES_FULL = 25


@dataclass(frozen=True, slots=True)
class Step:
    """What one repetition of an operation did.

    ``returned`` is None where the target returns nothing, ``spte`` where no
    SPTE was chosen.  VMs are numbers in frozensets.
    """

    skip: Skip
    error: bool
    returned: int | None
    expected: int
    recycled: bool
    spte: int | None
    expected_bugged: frozenset[int]
    bugged: frozenset[int]
    alive: frozenset[int]
    findings: tuple[Kind, ...]
    log_lines: int


@dataclass(frozen=True, slots=True)
class RawFinding(Shown):
    """One broken property, as the C oracle reports it.

    ``operation`` is an index in the sequence, the sequence's length at
    tear-down; ``signature`` is equal for findings that are one bug.
    """

    symptom: Symptom
    operation: int
    step: int = 0
    signature: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What the last run, or the steps since begin, did."""

    operations: int
    steps: int
    findings: tuple[RawFinding, ...]


class Outcome(Enum):
    """The outcome of a fault, from best to worst: ``enum pyfuzz_outcome``."""

    NO_FAULT = "no-fault"
    DETECTED = "detected"
    SILENT = "silent"
    MEMORY = "memory"
    SPREAD = "spread"
    HOST_DEATH = "host-death"

    @property
    def rank(self) -> int:
        """Return how bad it is: higher is worse."""
        return OUTCOMES.index(self)

    @property
    def contained(self) -> bool:
        """Whether only the VM with the fault is harmed."""
        return self in (Outcome.DETECTED, Outcome.SILENT)


OUTCOMES: tuple[Outcome, ...] = tuple(Outcome)


@dataclass(frozen=True, slots=True)
class Evidence(Shown):
    """The finding that made an outcome what it is; ``operation`` is where it was seen."""

    symptom: Symptom
    operation: int


@dataclass(frozen=True, slots=True)
class Containment:
    """The outcome of the faults in a sequence: ``struct pyfuzz_containment``.

    ``fault`` is the first one's number and ``operation`` where it is, ``did``
    says what the last one changed.  ``steps_to_flag`` counts the steps of the VM
    with the fault until it was bugged, None if it was not.  ``mistakes`` are
    the steps at which the sequence erred by itself.  ``leaked`` counts the
    descriptors of that VM that were never freed, ``stale`` its SPTEs that were
    still present after a zap of their whole list; ``report`` is a sanitizer's.
    """

    outcome: Outcome
    fault: int
    faults: int
    mistakes: int
    did: str
    operation: int
    bugged: bool
    wrong_vm: bool
    steps_to_flag: int | None
    steps_after: int
    destroyed: bool
    emptied: bool
    innocents_work: bool
    leaked: int
    stale: int
    evidence: Evidence | None
    report: str | None


@dataclass(frozen=True, slots=True)
class Traits:
    """What a compiled target offers; sizes and offsets in bytes, 0: no such field.

    ``opcodes`` are numbers of the world's own opcodes.
    """

    name: str
    capacity: int
    descriptor_size: int
    more_offset: int
    sptes_offset: int
    spte_count_offset: int
    spte_count_size: int
    tail_count_offset: int
    tail_count_size: int
    locked_heads: bool
    rmap_add_recycles: bool
    zap_all_returns: bool
    opcodes: frozenset[int]
    counters: int
    states: int
    sanitized: bool
