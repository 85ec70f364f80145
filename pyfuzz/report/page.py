# SPDX-License-Identifier: GPL-2.0-only
"""The report's object as one HTML page that needs nothing else."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from pyfuzz.kinds import Kind
from pyfuzz.report import chart, list_drawing, pages_drawing, style
from pyfuzz.report.glossary import glossary
from pyfuzz.report.highlight import highlight
from pyfuzz.run.summary import WALKERS

MAX_BYTES = 5_000_000
_NBSP = "\N{NO-BREAK SPACE}"  # a number and its unit stay on one line
# How much is shown: operations of a sequence, lines of a trace, findings that are
# drawn.  First the usual limits, then those for a page that would be too large to
# mail; JSON and the run folder have the rest.
_LIMITS = ((400, 400, 1000), (60, 60, 60), (10, 0, 20))
_KINDS_OF_CURVE = (
    ("executions", "Executions"),
    ("edges", "Edges reached"),
    ("states", "States reached"),
    ("corpus", "Inputs kept"),
)


def render(report: dict[str, Any]) -> str:
    """Return the page of a report (see pyfuzz/report/data.py).

    It is made shorter until it has at most MAX_BYTES; only hundreds of findings
    with long sequences could still be more.
    """
    values = {
        **report,
        "sources": _sources(report["coverage"]),
        "unreached": _unreached(report["coverage"]),
        "curves": _curves(report),
        "glossary": glossary(),
        "walkers": WALKERS,
        "kinds": tuple(Kind),
        "new": [finding for finding in report["findings"] if not finding["known"]],
        "known": [finding for finding in report["findings"] if finding["known"]],
    }
    page = ""
    for operations, trace_lines, drawn in _LIMITS:
        page = (
            environment()
            .get_template("page.html.j2")
            .render(
                values,
                drawings=[
                    _drawings(finding) if number < drawn else []
                    for number, finding in enumerate(report["findings"])
                ],
                memories=[
                    _memory(finding) if number < drawn else None
                    for number, finding in enumerate(report["findings"])
                ],
                shown_operations=operations,
                shown_trace_lines=trace_lines,
                shorter=operations < _LIMITS[0][0],
            )
        )
        if len(page.encode()) <= MAX_BYTES:
            break
    return page


@cache
def environment() -> Environment:
    """Return what the templates are rendered with."""
    return style.environment(
        filters={
            "number": _number,
            "short": chart.short,
            "clock": _clock,
            "moment": _moment,
            "percent": _percent,
        }
    )


def _drawings(finding: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw each list that a finding's step changed, before and after."""
    replayed = finding["replayed"]
    if replayed is None or replayed["drawing"] is None:
        return []
    drawing = replayed["drawing"]
    pictures = []
    for change in drawing["lists"]:
        mark = list_drawing.marks(change, drawing["spte"])
        pictures.append(
            {
                "name": change["name"],
                "before": list_drawing.draw(change["before"], mark, "before"),
                "after": list_drawing.draw(change["after"], mark, "after"),
                "broken": change["after"]["broken"],
                "gone": sorted(mark.gone.elements()),
                "new": sorted(mark.new.elements()),
                "same": change["before"] == change["after"],
                "named": list_drawing.names(change, drawing["spte"]),
            }
        )
    return pictures


def _memory(finding: dict[str, Any]) -> dict[str, Any] | None:
    """Draw the pages of a VM around a finding's step."""
    replayed = finding["replayed"]
    drawing = replayed["drawing"] if replayed else None
    if drawing is None or drawing["pages"] is None:
        return None
    return {
        **drawing["pages"],
        "columns": pages_drawing.columns(drawing["pages"]),
        "states": pages_drawing.states(drawing["pages"]),
    }


def _sources(coverage: dict[str, Any] | None) -> list[list[dict[str, Any]]]:
    """Return each file's lines with their HTML, a class, and where lines are left out."""
    files = []
    for file in coverage["files"] if coverage else []:
        text = {line["number"]: line["text"] for line in file["source"]}
        coloured = highlight(text)
        rows, previous = [], 0
        for line in file["source"]:
            number = line["number"]
            rows.append(
                {
                    **line,
                    "html": coloured[number],
                    "state": _state(line),
                    "skipped": number - previous - 1,
                }
            )
            previous = number
        files.append(rows)
    return files


def _state(line: dict[str, Any]) -> str:
    if "count" not in line:
        return "none"
    if not line["count"]:
        return "miss"
    return "part" if line["blocks_run"] < line["blocks"] else "hit"


def _unreached(coverage: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return the runs of lines that no input reached: file, first and last line, their text."""
    runs: list[dict[str, Any]] = []
    for place, file in enumerate(coverage["files"] if coverage else []):
        run: dict[str, Any] | None = None
        for line in file["source"]:
            if line.get("count") == 0:
                if run is None:
                    name = Path(file["file"]).name
                    run = {"place": place, "file": name, "first": line["number"]}
                    run["text"] = line["text"].strip()
                    runs.append(run)
                run["last"] = line["number"]
            elif "count" in line:
                run = None
    return runs


def _curves(report: dict[str, Any]) -> list[dict[str, Any]]:
    samples = report["samples"]
    if len(samples) < 2:
        return []
    times_s = [sample["elapsed_s"] for sample in samples]
    curves = [
        {
            "title": title,
            "last": samples[-1][key],
            "svg": chart.line_chart(title, times_s, [sample[key] for sample in samples]),
        }
        for key, title in _KINDS_OF_CURVE
    ]
    return [*curves, _findings_curve(report)]


def _findings_curve(report: dict[str, Any]) -> dict[str, Any]:
    samples = report["samples"]
    title, last_s = "Findings", samples[-1]["elapsed_s"]
    if len({sample["started"] for sample in samples}) > 1 or not report["findings"]:
        times_s = [sample["elapsed_s"] for sample in samples]
        found = [sum(sample["findings"].values()) for sample in samples]
        svg = chart.line_chart(title, times_s, found, steps=True)
        return {"title": title, "last": found[-1], "svg": svg}
    # Only one campaign: its findings have the exact time at which they were first seen.
    order = sorted(report["findings"], key=lambda finding: finding["first_seconds"])
    firsts_s = [min(finding["first_seconds"], last_s) for finding in order]
    events = [
        chart.Event(
            time_s,
            f"{finding['kind']} after {time_s:.2f} s",
            f"#finding-{finding['id']}",
            finding["known"],
        )
        for finding, time_s in zip(order, firsts_s, strict=True)
    ]
    count = len(order)
    svg = chart.line_chart(
        title, [0.0, *firsts_s, last_s], [*range(count + 1), count], steps=True, events=events
    )
    return {"title": title, "last": count, "svg": svg}


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "none"  # rounded down: 100 is all


def _clock(seconds: float) -> str:
    """Write a length of time: ``9.5 s``, ``1 min 30 s``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f}{_NBSP}s" if seconds % 1 else f"{seconds:.0f}{_NBSP}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{_NBSP}min {rest}{_NBSP}s" if rest else f"{minutes}{_NBSP}min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}{_NBSP}h {minutes}{_NBSP}min" if minutes else f"{hours}{_NBSP}h"


def _moment(text: str) -> str:
    """Write an ISO 8601 time for people; any other text stays as it is."""
    try:
        return datetime.fromisoformat(text).strftime("%-d %B %Y, %H:%M UTC")
    except ValueError:
        return text
