# SPDX-License-Identifier: GPL-2.0-only
"""All schedules of the world ``threads`` up to a bound, with audits.

The bound is raised from 0, so that a search that was cut has a bound below
which nothing is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyfuzz.worlds.threads import systematic
from pyfuzz.worlds.threads.minimize import minimize
from pyfuzz.worlds.threads.text import format_sequence

if TYPE_CHECKING:
    from pathlib import Path

    from pyfuzz.target.catalogue import Target
    from pyfuzz.target.kernel import Kernel
    from pyfuzz.worlds.threads.event import ThreadsFinding
    from pyfuzz.worlds.threads.searching import Searching
    from pyfuzz.worlds.threads.systematic import Row, SystematicResult

AUDIT_EVERY = 10
"""One in this many pairs on longer lists is audited, unless told otherwise."""
# Pairs on lists of up to so many entries are all audited: their heads have every form.
_ALL_AUDITED = 2
AUDIT_LIMIT = 100_000
"""Schedules of an audit, which prunes nothing; a pair that has more is not audited."""


@dataclass(slots=True)
class Audits:
    """Pairs that were searched again: with nothing pruned, and in the same way once more.

    They are those of the greatest bound at which they were not cut short.  A pair
    with a finding is not audited: what follows one cannot be relied on.
    """

    every: int = AUDIT_EVERY
    pairs: int = 0
    too_large: int = 0
    schedules: int = 0
    failed: int = 0
    trouble: str = ""

    @property
    def passed(self) -> bool:
        """Whether some pair was audited, and none failed."""
        return self.pairs > 0 and not self.failed


@dataclass(slots=True)
class Schedules:
    """The result of searching a target.

    ``search`` is the one with the greatest bound; ``whole`` the greatest bound at
    which no pair is left and the audits passed, None if there is none.
    """

    target: Target
    kernel: Kernel | None
    bound: int
    search: SystematicResult
    whole: int | None = None
    seconds: float = 0.0
    interrupted: bool = False
    audits: Audits = field(default_factory=Audits)
    findings: list[ThreadsFinding] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    out: Path | None = None

    @property
    def complete(self) -> bool:
        """Whether every schedule up to the bound was covered, and every audit passed."""
        return self.whole == self.bound and self.audits.passed

    def known(self, finding: ThreadsFinding) -> str | None:
        """Return why a finding is a known one, None if it is not."""
        return self.target.known_reason(finding.symptom)

    @property
    def word(self) -> str:
        """``clean``, ``known`` or ``finding``."""
        if any(self.known(finding) is None for finding in self.findings):
            return "finding"
        return "known" if self.findings else "clean"

    @property
    def outcomes(self) -> int:
        """Different orders of dependent accesses, at the greatest bound."""
        return sum(row.result.outcomes for row in self.search.rows)

    @property
    def accesses(self) -> int:
        """Accesses that were made, at the greatest bound and below."""
        return sum(row.result.accesses for row in self.search.rows)

    @property
    def collision(self) -> float:
        """An upper bound on the chance that two states of a pair were taken for one.

        A search has a state before each access, which is hashed to 64 bits.
        """
        return min(1.0, sum(row.result.accesses**2 for row in self.search.rows) / 2**65)


def search(
    module: Searching,
    target: Target,
    kernel: Kernel | None,
    bound: int,
    *,
    tso: bool = False,
    audit_every: int = AUDIT_EVERY,
    until_s: float | None = None,
    show: Callable[[SystematicResult, int], None] | None = None,
) -> Schedules:
    """Search every pair of a target with up to ``bound`` switches, or until a time (monotonic).

    ``tso``: with store buffers, in which as many stores wait.
    Errors: HarnessError if a schedule does not replay.
    """
    begin_s = time.monotonic()
    found: Schedules | None = None
    seen: dict[tuple[str, str, int], ThreadsFinding] = {}
    for switches in range(bound + 1):
        left_s = None if until_s is None else max(until_s - time.monotonic(), 0.0)
        result = systematic.search(module, switches, tso=tso, seconds=left_s, progress=show)
        if found is None:
            found = Schedules(target, kernel, bound, result, audits=Audits(audit_every))
        if result.rows:
            found.search = result
        # The first schedule that shows something has the fewest switches.
        for key, one in result.findings.items():
            seen.setdefault(key, one)
        found.interrupted = result.interrupted
        if not result.complete or not _audit(module, found, until_s):
            break
        found.whole = switches
    assert found is not None
    found.findings = [minimize(module, one) for one in seen.values()]
    found.seconds = time.monotonic() - begin_s
    return found


def _audit(module: Searching, found: Schedules, until_s: float | None) -> bool:
    """Search some pairs again; False if one has another result than before.

    Also False if it was cut short: then the audits of the last bound are kept.
    """
    audits = Audits(found.audits.every)
    if not audits.every:
        return True
    rows = [
        row
        for place, row in enumerate(found.search.rows)
        if not row.result.findings
        and (row.sequence.entries <= _ALL_AUDITED or place % audits.every == 0)
    ]
    try:
        for row in rows:
            if until_s is not None and time.monotonic() >= until_s:
                return False
            _audit_row(module, audits, row, found.search.bound)
    except KeyboardInterrupt:
        found.interrupted = True
        return False
    found.audits = audits
    return not audits.failed


def _audit_row(module: Searching, audits: Audits, row: Row, bound: int) -> None:
    again = module.search(row.sequence, bound)
    unpruned = module.search(row.sequence, bound, prune=False, limit=AUDIT_LIMIT)
    audits.schedules += unpruned.schedules
    if not unpruned.complete:
        audits.too_large += 1
        return
    audits.pairs += 1
    for what, other in (("repeated", again), ("without pruning", unpruned)):
        same = (row.result.outcomes, row.result.outcomes_hash) == (
            other.outcomes,
            other.outcomes_hash,
        )
        if not same or other.findings:
            audits.failed += 1
            audits.trouble = audits.trouble or f"{what}: {_pair(row)}"
            return


def _pair(row: Row) -> str:
    return "; ".join(format_sequence(row.sequence).splitlines()[1:])
