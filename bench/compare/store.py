# SPDX-License-Identifier: GPL-2.0-only
"""Results as a file, and several files as one comparison.

A complete comparison takes hours of processor time, so it can be measured in
parts: some peers or targets in one run, others in another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.compare.throughput import Rate, SameInputs
from bench.compare.trials import Row
from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module.shared import Counts
from pyfuzz.mutants.trial import Trial


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the command; ``rates`` and ``same`` are for ``speed_target``, if any."""

    command: str
    machine: str
    budget_s: float
    seeds: tuple[int, ...]
    slow_seeds: tuple[int, ...]
    start_s: dict[str, float]
    missing: dict[str, str]
    rows: list[Row]
    speed_target: str = ""
    runs: int = 0
    rates: dict[str, Rate] = field(default_factory=dict)
    same: list[SameInputs] = field(default_factory=list)


def write(path: Path, measured: Measured) -> None:
    """Write a run to a file."""
    path.write_text(json.dumps(asdict(measured), indent=1, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, Kind):
        return value.value
    raise TypeError(f"{value!r} is not plain data")


def read(path: Path) -> Measured:
    """Return the run in a file.

    Errors: UsageError if it is not one that write() wrote.
    """
    try:
        data: dict[str, Any] = json.loads(path.read_text())
        data["rows"] = [Row(**{**row, "trial": _trial(row["trial"])}) for row in data["rows"]]
        data["rates"] = {name: Rate(**rate) for name, rate in data["rates"].items()}
        data["same"] = [_same(one) for one in data["same"]]
        data["seeds"], data["slow_seeds"] = tuple(data["seeds"]), tuple(data["slow_seeds"])
        return Measured(**data)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} must be what --json wrote, is not ({error!r}): measure again"
        ) from error


def _trial(data: Mapping[str, Any]) -> Trial:
    return Trial(**{**data, "kind": Kind(data["kind"]) if data["kind"] else None})


def _same(data: Mapping[str, Any]) -> SameInputs:
    native, pyfuzz = Counts(**data["native"]), Counts(**data["pyfuzz"])
    return SameInputs(native, pyfuzz, data["native_s"], data["pyfuzz_s"])


def _trial_of(row: Row) -> tuple[str, str, str, int]:
    return row.target, row.mutant, row.peer, row.trial.seed


def _either(seeds: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted({seed for some in seeds for seed in some}))


def together(parts: Sequence[Measured]) -> Measured:
    """Combine several runs; if two have the same trial, the first counts.

    Errors: UsageError if they had another budget.
    """
    first = parts[0]
    if any(part.budget_s != first.budget_s for part in parts):
        raise UsageError(
            "runs with different budgets cannot be compared: measure with the same --seconds"
        )
    rows: list[Row] = []
    for part in parts:
        had = {_trial_of(row) for row in rows}
        rows += [row for row in part.rows if _trial_of(row) not in had]
    speed = next((part for part in parts if part.rates), first)
    start_s: dict[str, float] = {}
    for part in parts:
        for name, one_s in part.start_s.items():
            # Other load can only add to it.
            start_s[name] = min(one_s, start_s.get(name, one_s))
    missing = {name: why for part in parts for name, why in part.missing.items()}
    return Measured(
        command="`, `".join(part.command for part in parts),
        machine=max((part.machine for part in parts), key=len),
        budget_s=first.budget_s,
        seeds=_either(part.seeds for part in parts),
        slow_seeds=_either(part.slow_seeds for part in parts),
        start_s=start_s,
        missing={name: why for name, why in missing.items() if name not in start_s},
        rows=rows,
        speed_target=speed.speed_target,
        runs=speed.runs,
        rates=speed.rates,
        same=speed.same,
    )
