# SPDX-License-Identifier: GPL-2.0-only
"""A share as one HTML page of all its machines, in the style of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from pyfuzz.report import style
from pyfuzz.share.overview import Campaign, Found, Overview
from pyfuzz.symptom import Symptom
from pyfuzz.text import clock, printable, rate, short

_SHOWN_OPERATIONS = 60


def write(overview: Overview, path: Path) -> None:
    """Write the page of a share.  Errors: UsageError if it cannot be written."""
    style.write(render(overview), path, "-o")


def render(overview: Overview) -> str:
    """Return the page of a share."""
    campaigns = [one for target in overview.targets for one in target.campaigns]
    return (
        _environment()
        .get_template("share.html.j2")
        .render(
            overview=overview,
            machines=len({one.host.host for one in campaigns}),
            running=sum(one.state == "running" for one in campaigns),
            campaigns=campaigns,
            findings=sum(len(target.findings) for target in overview.targets),
            executions=sum(target.executions for target in overview.targets),
            per_second=sum(target.executions_per_second for target in overview.targets),
            shown_operations=_SHOWN_OPERATIONS,
            now=datetime.now(UTC),
        )
    )


def _title(found: Found, among: Iterable[Found]) -> str:
    symptom: Symptom = found.finding.symptom
    return symptom.title_among(other.finding.symptom for other in among)


def _seen_by(found: Found, campaigns: Iterable[Campaign]) -> list[str]:
    """Name the campaigns that have a finding."""
    return [one.name for one in campaigns if found.finding.signature in one.host.findings]


def _moment(seconds: float) -> str:
    """Return a heartbeat's time; a heartbeat may say anything."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return "unknown"


@cache
def _environment() -> Environment:
    filters: dict[str, Callable[..., Any]] = {
        "clock": clock,
        "short": short,
        "moment": _moment,
        "number": "{:,.0f}".format,
        "title_among": _title,
        "seen_by": _seen_by,
    }
    # What others wrote may have escapes for a terminal in it.
    environment = style.environment(
        __file__, filters, lambda value: printable(value) if type(value) is str else value
    )
    environment.globals["rate"] = rate
    return environment
