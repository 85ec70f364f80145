# SPDX-License-Identifier: GPL-2.0-only
"""Every pair of a writer and a walker, on lists of chosen lengths, in every order.

Lists of 0, 1 and 2 entries have different forms; at 14 and 28 entries every
descriptor is full, 15 and 29 are one more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pyfuzz.worlds.threads.event import SearchResult, ThreadsFinding
from pyfuzz.worlds.threads.operation import Operation, Sequence, What
from pyfuzz.worlds.threads.searching import Searching

SHAPES = (0, 1, 2, 14, 15, 28, 29)
DEFAULT_BOUND = 2


def _writers(entries: int) -> Iterator[tuple[Operation, ...]]:
    """The writers' operations on a list: its first entry, one in the middle, its last, all."""
    yield (Operation(What.ADD),)
    for what in (What.ZAP_ONE, What.DROP):
        for entry in sorted({0, entries // 2, entries - 1} & set(range(entries))):
            yield (Operation(what, entry),)
    if entries:
        yield (Operation(What.ZAP_ALL),)
        yield (Operation(What.FREE_ALL),)
    if entries > 1:
        # ABA: the head may hold the same value again, in front of another list.
        yield (Operation(What.ZAP_ALL), Operation(What.ADD), Operation(What.ADD))


_OTHERS = (
    (What.AGE, True),
    (What.AGE, False),
    (What.TEST_AGE, True),
    (What.TEST_AGE, False),
    (What.COUNT, True),
    (What.ITERATE, True),
    (What.ADD, True),
    (What.ZAP_ALL, True),
)
"""The fibers beside the writer, and whether SPTEs have Accessed bits."""


def pairs(module: Searching, *, tso: bool = False) -> Iterator[Sequence]:
    """Yield the scenarios of a target: each pair on each list, and some with three fibers.

    ``tso``: fibers have store buffers.
    """
    for entries in SHAPES:
        for writer in _writers(entries):
            if not all(module.can(operation.what) for operation in writer):
                continue
            for what, ad in _OTHERS:
                if not module.can(what) or (not ad and not module.locked_heads):
                    continue
                # A writer that frees and allocates may get the same descriptor back.
                for reuse in (False, True) if len(writer) > 1 else (False,):
                    yield Sequence(entries, (writer, (Operation(what),)), (), ad, reuse, tso)
            if module.can(What.AGE) and entries in (1, 2):
                age = (Operation(What.AGE),)
                yield Sequence(entries, (writer, age, (Operation(What.DIRTY, 0),)), tso=tso)
                yield Sequence(entries, (writer, age, (Operation(What.TEST_AGE),)), tso=tso)


@dataclass(slots=True)
class Row:
    """One pair: the fibers, the list, and the result."""

    sequence: Sequence
    result: SearchResult


@dataclass(slots=True)
class SystematicResult:
    """The result of a complete search."""

    target: str
    bound: int
    lockless: bool
    tso: bool = False
    rows: list[Row] = field(default_factory=list)
    left: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    findings: dict[tuple[str, str, int], ThreadsFinding] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every schedule within the bound was covered."""
        return not self.left and all(row.result.complete for row in self.rows)

    @property
    def schedules(self) -> int:
        """Schedules that were started; a pruned one ends where an earlier one continued."""
        return sum(row.result.schedules + row.result.pruned for row in self.rows)

    def at_bound(self, bound: int) -> int:
        """Schedules started while at most ``bound`` switches were allowed."""
        return sum(row.result.at_bound[bound] for row in self.rows)

    @property
    def verdict(self) -> str:
        """``finding`` or ``clean``."""
        return "finding" if self.findings else "clean"


def search(
    module: Searching,
    bound: int = DEFAULT_BOUND,
    *,
    tso: bool = False,
    seconds: float | None = None,
    stop_on_finding: bool = False,
    progress: Callable[[SystematicResult, int], None] | None = None,
) -> SystematicResult:
    """Search every pair of a target, or as many as the time allows.

    ``tso``: with store buffers, in which at most ``bound`` stores wait.
    Errors: HarnessError if a schedule does not replay.
    """
    found = SystematicResult(module.name, bound, module.can(What.AGE), tso)
    todo = list(pairs(module, tso=tso))
    begin_s = time.monotonic()
    for number, sequence in enumerate(todo):
        try:
            result = module.search(sequence, bound)
        except KeyboardInterrupt:
            found.interrupted = True
            found.left = len(todo) - number
            break
        found.rows.append(Row(sequence, result))
        for finding in result.findings:
            known = found.findings.get(finding.key)
            if known is None or _effort(finding) < _effort(known):
                found.findings[finding.key] = finding
        found.seconds = time.monotonic() - begin_s
        if progress is not None:
            progress(found, len(todo))
        late = seconds is not None and found.seconds > seconds
        if late or (stop_on_finding and found.findings):
            found.left = len(todo) - number - 1
            break
    return found


def _effort(finding: ThreadsFinding) -> tuple[int, int, int, int]:
    """Order findings by how much a reader has to follow."""
    sequence = finding.sequence
    schedule = len(sequence.switches) + len(sequence.delays)
    return finding.away, finding.delayed, schedule, sequence.entries + finding.access
