# SPDX-License-Identifier: GPL-2.0-only
"""Searching the schedules of a target: what can do it, here or in a child process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pyfuzz.replay.runner import ChildDiedError, Runner
from pyfuzz.worlds.threads.event import SearchResult, ThreadsFinding
from pyfuzz.worlds.threads.operation import What

if TYPE_CHECKING:
    from pyfuzz.module.results import RawFinding
    from pyfuzz.target.catalogue import Target
    from pyfuzz.worlds.threads.module import ThreadsModule
    from pyfuzz.worlds.threads.operation import Sequence

WORLD = "threads"
# A pair has up to some 100,000 schedules, and a machine may be busy.
_LIMIT_S = 600.0


class Searching(Protocol):
    """What can search: a module in this process, or a child process with one."""

    @property
    def name(self) -> str:
        """The target's name."""

    @property
    def locked_heads(self) -> bool:
        """Whether heads have a lock bit, so that walkers need no mmu_lock."""

    def can(self, what: What) -> bool:
        """Tell whether the target has the function that an operation needs."""

    def search(
        self, sequence: Sequence, bound: int, *, prune: bool = True, limit: int = 0
    ) -> SearchResult:
        """Run every schedule with at most ``bound`` switches; see ThreadsModule.search()."""

    def run_sequence(self, sequence: Sequence) -> SearchResult:
        """Run one schedule, twice to check that it replays exactly."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a child tells of its target."""

    locked_heads: bool
    can: frozenset[What]


class Searcher(Runner):
    """A target of this world in a confined child process.

    A search that the child does not survive is a finding, without a schedule.
    Errors: UsageError or HarnessError, as loading the target does.
    """

    def __init__(self, target: Target) -> None:
        self.target = replace(target, world=WORLD)
        super().__init__(self.target, limit_s=_LIMIT_S)
        self._facts: _Facts = self.call(_facts)

    @property
    def name(self) -> str:
        """The target's name."""
        return self.target.name

    @property
    def locked_heads(self) -> bool:
        """Whether heads have a lock bit, so that walkers need no mmu_lock."""
        return self._facts.locked_heads

    def can(self, what: What) -> bool:
        """Tell whether the target has the function that an operation needs."""
        return what in self._facts.can

    def search(
        self, sequence: Sequence, bound: int, *, prune: bool = True, limit: int = 0
    ) -> SearchResult:
        """Run every schedule with at most ``bound`` switches; see ThreadsModule.search()."""
        try:
            found: SearchResult = self.call(_search, sequence, bound, prune, limit)
        except ChildDiedError as died:
            return _died(died.finding, sequence)
        return found

    def run_sequence(self, sequence: Sequence) -> SearchResult:
        """Run one schedule, twice to check that it replays exactly."""
        try:
            found: SearchResult = self.call(_run, sequence)
        except ChildDiedError as died:
            return _died(died.finding, sequence)
        return found


def _facts(module: ThreadsModule) -> _Facts:
    return _Facts(module.locked_heads, frozenset(what for what in What if module.can(what)))


def _search(
    module: ThreadsModule, sequence: Sequence, bound: int, prune: bool, limit: int
) -> SearchResult:
    return module.search(sequence, bound, prune=prune, limit=limit)


def _run(module: ThreadsModule, sequence: Sequence) -> SearchResult:
    return module.run_sequence(sequence)


def _died(finding: RawFinding, sequence: Sequence) -> SearchResult:
    """Return the result of a search in which the process died."""
    shown = ThreadsFinding(finding.symptom, finding.signature, "", 0, 0, 0, 0, 1, 1, sequence)
    return SearchResult(0, 0, 0, 0, 0, 0, 0, False, 0, 0, (0,) * 8, (shown,))
