# SPDX-License-Identifier: GPL-2.0-only
"""Every pair of states that two targets get into by the same operations."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyfuzz.errors import UsageError
from pyfuzz.exhaust.scope import NAMES, PAGES_NAMES, scopes, words
from pyfuzz.exhaust.search import Search, Searcher
from pyfuzz.exhaust.verdict import Verdict, as_object, collision
from pyfuzz.text import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyfuzz.compare.pair import Pair
    from pyfuzz.finding.finding import Finding
    from pyfuzz.module.states import Scope

SCOPES = (*NAMES, *(name for name in PAGES_NAMES if name not in NAMES))
"""The names of the scopes."""


def scopes_of(pair: Pair) -> tuple[Scope, ...]:
    """Return the scopes for two targets: those of the one whose lists have more states.

    Heads that are alike are not merged here, so there are fewer of them.  In the world
    pages they are those of one target.
    """
    if pair.a.world == "pages":
        return scopes(pair.traits_a, "pages")
    older = min((pair.traits_a, pair.traits_b), key=lambda traits: bool(traits.tail_count_size))
    return tuple(
        replace(scope, frames=4, parents=2) if scope.name == "frames" else scope
        for scope in scopes(older)
    )


def search(
    pair: Pair,
    names: tuple[str, ...],
    seconds: float,
    show: Callable[[Search], None],
    workers: int,
) -> Verdict:
    """Visit the pairs of states of the named scopes (all without a name), for a limited time,
    in so many processes.

    Errors: UsageError if the world cannot be searched or has no such scope, HarnessError.
    """
    verdict, wanted = verdict_of(pair, names)
    until_s = time.monotonic() + seconds
    searcher = Searcher(pair.target, workers)
    try:
        for scope in wanted:
            verdict.searches.append(searcher.search(scope, until_s, show))
            if verdict.searches[-1].interrupted:
                break
    finally:
        searcher.close()
    return verdict


def verdict_of(pair: Pair, names: tuple[str, ...]) -> tuple[Verdict, list[Scope]]:
    """Return a verdict without searches, and the scopes to search.

    Errors: UsageError if the world has no scope of a name.
    """
    known = {scope.name: scope for scope in scopes_of(pair)}
    for name in names:
        if name not in known:
            raise UsageError(
                f"--scope must be one of {', '.join(known)} in the world {pair.a.world}, "
                f"is '{name}'"
            )
    wanted = [scope for name, scope in known.items() if not names or name in names]
    return Verdict(pair.target, None, None, pair.a.world, wanted=len(wanted)), wanted


def differences(verdict: Verdict) -> list[Finding]:
    """Return the differences of all scopes, each with its shortest sequence."""
    return verdict.findings


def plain(verdict: Verdict) -> dict[str, Any]:
    """Return how far it went, with the keys of ``pyfuzz exhaust --json``."""
    found = as_object(verdict)
    left_out = ("target", "source", "world", "out", "verdict", "findings")
    return {key: value for key, value in found.items() if key not in left_out}


def text(verdict: Verdict) -> str:
    """Return how far it went, one paragraph per scope."""
    return "\n\n".join("\n".join(_lines(search)) for search in verdict.searches)


def _lines(search: Search) -> list[str]:
    progress = search.progress
    lines = wrapped(f"scope {search.scope.name}: {words(search.scope)}")
    if progress is None:
        return [*lines, "  nothing was searched"]
    lines += wrapped(_shown(search), "  ")
    lines.append(
        f"  {progress.states:,} pairs of states, {progress.transitions:,} transitions, "
        f"{progress.left:,} left, depth {progress.depth:,}"
    )
    if progress.beyond:
        lines.append(f"  {progress.beyond:,} transitions led out of the scope")
    if progress.ended:
        lines.append(
            f"  {progress.ended:,} transitions ended in a difference or in both hosts' death"
        )
    state = "failed" if progress.failed else "passed"
    lines.append(
        f"  audits {state}: {progress.audited:,} pairs, {progress.second_ways:,} of them by a "
        f"second way; {progress.trouble or f'{search.processor_s:.1f} s of processor time'}"
    )
    lines.append(f"  probability that two were taken for one: {collision(progress.states):.0e}")
    return lines


def _shown(search: Search) -> str:
    progress = search.progress
    assert progress is not None
    found = f"{len(search.findings)} differences" if search.findings else ""
    if search.complete:
        return (
            f"complete: {found}, and nothing is left"
            if found
            else "complete: A and B cannot be told apart by any sequence within this scope"
        )
    if progress.failed:
        return "not complete: an audit failed, which is a mistake of pyfuzz's: please report it"
    depth = f"{progress.depth:,} operations"
    if found:
        return f"cut short: {found}; every sequence of up to {depth} was tried"
    return f"cut short: A and B cannot be told apart by any sequence of up to {depth} in this scope"
