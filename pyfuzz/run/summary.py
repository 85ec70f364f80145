# SPDX-License-Identifier: GPL-2.0-only
"""The result of a campaign as ``summary.json`` has it, and ``pyfuzz fuzz --json`` prints it.

The keys are a contract: some may be added, none renamed.  Those with a default
here may be missing from the summary of an older pyfuzz.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyfuzz import files, records, world
from pyfuzz.errors import UsageError
from pyfuzz.records import Count, Seconds

if TYPE_CHECKING:
    from pathlib import Path

FILE = "summary.json"
WALKERS = {
    "kernel": "the kernel's own FNAME(walk_addr) and FNAME(fetch)",
    "pyfuzz": "a walker of ours, not the kernel's",
}
"""Whose code walks guests' tables, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEntry:
    """A finding; ``operations`` are text lines."""

    kind: str
    world: str = world.DEFAULT
    function: str | None = None
    line: Count | None = None
    message: str
    count: Count
    first_execution: Count
    first_seconds: Seconds
    by_worker: dict[str, Count] = field(default_factory=dict)
    operations: list[str]
    minimized: bool = False
    flavour: str | None = None
    artifact: str | None
    known: bool
    reason: str | None = None
    expired: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEntry:
    """What a worker did, and in how many processes; ``checks``: the sanitizer worker."""

    name: str
    executions: Count
    started: Count
    checks: bool = False
    world: str = world.DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The result of a campaign.

    ``walker`` tells whose code walks guests' tables, the ``kernel``'s or that of
    ``pyfuzz``; None in a world without any.  ``not_run`` are worlds that were asked for
    and not fuzzed, each with the reason; ``by_world`` is empty unless several were:
    then it has each one's own result.
    """

    target: str
    source: str = ""
    flavour: str
    worlds: list[str] = field(default_factory=list)
    faults: bool = False
    seed: Count
    workers: Count
    by_worker: list[WorkerEntry] = field(default_factory=list)
    executions: Count
    operations: Count
    steps: Count = 0
    seconds: Seconds
    executions_per_second: Seconds
    operations_per_second: Seconds
    edges: Count
    states: Count
    corpus: Count
    out: str = ""
    report: str | None = None
    verdict: str
    interrupted: bool = False
    resumed: bool = False
    walker: str | None = None
    missing_operations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str | None = None
    findings: list[FoundEntry]
    not_run: dict[str, str] = field(default_factory=dict)
    by_world: dict[str, Summary] = field(default_factory=dict)


def read(folder: Path) -> Summary:
    """Read the summary of a run folder; UsageError that names it, what is wrong, and a remedy."""
    path = folder / FILE
    remedy = "name the run folder of a campaign that has ended"
    try:
        values = files.read_json(path)
    except FileNotFoundError:
        raise UsageError(
            f"{folder}: a run folder with a result must have {FILE}, has none; {remedy}"
        ) from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; {remedy}") from None
    except ValueError as error:
        raise UsageError(f"{path}: must be JSON: {error}; {remedy}") from None
    try:
        return records.read(values, Summary)
    except ValueError as error:
        raise UsageError(f"{path}: {error}; {remedy}, by this version of pyfuzz") from None
