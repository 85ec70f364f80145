# SPDX-License-Identifier: GPL-2.0-only
"""How the workers of a campaign differ: each has its own strategy.

What one strategy misses, another may find; they share a corpus, so each
builds on what the others reached.  A worker is named after its strategy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to fuzz.

    ``arguments`` are libFuzzer's, after those that all workers have; ``without``
    names our parts that are disabled, ``only`` the one that stays enabled
    (csrc/engine/mutator.c, csrc/harness/feedback.c); ``flavour`` is how the target
    is compiled for it if the campaign fuzzes the plain flavour.
    """

    name: str
    summary: str
    arguments: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    flavour: str = "fuzz"


# In the order in which workers get them; with more workers than strategies they
# start over, with other seeds.  The second one builds most on what the others
# find, while half of the first one's inputs are new.
STRATEGIES = (
    Strategy("structure", "plans new sequences and mutates the operations of kept ones"),
    Strategy("kept", "mutates the operations of kept sequences only", only=("kept",)),
    Strategy("plans", "plans new sequences only", only=("plans",)),
    Strategy("chance", "generates random operations", only=("chance",)),
    Strategy("bytes", "libFuzzer's own byte mutations", without=("structure",)),
    Strategy(
        "values",
        "also keeps inputs that change the values seen by comparisons",
        ("-use_value_profile=1",),
        flavour="values",
    ),
    Strategy("coverage", "keeps inputs that reach new code, not new states", without=("state",)),
)

# Not one of them: it replays what they keep.
CHECKER = "sanitizer"


def deal(workers: int, first: int = 0) -> list[tuple[str, Strategy]]:
    """Return a name and a strategy for each of ``workers`` workers, numbered from ``first``."""
    dealt = []
    for number in range(first, first + workers):
        turn, which = divmod(number, len(STRATEGIES))
        strategy = STRATEGIES[which]
        dealt.append((strategy.name + (f"-{turn + 1}" if turn else ""), strategy))
    return dealt


def summary_of(worker: str) -> str | None:
    """Describe the strategy of this name, None if there is none."""
    if worker == CHECKER:
        return "replays what the others keep, with AddressSanitizer and bounds checks"
    name = re.sub(r"-\d+$", "", worker)
    return next((one.summary for one in STRATEGIES if one.name == name), None)
