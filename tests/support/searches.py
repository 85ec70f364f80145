# SPDX-License-Identifier: GPL-2.0-only
"""Exhaustive searches of one scope."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from pyfuzz.exhaust.search import Search, Searcher

if TYPE_CHECKING:
    from pyfuzz.module.states import Scope
    from pyfuzz.target.catalogue import Target

# Of processor time: other load on the machine must not cut a search.
_LIMIT_S = 180.0


def searched(target: Target, scope: Scope) -> Search:
    """Search a scope to its end, or for as long as a test may take."""
    with closing(Searcher(target)) as searcher:
        return searcher.search(scope, None, lambda _: None, most_s=_LIMIT_S)
