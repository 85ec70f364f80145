# SPDX-License-Identifier: GPL-2.0-only
"""The result of a campaign in several worlds: their results, added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyfuzz.run.summary import Summary
from pyfuzz.text import number, rate, wrapped

_WORST_FIRST = ("finding", "known", "clean")


@dataclass(slots=True)
class Outcome:
    """What became of one world: its result and that as text, or why there is none."""

    world: str
    summary: Summary | None = None
    text: str = ""
    error: str = ""


def verdict(outcomes: Sequence[Outcome]) -> str:
    """Return the worst verdict of all worlds."""
    said = [one.summary.verdict for one in outcomes if one.summary is not None]
    return min(said, key=_WORST_FIRST.index, default="clean")


def trouble(outcomes: Sequence[Outcome]) -> str | None:
    """Return why a world's campaign ended early, None if none did."""
    for one in outcomes:
        if one.summary is not None and one.summary.error:
            return f"world {one.world}: {one.summary.error}"
    return None


def total(
    outcomes: Sequence[Outcome],
    not_run: dict[str, str],
    *,
    target: str,
    source: str,
    seed: int,
    workers: int,
    at_once: int,
    out: Path,
    report: Path | None,
    interrupted: bool,
) -> Summary:
    """Return one result; ``at_once`` is how many worlds were fuzzed at the same time.

    What one campaign reached in its world adds to what the others reached in theirs.
    """
    ran = {one.world: one.summary for one in outcomes if one.summary is not None}
    every = list(ran.values())
    seconds = max(
        sum(one.seconds for one in every) / max(1, min(at_once, len(every))),
        max((one.seconds for one in every), default=0.0),
    )
    executions = sum(one.executions for one in every)
    operations = sum(one.operations for one in every)
    return Summary(
        target=target,
        source=source,
        flavour=every[0].flavour if every else "fuzz",
        worlds=list(ran),
        faults=any(one.faults for one in every),
        seed=seed,
        workers=workers,
        by_worker=[worker for one in every for worker in one.by_worker],
        executions=executions,
        operations=operations,
        steps=sum(one.steps for one in every),
        seconds=round(seconds, 3),
        executions_per_second=round(rate(executions, seconds)),
        operations_per_second=round(rate(operations, seconds)),
        edges=sum(one.edges for one in every),
        states=sum(one.states for one in every),
        corpus=sum(one.corpus for one in every),
        out=str(out),
        report=str(report) if report else None,
        verdict=verdict(outcomes),
        interrupted=interrupted,
        resumed=any(one.resumed for one in every),
        walker=next((one.walker for one in every if one.walker), None),
        missing_operations=sorted({word for one in every for word in one.missing_operations}),
        notes=[f"{name}: {note}" for name, one in ran.items() for note in one.notes],
        error=trouble(outcomes),
        findings=[
            replace(finding, world=name) for name, one in ran.items() for finding in one.findings
        ],
        not_run={**not_run, **{one.world: one.error for one in outcomes if one.error}},
        by_world=ran,
    )


def as_text(found: Summary, outcomes: Sequence[Outcome]) -> str:
    """Return each world's summary for people, and what they come to."""
    lines: list[str] = []
    for one in outcomes:
        if one.summary is not None:
            lines += ["", f"world {one.world}", *_without_empty_ends(one.text)]
    lines += ["", f"{found.target} in {number(len(found.worlds), 'world')}"]
    for name, one_world in found.by_world.items():
        lines.append(
            f"  {name:<12} {one_world.executions:,} executions in {one_world.seconds:.1f} s, "
            f"{number(len(one_world.findings), 'finding')}"
        )
    for name, why in found.not_run.items():
        lines += wrapped(f"the world {name} was not fuzzed: {why}", "  ")
    lines.append(f"  run folders  {found.out}")
    if found.report:
        lines.append(f"  report       {found.report}")
    new = sum(not finding.known for finding in found.findings)
    early = " (a campaign ended early)" if found.error else ""
    what = {"clean": "nothing found", "known": f"nothing new, {len(found.findings)} known"}
    said = what.get(found.verdict, f"{new} new, {len(found.findings) - new} known")
    return "\n".join([*lines, "", f"verdict: {found.verdict}: {said}{early}"])


def _without_empty_ends(text: str) -> list[str]:
    """Return a campaign's summary without its own verdict, of which there is one in the end."""
    return [line for line in text.strip("\n").splitlines() if not line.startswith("verdict: ")]
