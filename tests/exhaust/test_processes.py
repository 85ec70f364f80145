# SPDX-License-Identifier: GPL-2.0-only
"""A scope that several processes search together: the same result as one process has."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, ClassVar

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.exhaust import interrupt
from pyfuzz.exhaust.search import Search, Searcher, search_scopes
from pyfuzz.module.states import End, Progress, Scope
from pyfuzz.target import catalogue

# What depends on the number of processes: how long it takes, and the bytes.
APART = ("bytes", "waiting")


def searched(name: str, scope: str, workers: int, **changes: Any) -> Search:
    target = catalogue.get(name)
    with closing(Searcher(target, workers)) as searcher:
        (one,) = searcher.scopes((scope,), {"audit_every": 20, **changes})
        return searcher.search(one, None, lambda _: None, most_s=200.0)


def told(search: Search) -> dict[str, Any]:
    """Return all that must not depend on how many processes there are."""
    names = [name for name in Progress.__dataclass_fields__ if name not in APART]
    return {
        "complete": search.complete,
        **{name: getattr(search.progress, name) for name in names},
        "found": [(one.signature, one.count, one.operations) for one in search.findings],
    }


# With findings; with few states and many moves at each depth; a world of its own.
SCOPES = [
    ("v6.6", "heads", {}),
    ("pages", "frames", {"depth": 5, "audit_every": 100}),
    pytest.param("rfc-v2", "vms", {"entries": 1}, marks=pytest.mark.slow),
    pytest.param("v6.6", "long", {"entries": 30}, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "scope", "changes"), SCOPES)
def test_several_processes_visit_the_same_states_as_one(
    name: str, scope: str, changes: dict[str, Any]
) -> None:
    alone = told(searched(name, scope, 1, **changes))

    assert alone == told(searched(name, scope, 3, **changes))
    assert alone["states"] > 30
    assert alone["second_ways"] > 0


class Process:
    """Stands in for a child process, and notes what it is told."""

    begun: ClassVar[list[Scope]] = []

    def __init__(self, _target: object) -> None:
        self.answers: list[Any] = []

    def call(self, _function: object) -> object:
        return object()  # the traits

    def ask(self, function: Callable[..., Any], _part: int, *arguments: Any) -> None:
        numbers = dict.fromkeys(Progress.__dataclass_fields__, 0)
        ended = Progress(**{**numbers, "end": End.FIXPOINT, "trouble": ""})  # type: ignore[arg-type]
        answers = {"_begin": 0.0, "_advance": ((ended, b""), 0.0), "_findings": []}
        self.answers.append(answers[function.__name__])
        if function.__name__ == "_begin":
            self.begun.append(arguments[0])

    def answer(self) -> Any:
        return self.answers.pop()

    def close(self) -> None:
        pass


def test_several_processes_share_the_limit_on_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyfuzz.exhaust.search.Runner", Process)
    monkeypatch.setattr(Process, "begun", [])
    searcher = Searcher(catalogue.get("v6.6"), 3)

    searcher.search(Scope("", memory_mb=600), None, lambda _: None)

    assert [200] * 3 == [scope.memory_mb for scope in Process.begun]


def test_several_processes_are_cut_when_the_time_is_up() -> None:
    target = catalogue.get("v6.6")
    searches, wanted = search_scopes(
        target, ("heads", "grown"), {}, time.monotonic(), lambda _: None, 2
    )

    assert wanted == len(searches) == 2
    assert all(search.timed_out and not search.complete for search in searches)
    assert not any(search.interrupted for search in searches)


@pytest.mark.parametrize("workers", [1, 2])
def test_search_that_is_interrupted_ends_with_what_it_has_found(workers: int) -> None:
    shown: list[int] = []

    def end(search: Search) -> None:
        assert search.progress is not None
        shown.append(search.progress.transitions)
        if len(shown) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with closing(Searcher(catalogue.get("rfc-v3"), workers)) as searcher:
        (scope,) = searcher.scopes(("vms",), {})
        search = searcher.search(scope, None, end)

    assert (True, False, False) == (search.interrupted, search.timed_out, search.complete)
    assert search.progress is not None and search.progress.left
    assert "lost-entry" in {finding.kind.value for finding in search.findings}
    assert all(finding.minimized for finding in search.findings)


def test_second_interrupt_does_not_wait_for_the_end_of_a_slice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interrupt, "_PATIENCE_S", -1.0)
    with interrupt.noted() as came, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert 1 == len(came)


@pytest.mark.parametrize(("most_s", "cut"), [(0.0, True), (60.0, False)])
def test_search_is_cut_when_its_processor_time_is_spent(most_s: float, cut: bool) -> None:
    with closing(Searcher(catalogue.get("v6.6"))) as searcher:
        (scope,) = searcher.scopes(("heads",), {})
        search = searcher.search(scope, None, lambda _: None, most_s=most_s)

    assert (cut, not cut) == (search.timed_out, search.complete)


def test_scopes_of_another_world_are_refused() -> None:
    with pytest.raises(UsageError, match="--scope must be one of"):
        search_scopes(catalogue.get("v6.6"), ("tables",), {}, 0.0, lambda _: None, 2)
