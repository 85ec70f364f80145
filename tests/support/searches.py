# SPDX-License-Identifier: GPL-2.0-only
"""Exhaustive searches of one scope."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pyfuzz.exhaust.search import Search, Searcher

if TYPE_CHECKING:
    from pyfuzz.module.states import Scope
    from pyfuzz.target.catalogue import Target

_LIMIT_S = 180.0


def searched(target: Target, scope: Scope) -> Search:
    """Search a scope to its end, or for as long as a test may wait."""
    searcher = Searcher(target)
    try:
        return searcher.search(scope, time.monotonic() + _LIMIT_S, lambda _: None)
    finally:
        searcher.close()
