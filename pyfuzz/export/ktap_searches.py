# SPDX-License-Identifier: GPL-2.0-only
"""The results of exhaustive searches as tests in KTAP; apart from pyfuzz.export.ktap,
since the commands that only replay need none of what these import."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyfuzz.exhaust import schedules_verdict
from pyfuzz.exhaust.verdict import Verdict, finding_lines, how_far, search_lines
from pyfuzz.export.ktap import Point

if TYPE_CHECKING:
    from pyfuzz.exhaust.schedules import Schedules
    from pyfuzz.exhaust.search import Search


def of_verdict(verdict: Verdict) -> list[Point]:
    """Return a test for each scope that was to be searched."""
    return [_scope(search, verdict) for search in verdict.searches]


def _scope(search: Search, verdict: Verdict) -> Point:
    numbered = list(enumerate(verdict.findings, 1))
    signatures = {finding.signature for finding in search.findings}
    here = [(number, one) for number, one in numbered if one.signature in signatures]
    lines = list(search_lines(search))
    for number, finding in here:
        lines += finding_lines(number, finding, verdict)
    point = Point(search.scope.name, lines=tuple(lines))
    if any(finding.known is None for _, finding in here):
        return replace(point, passed=False)
    if search.progress is not None and search.progress.failed:
        return replace(point, passed=False, directive="ERROR", why=how_far(search))
    if not search.complete:
        why = "nothing was searched" if search.progress is None else how_far(search)
        return replace(point, directive="SKIP", why=why)
    if here:
        reasons = dict.fromkeys(finding.known or "" for _, finding in here)
        return replace(point, directive="XFAIL", why="; ".join(reasons))
    return point


def of_schedules(found: Schedules) -> list[Point]:
    """Return the result of a search of schedules: one test, as there is one scope."""
    lines = list(schedules_verdict.scope_lines(found))
    for place, finding in enumerate(found.findings, 1):
        lines += schedules_verdict.finding_lines(place, finding, found)
    point = Point("schedules", lines=tuple(lines))
    reasons = [found.known(finding) for finding in found.findings]
    if None in reasons:
        return [replace(point, passed=False)]
    why = schedules_verdict.how_far(found)
    if found.audits.failed:
        return [replace(point, passed=False, directive="ERROR", why=why)]
    if not found.complete:
        return [replace(point, directive="SKIP", why=why)]
    if reasons:
        known = dict.fromkeys(reason or "" for reason in reasons)
        return [replace(point, directive="XFAIL", why="; ".join(known))]
    return [point]
