# SPDX-License-Identifier: GPL-2.0-only
"""``exhaust.json`` in a run folder: what ``pyfuzz exhaust --json`` prints of a search."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pyfuzz import files, records
from pyfuzz.files import write_beside
from pyfuzz.records import Count, Seconds

if TYPE_CHECKING:
    from pathlib import Path

FILE = "exhaust.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhaustSearch:
    """One scope: in ``words``, how far it was searched (``said``), what was ``audited``.

    ``depth`` is the length (or the number of switches) up to which everything was tried.
    """

    name: str
    words: str = ""
    complete: bool
    end: str
    said: str = ""
    audited: str = ""
    states: Count
    transitions: Count
    left: Count
    depth: Count | None
    seconds: Seconds
    collision: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhaustFinding:
    """A finding, with a shortest sequence as text lines."""

    kind: str
    function: str
    line: Count
    message: str
    count: Count
    operations: list[str]
    artifact: str | None
    known: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhausted:
    """The keys of the file that are read; it has more."""

    target: str
    world: str
    complete: bool
    searches: list[ExhaustSearch]
    not_covered: list[str]
    verdict: Literal["clean", "known", "finding"]
    findings: list[ExhaustFinding]


def write(folder: Path, said: dict[str, Any]) -> None:
    """Write the file; errors: OSError."""
    write_beside(folder / FILE, json.dumps(said, indent=2).encode() + b"\n")


def read(folder: Path) -> dict[str, Any] | None:
    """Return what the file says, None if there is none; errors: OSError, ValueError."""
    try:
        values = files.read_object(folder / FILE)
    except FileNotFoundError:
        return None
    # Keys that a newer pyfuzz added are kept.
    records.read(values, Exhausted)
    return values
