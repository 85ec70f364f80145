# SPDX-License-Identifier: GPL-2.0-only
"""The kinds of finding: stable names, in the order of csrc/harness/kinds.def."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

from pyfuzz import tables


class Kind(Enum):
    """One kind of finding; ``value`` is the stable name that scripts rely on."""

    HOST_BUG = "host-bug"
    HOST_FAULT = "host-fault"
    HANG = "hang"
    UNFLAGGED_ERROR = "unflagged-error"
    FALSE_ALARM = "false-alarm"
    WRONG_VM = "wrong-vm"
    LOST_ENTRY = "lost-entry"
    GHOST_ENTRY = "ghost-entry"
    COUNT_CONTRACT = "count-contract"
    ITERATOR = "iterator"
    SHAPE = "shape"
    LEAK = "leak"
    DOUBLE_FREE = "double-free"
    TEARDOWN = "teardown"
    LOG_FLOOD = "log-flood"
    REQUEST = "request"
    STALE_SPTE = "stale-spte"
    USE_AFTER_FREE = "use-after-free"
    DATA_RACE = "data-race"
    LOCK_RULE = "lock-rule"
    WARNING = "warning"
    ORPHAN_ENTRY = "orphan-entry"
    MISSING_ENTRY = "missing-entry"
    WRONG_GFN = "wrong-gfn"
    WRONG_ROLE = "wrong-role"
    WRONG_ACCESS = "wrong-access"
    DIFFERENCE = "difference"
    MISSED_FLUSH = "missed-flush"

    @property
    def number(self) -> int:
        """The index of this kind in ``enum pyfuzz_kind``."""
        return _rows()[self].number

    @property
    def must(self) -> str:
        """The property that it breaks."""
        return _rows()[self].must

    @property
    def means(self) -> str:
        """What that does to a host with several VMs."""
        return _rows()[self].means

    @property
    def death(self) -> bool:
        """Whether the host is dead after it."""
        return _rows()[self].ends == "DEATH"

    @property
    def destructive(self) -> bool:
        """Whether what is left of the world afterwards cannot be relied on."""
        return _rows()[self].ends != "WHOLE"


ORDER: tuple[Kind, ...] = tuple(Kind)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    ends: str
    must: str
    means: str


@cache
def _rows() -> dict[Kind, _Row]:
    return {
        Kind(name): _Row(number, ends, must, means)
        for number, (_, name, ends, must, means) in enumerate(
            tables.rows("harness/kinds.def", "KIND", 5)
        )
    }
