# SPDX-License-Identifier: GPL-2.0-only
"""The kinds of finding: stable names, in the order of ``enum pyfuzz_kind``."""

from __future__ import annotations

from enum import Enum


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

    @property
    def number(self) -> int:
        """The index of this kind in ``enum pyfuzz_kind``."""
        return _NUMBERS[self]


ORDER: tuple[Kind, ...] = tuple(Kind)
_NUMBERS: dict[Kind, int] = {kind: number for number, kind in enumerate(ORDER)}
