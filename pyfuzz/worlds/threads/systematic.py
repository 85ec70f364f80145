# SPDX-License-Identifier: GPL-2.0-only
"""Every pair of a writer and a walker, on lists of telling lengths, in every order.

A list of 0, 1 and 2 entries is each of another form; 14 and 15, 28 and 29 are
a descriptor that is full, and one more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pyfuzz.worlds.threads.module import SearchResult, ThreadsFinding, ThreadsModule
from pyfuzz.worlds.threads.operation import Operation, Sequence, What

SHAPES = (0, 1, 2, 14, 15, 28, 29)
DEFAULT_BOUND = 2


def _writers(entries: int) -> Iterator[tuple[Operation, ...]]:
    """What writers do to a list: to its first entry, one in the middle, its last, all."""
    yield (Operation(What.ADD),)
    for what in (What.ZAP_ONE, What.DROP):
        for entry in sorted({0, entries // 2, entries - 1} & set(range(entries))):
            yield (Operation(what, entry),)
    if entries:
        yield (Operation(What.ZAP_ALL),)
        yield (Operation(What.FREE_ALL),)
    if entries > 1:
        # The head may come to hold what it held before, with another list behind.
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
"""Who comes beside the writer, and whether SPTEs have Accessed bits then."""


def pairs(module: ThreadsModule) -> Iterator[Sequence]:
    """Yield what is searched of a target: each pair on each shape, and some threes."""
    for entries in SHAPES:
        for writer in _writers(entries):
            if not all(module.can(operation.what) for operation in writer):
                continue
            for what, ad in _OTHERS:
                if not module.can(what) or (not ad and not module.locked_heads):
                    continue
                # Who frees and takes again may get the same descriptor back.
                for reuse in (False, True) if len(writer) > 1 else (False,):
                    yield Sequence(entries, (writer, (Operation(what),)), (), ad, reuse)
            if module.can(What.AGE) and entries in (1, 2):
                age = (Operation(What.AGE),)
                yield Sequence(entries, (writer, age, (Operation(What.DIRTY, 0),)))
                yield Sequence(entries, (writer, age, (Operation(What.TEST_AGE),)))


@dataclass(slots=True)
class Row:
    """One pair: the fibers, on a list, and what came of it."""

    sequence: Sequence
    result: SearchResult


@dataclass(slots=True)
class SystematicResult:
    """What a whole search came to."""

    target: str
    bound: int
    lockless: bool
    rows: list[Row] = field(default_factory=list)
    left: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    findings: dict[tuple[str, str, int], ThreadsFinding] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether nothing within the bound was left out."""
        return not self.left and all(row.result.complete for row in self.rows)

    @property
    def schedules(self) -> int:
        """Schedules that were begun; a pruned one ends where another went on."""
        return sum(row.result.schedules + row.result.pruned for row in self.rows)

    def at_bound(self, bound: int) -> int:
        """Schedules begun while at most ``bound`` switches were allowed."""
        return sum(row.result.at_bound[bound] for row in self.rows)

    @property
    def verdict(self) -> str:
        """``finding`` or ``clean``."""
        return "finding" if self.findings else "clean"


def search(
    module: ThreadsModule,
    bound: int = DEFAULT_BOUND,
    *,
    seconds: float | None = None,
    stop_on_finding: bool = False,
    progress: Callable[[SystematicResult, int], None] | None = None,
) -> SystematicResult:
    """Search every pair of a target; with less time than that takes, as far as it goes.

    Errors: HarnessError if a schedule does not replay.
    """
    found = SystematicResult(module.target.name, bound, module.can(What.AGE))
    todo = list(pairs(module))
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
            key = (finding.kind, finding.function, finding.line)
            known = found.findings.get(key)
            if known is None or _effort(finding) < _effort(known):
                found.findings[key] = finding
        found.seconds = time.monotonic() - begin_s
        if progress is not None:
            progress(found, len(todo))
        late = seconds is not None and found.seconds > seconds
        if late or (stop_on_finding and found.findings):
            found.left = len(todo) - number - 1
            break
    return found


def _effort(finding: ThreadsFinding) -> tuple[int, int, int]:
    """How much a person has to follow."""
    sequence = finding.sequence
    return finding.away, len(sequence.switches), sequence.entries + finding.access
