# SPDX-License-Identifier: GPL-2.0-only
"""The findings of a run folder between campaigns: ``findings.json``.

While a campaign runs, they are in its workers' regions, which outlive every
process; the file is written when it ends, or by the next one in the folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import files, records
from pyfuzz.errors import PyfuzzError
from pyfuzz.files import write_beside
from pyfuzz.finding.finding import Finding
from pyfuzz.kinds import Kind
from pyfuzz.sequence.text import format_operation, parse
from pyfuzz.symptom import Symptom
from pyfuzz.target.catalogue import Target

FILE = "findings.json"
VERSION = 1


@dataclass(frozen=True, slots=True)
class _Record:
    """A finding in the file: signatures in hexadecimal, operations as text lines."""

    kind: Kind
    function: str
    line: int
    message: str
    signature: str
    also: tuple[str, ...]
    flavour: str
    by_worker: dict[str, int]
    first_execution: int
    first_seconds: float
    minimized: bool
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """The file: the version under ``findings``."""

    findings: int
    list: tuple[_Record, ...]


def write(folder: Path, findings: Iterable[Finding]) -> None:
    """Write the findings of a run folder.  Errors: OSError."""
    whole = records.plain(_File(VERSION, tuple(map(_record, findings))))
    write_beside(folder / FILE, json.dumps(whole, indent=1).encode() + b"\n")


def _record(finding: Finding) -> _Record:
    return _Record(
        kind=finding.kind,
        function=finding.function,
        line=finding.line,
        message=finding.message,
        signature=f"{finding.signature:016x}",
        also=tuple(sorted(f"{signature:016x}" for signature in finding.also)),
        flavour=finding.flavour,
        by_worker=finding.by_worker,
        first_execution=finding.first_execution,
        first_seconds=finding.first_seconds,
        minimized=finding.minimized,
        operations=tuple(map(format_operation, finding.operations)),
    )


def read(folder: Path, target: Target) -> tuple[list[Finding], list[str]]:
    """Return the findings of earlier campaigns, and a note if they cannot be read.

    A file that cannot be read is renamed: the artifacts in ``findings/`` have
    the sequences.  Errors: OSError.
    """
    path = folder / FILE
    try:
        values = files.read_object(path)
        if values["findings"] != VERSION:
            raise ValueError(f"the version must be {VERSION}, is {values['findings']}")
        return [_finding(record, target) for record in records.read(values, _File).list], []
    except FileNotFoundError:
        return [], []
    except (ValueError, KeyError, PyfuzzError) as error:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        note = (
            f"{path} cannot be read ({files.reason(error)}): moved to {aside.name}; "
            "earlier findings are counted from zero, their sequences are in findings/"
        )
        return [], [note]


def _finding(record: _Record, target: Target) -> Finding:
    symptom = Symptom(record.kind, record.function, record.message, record.line)
    return Finding(
        symptom=symptom,
        signature=int(record.signature, 16),
        count=sum(record.by_worker.values()),
        first_execution=record.first_execution,
        first_seconds=record.first_seconds,
        operations=list(parse("\n".join(record.operations), FILE, target.world)),
        known=target.known_reason(symptom),
        minimized=record.minimized,
        by_worker=dict(record.by_worker),
        flavour="sanitize" if record.flavour == "sanitize" else "fuzz",
        also={int(signature, 16) for signature in record.also},
    )
