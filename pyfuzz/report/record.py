# SPDX-License-Identifier: GPL-2.0-only
"""What a report holds: the keys of ``pyfuzz report --json``, and their JSON Schema.

The keys are a contract (docs/json.md).  After a change here, regenerate the
schema: ``python -c 'from pyfuzz.report import record; print(record.schema_text())'``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from pyfuzz.exhaust.record import Exhausted
from pyfuzz.records import Count, Seconds
from pyfuzz.replay.drawing import Drawing
from pyfuzz.replay.record import TraceEntry
from pyfuzz.run.provenance import Campaign
from pyfuzz.run.stats import Sample
from pyfuzz.run.summary import Summary

SCHEMA = "pyfuzz-report"
VERSION = 1
_TEMPLATE = "#/$defs/{name}"


def _as(record: type) -> msgspec.Meta:
    """Say that an object is a record, and may have keys that a newer pyfuzz added."""
    return msgspec.Meta(extra_json_schema={"$ref": _TEMPLATE.format(name=record.__name__)})


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """The target, as far as it is still known."""

    name: str
    generation: str | None
    policy: str | None
    note: str | None
    extracted: bool | None


@dataclass(frozen=True, slots=True)
class Broke:
    """Where in a replay a finding was seen."""

    operation: Count
    step: Count
    text: str
    message: str
    function: str
    line: Count


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the replay of a finding for this report showed."""

    reproduced: bool
    broke: Broke | None
    trace: list[TraceEntry]
    trace_text: list[str]
    trace_left_out: Count
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """A finding."""

    id: Count
    kind: str
    must: str | None
    means: str | None
    function: str | None
    line: int | None
    message: str
    known: bool
    reason: str | None
    expired: str | None
    count: Count
    first_execution: Count
    first_seconds: Seconds
    by_worker: dict[str, Count]
    minimized: bool
    flavour: Literal["fuzz", "sanitize"]
    earlier: bool
    operations: list[str]
    artifact: str | None
    replay: str | None
    script: str
    replayed: Replayed | None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line that was compiled; one without code has only its number and text."""

    number: Count
    text: str
    count: Count | UnsetType = UNSET
    blocks: Count | UnsetType = UNSET
    blocks_run: Count | UnsetType = UNSET
    input: Count | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class FunctionEntry:
    """A function that was compiled."""

    name: str
    line: Count
    entries: Count
    lines: Count
    lines_run: Count


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A source file."""

    file: str
    lines: Count
    lines_run: Count
    functions: list[FunctionEntry]
    source: list[SourceLine]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which lines of the target's source the inputs ran."""

    lines: Count
    lines_run: Count
    inputs: Count
    files: list[FileEntry]


@dataclass(frozen=True, slots=True)
class InputEntry:
    """An input that the coverage refers to."""

    file: str | None
    finding: Count | None
    operations: list[str]
    replay: str | None


@dataclass(frozen=True, slots=True)
class WorkerEntry:
    """What a worker did; ``found`` and ``found_first`` are ids of findings."""

    name: str
    executions: Count
    operations: Count
    edges: Count
    states: Count
    corpus: Count
    findings: dict[str, Count]
    strategy: str | None
    found: list[Count]
    found_first: list[Count]


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """The whole report."""

    schema: Literal["pyfuzz-report"]
    version: Literal[1]
    generator: str
    generated: str
    run: str
    target: TargetEntry
    verdict: Literal["clean", "known", "finding", "unfinished"]
    summary: Annotated[dict[str, Any], _as(Summary)] | None
    exhaust: Annotated[dict[str, Any], _as(Exhausted)] | None
    campaigns: list[Annotated[dict[str, Any], _as(Campaign)]]
    findings: list[FindingEntry]
    coverage: Coverage | None
    inputs: list[InputEntry]
    samples: list[Sample]
    workers: list[WorkerEntry]
    missing: list[str]
    notes: list[str]


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    (whole, *_), parts = msgspec.json.schema_components(
        [ReportRecord, Summary, Exhausted, Campaign], ref_template=_TEMPLATE
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "SPDX-License-Identifier: GPL-2.0-only",
        "title": f"{SCHEMA}, version {VERSION}",
        "description": "What `pyfuzz report --json` prints; docs/json.md explains it.",
        **whole,
        "$defs": {name: _undescribed(part) for name, part in parts.items()},
    }


def _undescribed(part: dict[str, Any]) -> dict[str, Any]:
    """Leave out what msgspec takes from docstrings, which are for the readers of the code."""
    return {key: value for key, value in part.items() if key not in ("title", "description")}


def schema_text() -> str:
    """Return the schema as ``schema.json`` has it."""
    return json.dumps(schema(), indent=1)
