# SPDX-License-Identifier: GPL-2.0-only
"""Visit the states of a scope in a child process, a slice at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from threading import Event
from typing import TYPE_CHECKING, Any

from pyfuzz.errors import HarnessError, UsageError
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


def side_by_side(
    target: Target,
    names: tuple[str, ...],
    changes: dict[str, Any],
    until_s: float,
    show: Callable[[Search], None],
    workers: int,
) -> tuple[list[Search], int]:
    """Search scopes in so many processes, one scope in each at a time, until a time (monotonic).

    Return the searches in the order of the scopes, and how many scopes there are.
    Each process gets its share of a scope's limit on memory.
    Errors: as Searcher and its methods.
    """
    with closing(Searcher(target)) as first:
        scopes = first.scopes(names, changes)
        workers = min(workers, len(scopes))
        if workers == 1:
            return _in_turn(first, scopes, until_s, show), len(scopes)
    stop = Event()

    def search(scope: Scope) -> Search | None:
        if stop.is_set():
            return None
        share = replace(scope, memory_mb=max(scope.memory_mb // workers, _LEAST_MB))
        with closing(Searcher(target)) as searcher:
            return searcher.search(share, until_s, lambda search: _watch(search, stop, show))

    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(search, scope) for scope in scopes]
        try:
            wait(waiting, return_when=FIRST_EXCEPTION)
        except KeyboardInterrupt:
            stop.set()
        finally:
            failed = [one for one in waiting if one.done() and one.exception() is not None]
            if failed:
                stop.set()
        return [one for future in waiting if (one := future.result()) is not None], len(scopes)


def _watch(search: Search, stop: Event, show: Callable[[Search], None]) -> None:
    """Show a search, or end it as an interrupt of its own process would."""
    if stop.is_set():
        raise KeyboardInterrupt
    show(search)


def _in_turn(
    searcher: Searcher, scopes: list[Scope], until_s: float, show: Callable[[Search], None]
) -> list[Search]:
    searches: list[Search] = []
    for scope in scopes:
        searches.append(searcher.search(scope, until_s, show))
        if searches[-1].interrupted:
            break
    return searches


class Searcher:
    """Searches scopes of one target, one after the other, in a child process."""

    def __init__(self, target: Target) -> None:
        """Load the target; errors: as Runner, UsageError if its states cannot be searched."""
        self._target = target
        self._runner = Runner(target)
        traits: Traits | None = self._runner.call(_traits)
        if traits is None:
            self.close()
            what = "" if target.against is None else "pairs of "
            raise UsageError(
                f"{what}states of '{target.name}' in the world {target.world} cannot be searched "
                "yet: name a port of the world, or use pyfuzz fuzz"
            )
        self.traits = traits

    def close(self) -> None:
        """End the child process."""
        self._runner.close()

    def scopes(self, names: tuple[str, ...], changes: dict[str, Any]) -> list[Scope]:
        """Return the scopes to search; errors: UsageError."""
        return chosen(self.traits, names, changes, self._target.world)

    def search(self, scope: Scope, until_s: float | None, show: Callable[[Search], None]) -> Search:
        """Visit all states of a scope, or until a time (monotonic); show() is called meanwhile.

        Errors: HarnessError if the process died, UsageError if the world cannot be searched.
        """
        search = Search(scope)
        start_s = time.monotonic()
        try:
            before_s: float = self._runner.call(_begin, scope)
            while search.progress is None or not search.progress.end:
                search.progress, now_s = self._runner.call(_advance, _SLICE)
                search.processor_s = now_s - before_s
                search.seconds = time.monotonic() - start_s
                show(search)
                if until_s is not None and time.monotonic() >= until_s:
                    search.timed_out = not search.progress.end
                    break
            found: list[Found] = self._runner.call(_findings)
        except ChildDiedError as died:
            raise HarnessError(f"{died}, in the scope '{scope.name}'; please report") from None
        except KeyboardInterrupt:
            search.interrupted = True
            return search
        search.findings = [self._finding(one, search) for one in found]
        return search

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
            for finding in self._runner.run(Input.of(operations)):
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


def _traits(module: Module) -> Traits | None:
    return module.traits if module.searchable else None


def _begin(module: Module, scope: Scope) -> float:
    module.search_begin(scope)
    return time.process_time()


def _advance(module: Module, transitions: int) -> tuple[Progress, float]:
    return module.search_on(transitions), time.process_time()


def _findings(module: Module) -> list[Found]:
    return module.search_found()
