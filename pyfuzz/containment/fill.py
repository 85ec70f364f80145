# SPDX-License-Identifier: GPL-2.0-only
"""Fills the matrix: searches every cell in processes that may die, and replays the results."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from threading import Event

from pyfuzz.containment import cell as cells
from pyfuzz.containment import search
from pyfuzz.containment.cell import Cell, SanitizerReport
from pyfuzz.containment.draw import Around
from pyfuzz.containment.matrix import REPLAYS, Effort, Matrix, Row
from pyfuzz.containment.search import Explored, Found
from pyfuzz.kinds import Kind
from pyfuzz.module.results import Containment, Evidence, Outcome
from pyfuzz.replay.runner import ChildDiedError, Runner
from pyfuzz.sequence.binary import encode
from pyfuzz.sequence.text import format_operation
from pyfuzz.symptom import Symptom
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.lists.faults import BY_GROUP, BY_NAME, Fault

# Far more than any cell takes, even on a busy machine.
_LIMIT_S = 300.0
# A sequence whose outcome varies is not evidence.
_ATTEMPTS = 3
_NEXT_SEED = 7919
# Each of these may cost a process.
_BUDGET_ONE_BY_ONE = 40
# The part of a sanitizer's output that is the same each time.
_REPORT = re.compile(r"AddressSanitizer: [\w-]+")

# Called with every finished cell.
Watch = Callable[[Cell], None]


def find(
    targets: Sequence[Target],
    faults: Iterable[Fault] = BY_GROUP,
    *,
    seed: int = 1,
    effort: Effort | None = None,
    workers: int | None = None,
    watch: Watch = lambda cell: None,
) -> list[Row]:
    """Search all cells, several rows in parallel; the same seed gives the same cells.

    After Ctrl-C it returns the rows that are whole.
    Errors: UsageError or HarnessError as loading a target does.
    """
    chosen = tuple(faults)
    stop = Event()
    effort = effort or Effort()
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        futures = [
            pool.submit(_row, target, chosen, seed, effort, watch, stop) for target in targets
        ]
        try:
            with suppress(KeyboardInterrupt):
                wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
            for future in futures:
                future.cancel()
    rows = [future.result() for future in futures if not future.cancelled()]
    return [row for row in rows if len(row.cells) == len(chosen)]


def _row(
    target: Target, faults: tuple[Fault, ...], seed: int, effort: Effort, watch: Watch, stop: Event
) -> Row:
    row = []
    with (
        Runner(target, "fuzz", _LIMIT_S) as plain,
        Runner(target, "sanitize", _LIMIT_S) as sanitized,
    ):
        for fault in faults:
            if stop.is_set():
                break
            search_cell = _CellSearch(target, fault, seed, effort, plain, sanitized)
            row.append(search_cell.cell())
            watch(row[-1])
    return Row(target.name, target.generation, target.policy, tuple(row))


def search_one(target: Target, fault: Fault, seed: int, effort: Effort) -> Cell:
    """Search one cell in processes of its own; it is the same as in a row.

    Errors: UsageError or HarnessError as loading a target does.
    """
    return _row(target, (fault,), seed, effort, lambda cell: None, Event()).cells[0]


class _CellSearch:
    """The search for one cell, in children that are replaced when they die."""

    def __init__(
        self,
        target: Target,
        fault: Fault,
        seed: int,
        effort: Effort,
        plain: Runner,
        sanitized: Runner,
    ) -> None:
        self._target = target
        self._fault = fault
        self._seed = seed
        self._effort = effort
        self._plain = plain
        self._sanitized = sanitized

    def cell(self) -> Cell:
        cell = Cell(self._target.name, self._fault.name)
        if not self._applies():
            return cell
        sample = self._sample()
        for attempt in range(_ATTEMPTS):
            explored = self._explore(self._seed + attempt * _NEXT_SEED)
            if explored.worst is None:
                return cell
            worst = self._shorten(explored.worst)
            replays = self._effort.replays
            same = self._replays(worst, replays)
            if same == replays:
                worst, sure = self._patiently(worst)
                if sure:
                    break
                same = 0
        cell = replace(
            cell,
            **cells.describe_worst(worst),
            sample=sample,
            runs=explored.runs,
            replays=replays,
            replays_same=same,
        )
        return self._with_report(cell, explored)

    def _applies(self) -> bool:
        try:
            applies: bool = self._plain.call(search.applies, self._fault)
        except ChildDiedError:
            return True  # it died of the fault: the sanitizer's report says how
        return applies

    def _sample(self) -> dict[Outcome, int]:
        number, seed, runs = self._fault.number, self._seed, self._effort.sample
        try:
            sample: dict[Outcome, int] = self._plain.call(search.sample, number, seed, runs)
        except ChildDiedError:
            return search.sample_with(self._one_by_one, self._fault, seed, runs)
        return sample

    def _explore(self, seed: int) -> Explored:
        number, runs = self._fault.number, self._effort.runs
        try:
            explored: Explored = self._plain.call(search.explore, number, seed, runs)
        except ChildDiedError:
            traits = self._plain.call(search.traits_of)
            around = Around(self._fault, traits.opcodes, traits.capacity)
            return search.explore_with(self._one_by_one, around, search.rng_of(seed, number), runs)
        return explored

    def _shorten(self, found: Found) -> Found:
        try:
            shorter: Found = self._plain.call(search.shorten, found)
        except ChildDiedError:
            return search.shorten_with(self._one_by_one, found)
        return shorter

    def _replays(self, found: Found, times: int) -> int:
        """Replay in a fresh process."""
        with Runner(self._target, "fuzz", _LIMIT_S) as fresh:
            try:
                same: int = fresh.call(search.repeats, found, times)
            except ChildDiedError:
                results = [self._one_by_one_in(fresh, found) for _ in range(times)]
                return sum(search.signature(r) == search.signature(found.result) for r in results)
        return same

    def _patiently(self, found: Found) -> tuple[Found, bool]:
        """Run a hang again with a longer limit; return the result, and whether it still hangs."""
        if found.result.evidence is None or found.result.evidence.kind is not Kind.HANG:
            return found, True
        payload = encode(found.operations)
        result = _run_in(self._plain, self._fault, payload, search.PATIENT_LIMIT_MS)
        if result is None or search.signature(result) != search.signature(found.result):
            return found, False
        return Found(found.operations, result), True

    def _with_report(self, cell: Cell, explored: Explored) -> Cell:
        """Add a sanitizer report, with which a cell that looked contained no longer is."""
        try:
            found: Found | None = self._sanitized.call(
                search.report_of,
                self._fault.number,
                self._seed,
                self._effort.sanitized,
                explored.kept,
            )
        except ChildDiedError:
            found = self._report_one_by_one(explored)
        if found is None or found.result.report is None:
            return cell
        lines = tuple(map(format_operation, found.operations))
        cell = replace(cell, report=SanitizerReport(found.result.report, lines))
        if cell.contained:
            cell = replace(cell, **{**cells.describe_worst(found), "outcome": Outcome.MEMORY})
        return cell

    def _report_one_by_one(self, explored: Explored) -> Found | None:
        traits = self._sanitized.call(search.traits_of)
        return search.report_with(
            lambda payload: _run_in(self._sanitized, self._fault, payload),
            Around(self._fault, traits.opcodes, traits.capacity),
            self._seed,
            self._effort.sanitized,
            explored.kept,
            _BUDGET_ONE_BY_ONE,
        )

    def _one_by_one(self, payload: bytes) -> Containment | None:
        """Run one payload in the child; if that dies, so does the host."""
        return _run_in(self._plain, self._fault, payload)

    def _one_by_one_in(self, runner: Runner, found: Found) -> Containment:
        result = _run_in(runner, self._fault, encode(found.operations))
        return result if result is not None else _death(self._fault, "")


def _run_in(
    runner: Runner, fault: Fault, payload: bytes, limit_ms: int = search.HANG_LIMIT_MS
) -> Containment | None:
    try:
        result: Containment | None = runner.call(search.run_one, payload, limit_ms)
    except ChildDiedError as died:
        return _death(fault, died.finding.message)
    return result


def _death(fault: Fault, message: str) -> Containment:
    """The outcome if the process that ran a sequence died."""
    return Containment(
        outcome=Outcome.HOST_DEATH,
        fault=fault.number,
        faults=1,
        mistakes=0,
        did="",
        operation=0,
        bugged=False,
        wrong_vm=False,
        steps_to_flag=None,
        steps_after=0,
        destroyed=False,
        emptied=False,
        innocents_work=False,
        leaked=0,
        stale=0,
        evidence=Evidence(Symptom(Kind.HOST_FAULT, message=message), 0),
        report=report[0] if (report := _REPORT.search(message)) else None,
    )


def replay(matrix: Matrix, targets: dict[str, Target], times: int = REPLAYS) -> list[str]:
    """Replay every cell ``times`` times; return a line for each cell with another outcome.

    Rows of targets that are not named are left out.
    """
    problems = []
    for row in matrix.rows:
        if row.target not in targets:
            continue
        for flavour in ("fuzz", "sanitize"):
            cells_of = [cell for cell in row.applicable if _flavour(cell) == flavour]
            if cells_of:
                problems += _problems(targets[row.target], flavour, cells_of, times)
    return problems


def _flavour(cell: Cell) -> str:
    """Return the flavour that shows a cell's outcome."""
    return "sanitize" if cell.outcome is Outcome.MEMORY else "fuzz"


def _problems(target: Target, flavour: str, row: list[Cell], times: int) -> list[str]:
    with Runner(target, flavour, _LIMIT_S) as runner:
        return [problem for cell in row if (problem := _problem(runner, cell, times))]


def _problem(runner: Runner, cell: Cell, times: int) -> str | None:
    fault = BY_NAME[cell.fault]
    payload = encode(cell.operations())
    for attempt in range(times):
        result = _run_in(runner, fault, payload)
        outcome = result.outcome if result else Outcome.NO_FAULT
        if outcome is not cell.outcome:
            assert cell.outcome is not None
            return (
                f"{cell.target}, {cell.fault}: must be {cell.outcome.value} each time, "
                f"is {outcome.value} in replay {attempt + 1}"
            )
    return None
