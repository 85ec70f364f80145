# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz fuzz --world all``: a campaign for each world that the target has.

Each is a process of its own, ``pyfuzz fuzz --world NAME``, in a run folder of its
own, OUT/NAME: worlds share no corpus, and one that dies or does not compile
costs the others nothing.  Workers are dealt to the worlds; where there are
fewer workers than worlds, the worlds take turns in slices of the time.
"""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyfuzz.errors import UsageError
from pyfuzz.module import engine
from pyfuzz.target.kernel import Kernel

FILE = "worlds.json"
SLICE_S = 60.0
"""The longest turn of a world if worlds take turns."""
_PR_SET_PDEATHSIG = 1
_SHOWN = ("finding", "unfinished", "known", "clean")
_LOCKLESS = (b"PYFUZZ_AGE(", b"PORT_HAS_WALKERS")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: the worlds' names, and the options that every campaign gets.

    ``seconds`` is for all of it.  ``workers`` are dealt to the worlds.
    """

    name: str
    worlds: tuple[str, ...]
    target: tuple[str, ...]
    options: tuple[str, ...]
    workers: int
    seconds: float
    seed: int
    out: Path
    stop_on_finding: bool = False


@dataclass(slots=True)
class Turn:
    """One run of one world's campaign."""

    world: str
    workers: int
    seconds: float
    seed: int


@dataclass(slots=True)
class Outcome:
    """The outcome of one world: the last object that its campaign printed, or its error."""

    world: str
    said: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    error: str = ""
    seconds: float = 0.0
    executions: int = 0


def has_walkers(source: Path) -> bool:
    """Tell whether a target's source has lockless walkers, the world threads' subject."""
    text = source.read_bytes()
    return any(mark in text for mark in _LOCKLESS)


def rounds(plan: Plan) -> Iterator[list[Turn]]:
    """Yield the turns that run at once, one list after the other.

    With at least one worker per world, all run at once, and the first worlds get
    the workers that are left over; otherwise the worlds take turns in slices.
    """
    count = len(plan.worlds)
    each, over = divmod(plan.workers, count)
    if each:
        yield [
            Turn(world, each + (number < over), plan.seconds, plan.seed)
            for number, world in enumerate(plan.worlds)
        ]
        return
    turns = max(1, round(plan.seconds / count / SLICE_S))
    slice_s = plan.seconds / count / turns
    for turn in range(turns):
        for at in range(0, count, plan.workers):
            yield [
                Turn(world, 1, slice_s * plan.workers, plan.seed + turn)
                for world in plan.worlds[at : at + plan.workers]
            ]


def run(plan: Plan) -> tuple[list[Outcome], bool]:
    """Run all of it; return the outcome of each world, and whether it was interrupted.

    Errors: UsageError if the folder cannot be written or holds another run.
    """
    _claim(plan)
    outcomes = {world: Outcome(world) for world in plan.worlds}
    for turns in rounds(plan):
        started = [(turn, _start(plan, turn)) for turn in turns if not outcomes[turn.world].error]
        interrupted = _wait([process for _, process in started])
        for turn, process in started:
            _take(outcomes[turn.world], process)
        found = any(one.said.get("verdict") == "finding" for one in outcomes.values())
        if interrupted or (found and plan.stop_on_finding):
            return list(outcomes.values()), interrupted
    return list(outcomes.values()), False


def _claim(plan: Plan) -> None:
    """Mark the folder as one of several worlds, or see that it is one of this target."""
    marker = plan.out / FILE
    values = {"pyfuzz": 1, "target": plan.name, "worlds": list(plan.worlds)}
    try:
        if marker.exists():
            other = json.loads(marker.read_text()).get("target")
            if other != plan.name:
                raise UsageError(
                    f"the run folder {plan.out} is of target {other}, not of {plan.name}: "
                    "name another with --out DIR"
                )
        elif plan.out.is_dir() and any(plan.out.iterdir()):
            raise UsageError(
                f"the output folder {plan.out} is neither empty nor one of --world all (it has "
                f"no {FILE}): name another with --out DIR"
            )
        plan.out.mkdir(parents=True, exist_ok=True)
        marker.write_text(json.dumps(values) + "\n")
    except (OSError, ValueError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"the output folder {plan.out} cannot be used: {reason}; name another with --out DIR"
        ) from error


def _start(plan: Plan, turn: Turn) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-m", "pyfuzz", "fuzz", *plan.target]
    command += ["--world", turn.world, "--out", str(plan.out / turn.world)]
    command += ["--time", f"{turn.seconds:.1f}s", "--seed", str(turn.seed % 2**32 or 1), "--json"]
    command += ["--workers", str(turn.workers), *plan.options]
    if plan.stop_on_finding:
        command.append("--stop-on-finding")
    return subprocess.Popen(
        command,
        env=engine.environment("fuzz"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        preexec_fn=_end_with_parent,  # noqa: PLW1509 (this command has no other thread)
    )


def _end_with_parent() -> None:
    """Have the child end as Ctrl-C does if this process is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(processes: Sequence[subprocess.Popen[str]]) -> bool:
    """Wait for all; pass an interrupt on, and then wait for their summaries."""
    interrupted = False
    while any(process.poll() is None for process in processes):
        try:
            time.sleep(0.1)
        except KeyboardInterrupt:
            interrupted = True
            for process in processes:
                process.send_signal(signal.SIGINT)
    return interrupted


def _take(outcome: Outcome, process: subprocess.Popen[str]) -> None:
    """Read what a campaign printed."""
    out, text = process.communicate()
    try:
        said = json.loads(out)
    except ValueError:
        outcome.error = text.strip().splitlines()[-1] if text.strip() else "it said nothing"
        return
    if "error" in said and process.returncode not in (0, 1, 130):
        outcome.error = str(said["error"])
        return
    outcome.said, outcome.text = said, text
    outcome.seconds += float(said.get("seconds", 0))
    outcome.executions += int(said.get("executions", 0))


def as_object(plan: Plan, outcomes: Sequence[Outcome], *, interrupted: bool) -> dict[str, Any]:
    """Return the object that ``--json`` prints: each world's own, and all findings."""
    findings = [
        {**finding, "world": one.world}
        for one in outcomes
        for finding in one.said.get("findings", [])
    ]
    return {
        "target": plan.name,
        "worlds": [one.world for one in outcomes if not one.error],
        "not_run": {one.world: one.error for one in outcomes if one.error},
        "seed": plan.seed,
        "workers": plan.workers,
        "executions": sum(one.executions for one in outcomes),
        "seconds": round(sum(one.seconds for one in outcomes), 3),
        "out": str(plan.out),
        "verdict": verdict(outcomes),
        "interrupted": interrupted,
        "findings": findings,
        "by_world": {one.world: one.said for one in outcomes if one.said},
    }


def verdict(outcomes: Sequence[Outcome]) -> str:
    """Return the worst verdict of all worlds."""
    said = [str(one.said["verdict"]) for one in outcomes if "verdict" in one.said]
    return min(said, key=_SHOWN.index, default="clean")


def as_text(plan: Plan, outcomes: Sequence[Outcome]) -> str:
    """Return what each world's campaign said, and one verdict."""
    lines: list[str] = []
    for one in outcomes:
        lines.append(f"world {one.world}" + (f" was not run: {one.error}" if one.error else ""))
        lines += [f"  {line}" for line in _last_summary(one.text)]
        if not one.error:
            lines.append(f"  {one.executions:,} executions in {one.seconds:.0f} s")
        lines.append("")
    return "\n".join([*lines, f"in {plan.out}", f"verdict: {verdict(outcomes)}"])


def _last_summary(text: str) -> list[str]:
    """Return the summary that a campaign printed on its standard error, without its progress."""
    return [
        line
        for line in text.splitlines()
        if line.strip() and not line.endswith("…") and " exec/s  " not in line
    ]


def targets_words(name: str | None, kernel: Kernel | None) -> tuple[str, ...]:
    """Return the words of a command line that name this target."""
    if kernel is None:
        return (name,) if name else ()
    plain = kernel.absolute().options()
    return tuple(plain)
