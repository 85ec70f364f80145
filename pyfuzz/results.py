# SPDX-License-Identifier: GPL-2.0-only
"""What a run or a step of a target did: plain data, copied out of C."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pyfuzz.kinds import Kind
from pyfuzz.operation import Opcode


class Skip(IntEnum):
    """Why a step did nothing to the target: ``enum pyfuzz_skip``."""

    RAN = 0
    NO_VM = 1
    VM_ALIVE = 2
    EMPTY = 3
    NO_FREE_SPTE = 4
    IN_OTHER_LIST = 5
    UNSUPPORTED = 6
    HOST_DEAD = 7


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
class RawFinding:
    """One broken property, as the C oracle reports it.

    ``operation`` is an index in the sequence, the sequence's length at
    tear-down; ``signature`` is equal for findings that are one bug.
    """

    kind: Kind
    operation: int
    step: int
    line: int
    signature: int
    function: str
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """What the last run, or the steps since begin, did."""

    operations: int
    steps: int
    findings: tuple[RawFinding, ...]


@dataclass(frozen=True, slots=True)
class Traits:
    """What a compiled target offers; sizes and offsets in bytes, 0: no such field."""

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
    opcodes: frozenset[Opcode]
    counters: int
    states: int
    sanitized: bool
