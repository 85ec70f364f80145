# SPDX-License-Identifier: GPL-2.0-only
"""Visit the states of a scope in child processes, a slice at a time."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.exhaust import interrupt, parts
from pyfuzz.exhaust.scope import chosen
from pyfuzz.finding.finding import Finding
from pyfuzz.module.results import Traits
from pyfuzz.module.states import End, Found, Progress, Scope
from pyfuzz.replay.runner import ChildDiedError, Runner
from pyfuzz.sequence.input import Input
from pyfuzz.symptom import Symptom

if TYPE_CHECKING:
    from pyfuzz.module.compiled import Module
    from pyfuzz.target.catalogue import Target
    from pyfuzz.world import Operation

# Transitions per call: well under a second on one core in every scope.
_SLICE = 20_000
_LEAST_MB = 16


@dataclass(slots=True)
class Search:
    """The search of one scope; ``timed_out`` if the time limit ended it.

    ``processor_s`` is its processor time, audits included.
    """

    scope: Scope
    progress: Progress | None = None
    seconds: float = 0.0
    processor_s: float = 0.0
    timed_out: bool = False
    interrupted: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether no state is left and every audit passed."""
        progress = self.progress
        return (
            progress is not None
            and progress.end is End.FIXPOINT
            and not progress.failed
            and progress.audited > 0
        )


def search_scopes(
    target: Target,
    names: tuple[str, ...],
    changes: dict[str, Any],
    until_s: float,
    show: Callable[[Search], None],
    workers: int,
) -> tuple[list[Search], int]:
    """Search scopes one after the other, each in so many processes, until a time (monotonic).

    Return the searches, and how many scopes there are.  Errors: as Searcher and its methods.
    """
    searches: list[Search] = []
    with closing(Searcher(target)) as searcher:
        scopes = searcher.scopes(names, changes)
        searcher.grow(workers)
        for scope in scopes:
            searches.append(searcher.search(scope, until_s, show))
            if searches[-1].interrupted:
                break
    return searches, len(scopes)


class Searcher:
    """Searches scopes of one target, one after the other, in one or more child processes.

    However many there are, they visit the same states in the same order.
    """

    def __init__(self, target: Target, workers: int = 1) -> None:
        """Load the target; errors: as Runner, UsageError if its states cannot be searched."""
        self._target = target
        self._runners = [Runner(target)]
        traits: Traits | str = self._runners[0].call(_traits)
        if isinstance(traits, str):
            self.close()
            raise UsageError(_refusal(target, traits))
        self.traits = traits
        self.grow(workers)

    def grow(self, workers: int) -> None:
        """Start processes until there are so many."""
        while len(self._runners) < workers:
            self._runners.append(Runner(self._target))

    def close(self) -> None:
        """End the child processes."""
        for runner in self._runners:
            runner.close()

    def scopes(self, names: tuple[str, ...], changes: dict[str, Any]) -> list[Scope]:
        """Return the scopes to search; errors: UsageError."""
        return chosen(self.traits, names, changes, self._target.world)

    def search(
        self,
        scope: Scope,
        until_s: float | None,
        show: Callable[[Search], None],
        *,
        most_s: float | None = None,
    ) -> Search:
        """Visit all states of a scope, or until a time (monotonic); show() is called meanwhile.

        ``most_s`` limits its processor time.  Ctrl-C ends it with what it has found; a second
        one, seconds later, without.

        Errors: HarnessError if a process died, UsageError if the world cannot be searched.
        """
        search = Search(scope)
        try:
            with interrupt.noted() as came:
                self._visit(search, until_s, most_s, show, came)
                found = parts.findings(self._all(_findings))
                search.findings = [self._finding(one, search) for one in found]
                search.interrupted = bool(came)
        except ChildDiedError as died:
            raise HarnessError(f"{died}, in the scope '{scope.name}'; please report") from None
        except KeyboardInterrupt:
            search.interrupted = True
        return search

    def _visit(
        self,
        search: Search,
        until_s: float | None,
        most_s: float | None,
        show: Callable[[Search], None],
        interrupts: list[float],
    ) -> None:
        """Advance all processes together until the search is over, or there are interrupts."""
        number = len(self._runners)
        share = replace(search.scope, memory_mb=max(search.scope.memory_mb // number, _LEAST_MB))
        start_s = time.monotonic()
        before_s = sum(self._all(_begin, share, number))
        news: list[bytes] = []
        step = parts.Step.ON
        while True:
            answers = self._all(_advance, news, step)
            search.progress = progress = parts.together([one for (one, _), _ in answers])
            news = [one for (_, one), _ in answers]
            search.processor_s = sum(now_s for _, now_s in answers) - before_s
            search.seconds = time.monotonic() - start_s
            show(search)
            if step is parts.Step.CUT:
                return
            late = until_s is not None and time.monotonic() >= until_s
            late |= most_s is not None and search.processor_s >= most_s
            if progress.end or late or interrupts:
                search.timed_out = not (progress.end or interrupts)
                if number == 1:
                    return
                step = parts.Step.CUT
            else:
                step = parts.Step.DEPTH if progress.waiting else parts.Step.ON

    def _all(self, function: Callable[..., Any], *arguments: object) -> list[Any]:
        """Return what ``function(module, part, *arguments)`` does in each process."""
        for part, runner in enumerate(self._runners):
            runner.ask(function, part, *arguments)
        return [runner.answer() for runner in self._runners]

    def _finding(self, found: Found, search: Search) -> Finding:
        operations, symptom = self._shown(found)
        return Finding(
            symptom=symptom,
            signature=found.signature,
            count=found.count,
            first_execution=0,
            first_seconds=search.seconds,
            operations=operations or found.operations,
            known=self._target.known_reason(symptom),
            minimized=operations is not None,
        )

    def _shown(self, found: Found) -> tuple[list[Operation] | None, Symptom]:
        """Return the operations, equal ones merged, and the symptom that a run of them shows.

        The operations are None if a run does not show the finding.
        """
        for operations in (_folded(found.operations), found.operations):
            for finding in self._runners[0].run(Input.of(operations)):
                if finding.signature == found.signature:
                    return operations, finding.symptom
        return None, found.symptom


def _folded(operations: list[Operation]) -> list[Operation]:
    """Merge equal operations in a row into one with a repeat count, where they have one."""
    if operations and "repeat" not in {member.name for member in fields(operations[0])}:
        return operations
    folded: list[Operation] = []
    for operation in operations:
        last = folded[-1] if folded else None
        if last is not None and replace(last, repeat=1) == operation:
            folded[-1] = replace(last, repeat=last.repeat + 1)
        else:
            folded.append(operation)
    return folded


def _refusal(target: Target, why: str) -> str:
    states = f"states of '{target.name}' in the world {target.world} cannot be searched"
    if target.against is not None:
        return f"pairs of {states} yet: compare without --exhaust"
    why = why or "this target does not say where all that it can read is"
    return f"{states}: {why}; name a port of the world, or use pyfuzz fuzz"


def _traits(module: Module) -> Traits | str:
    """Return the traits of a target that can be searched; of another why it cannot."""
    return module.traits if module.searchable else module.unsearchable


def _begin(module: Module, part: int, scope: Scope, number: int) -> float:
    # At a terminal it comes here as well; the parent ends the search, and this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module.search_begin(scope, part, number)
    return time.process_time()


def _advance(
    module: Module, part: int, news: list[bytes], step: parts.Step
) -> tuple[tuple[Progress, bytes], float]:
    return parts.advance(module, part, news, step, _SLICE), time.process_time()


def _findings(module: Module, _part: int) -> list[Found]:
    return module.search_found()
