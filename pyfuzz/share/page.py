# SPDX-License-Identifier: GPL-2.0-only
"""A share as one HTML page of all its machines, in the style of the report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from pyfuzz import __version__
from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.share.overview import Campaign, Found, Overview
from pyfuzz.symptom import Symptom
from pyfuzz.text import clock, printable, rate, short

_TEMPLATES = Path(__file__).with_name("templates")
# This page shares the report's style sheet, script and macros.
_REPORTS = Path(__file__).parent.parent / "report" / "templates"
_SHOWN_OPERATIONS = 60


def write(overview: Overview, path: Path) -> None:
    """Write the page of a share.  Errors: UsageError if it cannot be written."""
    try:
        write_beside(path, render(overview).encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(
            f"the page {path} cannot be written: {error.strerror or error}; "
            "name another file with -o FILE"
        ) from error


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
            generator=f"pyfuzz {__version__}",
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
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(_TEMPLATES), FileSystemLoader(_REPORTS)]),
        autoescape=True,
        # What others wrote may have escapes for a terminal in it.
        finalize=lambda value: printable(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "clock": clock,
        "short": short,
        "moment": _moment,
        "number": "{:,.0f}".format,
        "title_among": _title,
        "seen_by": _seen_by,
    }
    environment.globals["rate"] = rate
    return environment
