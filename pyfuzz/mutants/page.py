# SPDX-License-Identifier: GPL-2.0-only
"""The results of `pyfuzz mutants` as one HTML page that looks like the report."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment

from pyfuzz.mutants import summary
from pyfuzz.mutants.experiment import Outcome, Result
from pyfuzz.report import style


@dataclass(frozen=True, slots=True)
class Row:
    """One mutant as the page shows it; ``badge`` is a class of the style sheet, or ""."""

    name: str
    id: str
    what: str
    seen: str
    executions: str
    seconds: str
    status: str
    badge: str
    found: tuple[str, ...]
    expected: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Section:
    """Mutants with the same outcome."""

    id: str
    title: str
    text: str
    rows: list[Row]


def render(result: Result) -> str:
    """Return the page of a result."""
    options = result.options
    counted = [o for o in result.outcomes if summary.counts(o)]
    return (
        _environment()
        .get_template("mutants.html.j2")
        .render(
            target=options.target.name,
            source=str(options.target.source),
            seed=options.seed,
            trials=options.trials,
            budget=f"{options.time_per_mutant_s:g} s",
            counted=counted,
            missed=summary.missed(result),
            summary=summary.totals(result),
            sections=_sections(result),
            command=summary.command(options),
            baseline=sorted({known.kind.value for known in result.baseline}),
        )
    )


def _sections(result: Result) -> list[Section]:
    """The mutants by outcome, those that need attention first."""
    missed = summary.missed(result)
    not_counted = [o for o in result.outcomes if not summary.counts(o)]
    rest = [o for o in result.outcomes if o not in missed and o not in not_counted]
    groups: list[tuple[str, str, str, Iterable[Outcome]]] = [
        (
            "missed",
            "Missed",
            (
                "Reached but not triggered means that the generator is too weak, triggered but not "
                "detected that a check is missing."
            ),
            missed,
        ),
        (
            "other",
            "Found as another kind",
            (
                "Noticed, but not as expected: the expectation is too narrow, or the finding "
                "names the wrong thing."
            ),
            [o for o in rest if o.wrong_kind],
        ),
        ("found", "Found", "The slowest first.", sorted(_right(rest), key=_time_s, reverse=True)),
        (
            "equivalent",
            "Equivalent",
            (
                "These behave like the original code, for the reason given. They are fuzzed all "
                "the same: one that is found was not equivalent."
            ),
            [o for o in not_counted if not o.trouble],
        ),
        (
            "elsewhere",
            "Not for this code",
            "The pattern is not in this source, or the mutant does not compile here.",
            [o for o in not_counted if o.trouble],
        ),
    ]
    sections = [
        Section(name, title, text, [_row(o) for o in outcomes])
        for name, title, text, outcomes in groups
    ]
    return [section for section in sections if section.rows]


def _right(outcomes: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if not outcome.wrong_kind]


def _time_s(outcome: Outcome) -> float:
    return max(one.processor_s for one in outcome.found)


def _row(outcome: Outcome) -> Row:
    mutant = outcome.mutant
    status = summary.status(outcome)
    badge = ""
    if summary.counts(outcome) and not outcome.detected:
        badge = "new"
    elif outcome.wrong_kind and summary.counts(outcome):
        badge = "known"
    elif mutant.equivalent and outcome.found:
        badge = "new"
    return Row(
        name=mutant.name,
        id=re.sub(r"\W", "-", mutant.name),
        what=mutant.what,
        seen="" if outcome.trouble else _seen(outcome),
        executions=summary.executions(outcome),
        seconds=summary.seconds(outcome),
        status=status,
        badge=badge,
        found=summary.kinds(outcome),
        expected=tuple(kind.value for kind in mutant.kinds),
        reason=outcome.trouble or mutant.equivalent,
    )


def _seen(outcome: Outcome) -> str:
    return f"{'yes' if outcome.reached else 'no'}, {'yes' if outcome.triggered else 'no'}"


@cache
def _environment() -> Environment:
    return style.environment(__file__)
