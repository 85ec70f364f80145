# SPDX-License-Identifier: GPL-2.0-only
"""Find the shortest and simplest sequence that still shows one finding.

The signature is locked: a candidate counts only if it shows the same kind in
the same function and place of the target.  Every candidate that is tried is
smaller than the best so far (see size()), so the search ends and is
deterministic.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from pyfuzz import world
from pyfuzz.errors import UsageError
from pyfuzz.replay.runner import ChildDiedError, Runner
from pyfuzz.sequence.binary import encode, split
from pyfuzz.sequence.input import Input
from pyfuzz.symptom import Symptom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyfuzz.kinds import Kind
    from pyfuzz.module.results import RawFinding
    from pyfuzz.target.catalogue import Target
    from pyfuzz.world import Operation

DEFAULT_BUDGET_RUNS = 50_000


def minimize(
    target: Target,
    operations: Iterable[Operation],
    *,
    kind: Kind,
    function: str,
    line: int | None = None,
    signature: int | None = None,
    flavour: str = "fuzz",
    budget_runs: int = DEFAULT_BUDGET_RUNS,
) -> list[Operation]:
    """Return the shortest sequence with a finding of this kind and function.

    Where one function has several such findings, ``line`` or ``signature``
    tells them apart; without them it is the first that the sequence shows.  No
    single operation can be taken out of the result, unless the budget (a number
    of runs) was used up first.  Raises UsageError if the sequence does not show
    the finding.
    """
    with Runner(target, flavour) as runner:
        return minimize_in(
            runner,
            operations,
            kind=kind,
            function=function,
            line=line,
            signature=signature,
            budget_runs=budget_runs,
        )


def minimize_in(
    runner: Runner,
    operations: Iterable[Operation],
    *,
    kind: Kind,
    function: str,
    line: int | None = None,
    signature: int | None = None,
    budget_runs: int = DEFAULT_BUDGET_RUNS,
) -> list[Operation]:
    """Minimise like minimize(), in an existing child process."""
    operations = list(operations)
    what = Symptom(kind, function or "no function", line=line or 0).place
    whole = Input.of(operations)
    found = next(
        (
            finding
            for finding in runner.run(whole)
            if (finding.kind, finding.function) == (kind, function)
            and line in (None, finding.line)
            and signature in (None, finding.signature)
        ),
        None,
    )
    locked = found and (found.kind, found.function, found.signature)

    def shows(payload: bytes) -> bool:
        return any(
            (finding.kind, finding.function, finding.signature) == locked
            for finding in runner.run(replace(whole, payload=payload))
        )

    if found is not None:
        operations = _by_its_world(runner, operations, found, shows)
    return shrink(operations, shows, budget_runs=budget_runs, what=what)


def _by_its_world(
    runner: Runner,
    operations: list[Operation],
    found: RawFinding,
    shows: Callable[[bytes], bool],
) -> list[Operation]:
    """Return a sequence minimised in the world's own way, if it has one; else the same."""
    own = world.of(operations).minimize
    if own is None:
        return operations
    try:
        less: list[Operation] = runner.call(own, operations, found.kind, found.function, found.line)
    except ChildDiedError:
        return operations
    return less if shows(encode(less)) else operations


def choose(
    findings: Iterable[RawFinding],
    target: Target,
    kind: Kind | None,
    function: str | None,
    name: str,
) -> RawFinding:
    """Return the finding to minimise: of this kind and function, a new one if there is.

    Raises UsageError, which calls the sequence ``name``, if there is none.
    """
    fitting = [
        finding
        for finding in findings
        if kind in (None, finding.kind) and function in (None, finding.function)
    ]
    if not fitting:
        what = kind.value if kind else "a finding"
        where = f" in {function}" if function else ""
        raise UsageError(
            f"{name}: must show {what}{where} on {target.name} to be minimised, does not; "
            "see what it shows with: pyfuzz replay"
        )
    return min(
        fitting,
        key=lambda finding: target.known_reason(finding.symptom) is not None,
    )


class _Search:
    """The best sequence so far, and the runs that are left."""

    def __init__(
        self,
        operations: Iterable[Operation],
        shows: Callable[[bytes], bool],
        budget_runs: int,
        what: str,
    ) -> None:
        self.best = split(operations)
        self.world = world.of(self.best)
        self._shows = shows
        self._budget_runs = budget_runs
        self._tried: dict[bytes, bool] = {}
        if not self._run(self.best):
            raise UsageError(
                f"the sequence must show {what} to be minimised, it does not; "
                "see what it shows with: pyfuzz replay"
            )

    def accept(self, candidate: list[Operation]) -> bool:
        """Make the candidate the best if it is smaller and shows the finding."""
        if self.world.size(candidate) >= self.world.size(self.best) or not self._run(candidate):
            return False
        self.best = candidate
        return True

    def _run(self, candidate: list[Operation]) -> bool:
        payload = encode(candidate)
        key = blake2b(payload, digest_size=16).digest()
        if key not in self._tried:
            if len(self._tried) >= self._budget_runs:
                return False
            self._tried[key] = self._shows(payload)
        return self._tried[key]


def shrink(
    operations: Iterable[Operation],
    shows: Callable[[bytes], bool],
    *,
    budget_runs: int = DEFAULT_BUDGET_RUNS,
    what: str = "the finding",
) -> list[Operation]:
    """Return the smallest sequence found for which ``shows(payload)`` holds."""
    search = _Search(operations, shows, budget_runs, what)
    _drop_tail(search)
    while True:
        before = search.best
        _drop_runs(search)
        for propose in search.world.passes:
            _apply(search, propose)
        if search.best == before:
            return search.best


def _drop_tail(search: _Search) -> None:
    """Cut off what follows the finding, by bisection."""
    low, high = 0, len(search.best)
    while low < high:
        middle = (low + high) // 2
        if search.accept(search.best[:middle]):
            high = middle
        else:
            low = middle + 1


def _drop_runs(search: _Search) -> None:
    """Delta debugging: drop runs of operations, long ones first, down to one."""
    length = max(1, len(search.best) // 2)
    while True:
        at = 0
        dropped = False
        while at < len(search.best):
            if search.accept(search.best[:at] + search.best[at + length :]):
                dropped = True
            else:
                at += length
        if length > 1:
            length //= 2
        elif not dropped:
            return


def _apply(search: _Search, propose: world.Pass) -> None:
    """Try a pass's candidates until none is accepted."""
    while any(search.accept(candidate) for candidate in propose(search.best)):
        pass
