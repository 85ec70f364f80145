# SPDX-License-Identifier: GPL-2.0-only
"""A comparison as one HTML page, in the style of the report."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from pyfuzz.compare.functions import changes
from pyfuzz.compare.result import as_object
from pyfuzz.module.results import Traits
from pyfuzz.report import style
from pyfuzz.world import get as world_of

if TYPE_CHECKING:
    from pyfuzz.compare.pair import Pair
    from pyfuzz.compare.result import Result

# What differs between any two builds, and says nothing of the code.
_NOT_SHOWN = ("name", "counters", "states", "sanitized")
_SHOWN_OPERATIONS = 60


def write(result: Result, path: Path) -> None:
    """Write the page of a comparison.  Errors: UsageError if it cannot be written."""
    style.write(render(result), path, "--html")


def render(result: Result) -> str:
    """Return the page of a comparison."""
    pair = result.pair
    return (
        _environment()
        .get_template("compare.html.j2")
        .render(
            result=as_object(result),
            verdict=_CLASSES[result.verdict],
            a=pair.a,
            b=pair.b,
            traits=traits_that_differ(pair),
            changes=changes(pair.a, pair.b),
            shown_operations=_SHOWN_OPERATIONS,
            said=result.said,
        )
    )


_CLASSES = {"same": "clean", "known": "known", "different": "finding"}


def traits_that_differ(pair: Pair) -> list[tuple[str, str, str]]:
    """Return name and both values of each trait that is not the same."""
    rows = []
    for field in fields(Traits):
        if field.name in _NOT_SHOWN:
            continue
        one, other = (getattr(traits, field.name) for traits in (pair.traits_a, pair.traits_b))
        if one != other:
            name = field.name.replace("_", " ")
            rows.append((name, _word(one, pair), _word(other, pair)))
    for name in ("generation", "policy"):
        one, other = getattr(pair.a, name), getattr(pair.b, name)
        if one != other:
            rows.append((name, one, other))
    return rows


def _word(value: Any, pair: Pair) -> str:
    if isinstance(value, frozenset):
        words = world_of(pair.a.world).words
        return ", ".join(sorted({words[number] for number in value if number in words}))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


@cache
def _environment() -> Environment:
    return style.environment(__file__)
