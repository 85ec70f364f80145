# SPDX-License-Identifier: GPL-2.0-only
"""What ``pyfuzz replay --json`` prints (docs/sequences.md).  Keys are added, never renamed."""

from __future__ import annotations

from dataclasses import dataclass

from pyfuzz.records import Count


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """A list, drawn before and after."""

    list: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """One access of a fiber; ``fiber`` is None for what concerns all of them."""

    fiber: Count | None
    text: str
    where: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry:
    """What some consecutive steps of one operation did."""

    operation: Count
    text: str
    first_step: Count
    steps: Count
    sptes: list[int]
    returned: list[int]
    skipped: dict[str, Count]
    errors: Count
    recycled: Count
    bugged: list[Count]
    log: list[str]
    flushes: list[str]
    lists: list[ChangeEntry]
    fibers: list[str]
    accesses: list[AccessEntry]
    findings: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEntry:
    """A finding, and where it was seen; ``reason``: why it is a known one."""

    kind: str
    function: str
    line: Count
    message: str
    operation: Count
    step: Count
    known: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayEntry:
    """What one sequence did on one target."""

    file: str
    target: str
    flavour: str
    verdict: str
    note: str | None
    findings: list[SeenEntry]
    trace: list[TraceEntry]


@dataclass(frozen=True, slots=True)
class ReplayRecord:
    """All replays of one command; ``verdict`` is the worst."""

    verdict: str
    replays: list[ReplayEntry]
