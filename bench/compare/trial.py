# SPDX-License-Identifier: GPL-2.0-only
"""One trial of any peer: a process that prints one line, and the parser of the line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.compare.line import START
from pyfuzz.kinds import ORDER
from pyfuzz.mutants.trial import Trial
from pyfuzz.target.known_findings import Known

_FIELDS = 7


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial, and its start-up time if the process reported it."""

    trial: Trial
    start_s: float | None = None


def known_lines(known: Iterable[Known]) -> str:
    """Return known findings as csrc/mutants/driver.c takes them."""
    return "\n".join(f"{k.kind.number}\t{k.function}\t{k.message}" for k in known)


def start_s(text: str) -> float | None:
    """Return the start-up time in a trial's output; None if it has none."""
    said = [line.removeprefix(START) for line in text.splitlines() if line.startswith(START)]
    return int(said[0]) / 1e9 if said else None


def parse(text: str, seed: int) -> Trial | None:
    """Parse the last line of a trial's output; None if it is not the expected line."""
    fields = (text.rstrip("\n").splitlines() or [""])[-1].split("\t")
    if len(fields) != _FIELDS or not all(part.lstrip("-").isdigit() for part in fields[:5]):
        return None
    reached, executions, steps, spent_ns, number = map(int, fields[:5])
    if not -1 <= number < len(ORDER):
        return None
    return Trial(
        seed=seed,
        reached=reached == 1,
        executions=executions,
        steps=steps,
        processor_s=spent_ns / 1e9,
        kind=ORDER[number] if number >= 0 else None,
        function=fields[5],
        message=fields[6],
    )


def run(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, budget_s: float, seed: int
) -> Tried:
    """Run one trial in a folder of its own.

    A process that dies or prints nothing has found nothing, and ``died`` says
    why: that is not an error of the comparison.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, **environment},
            cwd=folder,
            # Processor time is what counts; this catches a process that waits forever.
            timeout=60 + 20 * budget_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Tried(Trial(seed, False, 0, 0, budget_s, died="did not end"))
    trial = parse(done.stdout, seed)
    if trial is not None:
        return Tried(trial, start_s(done.stdout))
    last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
    died = f"ended with {done.returncode}: {last[:200]}"
    return Tried(Trial(seed, False, 0, 0, budget_s, died=died))
