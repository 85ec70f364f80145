# SPDX-License-Identifier: GPL-2.0-only
"""What is in a share: which campaigns, and what they have found together."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pyfuzz.errors import UsageError
from pyfuzz.share import objects
from pyfuzz.share.objects import GarbageError, Host, SharedFinding
from pyfuzz.share.store import FINDINGS, HOSTS, INPUTS, Store, shown
from pyfuzz.text import clock, number, rate

# Three times as long as a campaign is silent when its place is slow.
SILENT_S = 180.0


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign: its heartbeat, and ``running``, ``ended`` or ``silent``."""

    name: str
    state: str
    silent_s: float
    host: Host


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of a target; ``campaigns`` says how many of them have it."""

    finding: SharedFinding
    campaigns: int


@dataclass(frozen=True, slots=True)
class Target:
    """One target's part of a share; ``garbage`` counts what is not what its name says."""

    key: str
    inputs: int
    executions: int
    executions_per_second: float
    campaigns: tuple[Campaign, ...]
    findings: tuple[Found, ...]
    garbage: int

    @property
    def name(self) -> str:
        """The target's name, as its campaigns say it."""
        return self.campaigns[0].host.target if self.campaigns else "unknown"


@dataclass(frozen=True, slots=True)
class Overview:
    """All of a share."""

    share: str
    targets: tuple[Target, ...]


def look(url: str) -> Overview:
    """Read a share.  Errors: UsageError if it cannot be read, or is not a share."""
    try:
        store = Store(url)
        targets = tuple(_target(store, key) for key in sorted(store.targets()))
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - a driver may raise anything
        what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UsageError(f"the share {shown(url)} cannot be read: {what}") from None
    if not targets:
        raise UsageError(
            f"the share {shown(url)} is empty or not there: a campaign fills it, "
            "pyfuzz fuzz --share URL"
        )
    return Overview(shown(url), targets)


def _target(store: Store, key: str) -> Target:
    campaigns, garbage = _campaigns(store, key)
    best: dict[str, SharedFinding] = {}
    for one in store.objects(key, FINDINGS):
        try:
            data = store.read(key, FINDINGS, one.name, objects.MAX_RECORD_BYTES)
            finding = objects.checked_finding(one.name, data)
        except GarbageError:
            garbage += 1
            continue
        other = best.get(finding.signature)
        if other is None or _length(finding) < _length(other):
            best[finding.signature] = finding
    return Target(
        key=key,
        inputs=len(store.objects(key, INPUTS)),
        executions=sum(one.host.executions for one in campaigns),
        executions_per_second=sum(
            rate(one.host.executions, one.host.seconds)
            for one in campaigns
            if one.state == "running"
        ),
        campaigns=tuple(campaigns),
        findings=tuple(
            Found(finding, sum(finding.signature in one.host.findings for one in campaigns))
            for finding in sorted(best.values(), key=lambda one: (one.title, one.signature))
        ),
        garbage=garbage,
    )


def _length(finding: SharedFinding) -> tuple[bool, int]:
    return not finding.minimized, len(finding.operations)


def _campaigns(store: Store, key: str) -> tuple[list[Campaign], int]:
    campaigns, garbage = [], 0
    for one in store.objects(key, HOSTS):
        try:
            host = objects.checked_host(store.read(key, HOSTS, one.name, objects.MAX_RECORD_BYTES))
        except GarbageError:
            garbage += 1
            continue
        silent_s = max(0.0, time.time() - host.updated)
        state = "ended" if host.ended else "silent" if silent_s > SILENT_S else "running"
        campaigns.append(Campaign(one.name.removesuffix(".json"), state, silent_s, host))
    return sorted(campaigns, key=lambda one: one.name), garbage


def as_text(overview: Overview) -> str:
    """Return an overview for people."""
    lines = [overview.share]
    for target in overview.targets:
        lines += [
            "",
            f"{target.name}  {target.key}",
            f"  {number(target.inputs, 'input')}, {target.executions:,} executions, now "
            f"{target.executions_per_second:,.0f}/s"
            + f"; {number(target.garbage, 'object')} not what the name says"
            * bool(target.garbage),
        ]
        for one in target.campaigns:
            host = one.host
            lines.append(
                f"  {one.name:<40} {one.state:<8} {clock(host.seconds)}  "
                f"{rate(host.executions, host.seconds):,.0f} exec/s  {host.edges} edges  "
                f"{number(len(host.findings), 'finding')}"
                + f"  last seen {clock(one.silent_s)} ago"
                * (one.state == "silent")
            )
        for found in target.findings:
            symptom = found.finding.symptom
            title = symptom.title_among(one.finding.symptom for one in target.findings)
            lines.append(
                f"  {title}, in {number(found.campaigns, 'campaign')}: {found.finding.message}"
            )
            lines += [f"      {operation}" for operation in found.finding.operations[:20]]
            if len(found.finding.operations) > 20:
                lines.append(f"      … and {len(found.finding.operations) - 20} more operations")
    return "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in lines)
