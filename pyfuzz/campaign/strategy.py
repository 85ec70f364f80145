# SPDX-License-Identifier: GPL-2.0-only
"""How the workers of a campaign differ: each fuzzes in a way of its own.

What one way is blind to, another may see; they share one corpus, so each goes
on from what the others reached.  A worker is called after its strategy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to fuzz.

    ``arguments`` are libFuzzer's, behind those that all workers have; ``without``
    and ``only`` are parts of ours that are switched off, or the one that is left
    on (csrc/engine/mutator.c, csrc/harness/feedback.c); ``flavour`` is how the
    target is compiled for it where the campaign fuzzes the plain one.
    """

    name: str
    summary: str
    arguments: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    flavour: str = "fuzz"


# In the order in which they are dealt out: one worker gets the first, a machine
# with more cores than strategies starts over, with other seeds.  The second is
# the one that builds most on what the others find, where half of what the first
# does is new.
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

# Beside them, and not one of them: it replays what they keep.
CHECKER = "sanitizer"


def deal(workers: int) -> list[tuple[str, Strategy]]:
    """Return a name and a strategy for each of so many workers."""
    dealt = []
    for number in range(workers):
        turn, which = divmod(number, len(STRATEGIES))
        strategy = STRATEGIES[which]
        dealt.append((strategy.name + (f"-{turn + 1}" if turn else ""), strategy))
    return dealt


def summary_of(worker: str) -> str | None:
    """Return how a worker of this name fuzzes, None if no strategy is called so."""
    if worker == CHECKER:
        return "replays what the others keep, with AddressSanitizer and bounds checks"
    name = re.sub(r"-\d+$", "", worker)
    return next((one.summary for one in STRATEGIES if one.name == name), None)
