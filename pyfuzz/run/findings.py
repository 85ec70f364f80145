# SPDX-License-Identifier: GPL-2.0-only
"""The findings of a run folder between campaigns: ``findings.json``.

While a campaign goes on they are in its workers' regions, which outlive every
process; the file is written when it is over, or by the next one in the folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyfuzz import files
from pyfuzz.errors import PyfuzzError
from pyfuzz.files import write_beside
from pyfuzz.finding.finding import Finding
from pyfuzz.kinds import Kind
from pyfuzz.sequence.text import format_operation, parse
from pyfuzz.symptom import Symptom
from pyfuzz.target.catalogue import Target

FILE = "findings.json"
VERSION = 1


def write(folder: Path, findings: list[Finding]) -> None:
    """Write the findings of a run folder.  Errors: OSError."""
    whole = {"findings": VERSION, "list": [_record(finding) for finding in findings]}
    write_beside(folder / FILE, json.dumps(whole, indent=1).encode() + b"\n")


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "function": finding.function,
        "line": finding.line,
        "message": finding.message,
        "signature": f"{finding.signature:016x}",
        "also": sorted(f"{signature:016x}" for signature in finding.also),
        "flavour": finding.flavour,
        "by_worker": finding.by_worker,
        "first_execution": finding.first_execution,
        "first_seconds": finding.first_seconds,
        "minimized": finding.minimized,
        "operations": [format_operation(operation) for operation in finding.operations],
    }


def read(folder: Path, target: Target) -> tuple[list[Finding], list[str]]:
    """Return the findings of earlier campaigns, and a note if they cannot be read.

    What cannot be read is put aside, beside its place: the artifacts in
    ``findings/`` have the sequences.  Errors: OSError.
    """
    path = folder / FILE
    try:
        values = files.read_object(path)
        if values["findings"] != VERSION:
            raise ValueError(f"the version must be {VERSION}, is {values['findings']}")
        return [_finding(record, target) for record in values["list"]], []
    except FileNotFoundError:
        return [], []
    except (ValueError, KeyError, TypeError, AttributeError, PyfuzzError) as error:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        note = (
            f"{path} cannot be read ({type(error).__name__}: {error}): put aside as {aside.name}; "
            "the findings before are counted anew, their sequences are in findings/"
        )
        return [], [note]


def _finding(record: dict[str, Any], target: Target) -> Finding:
    symptom = Symptom(
        kind=Kind(record["kind"]),
        function=str(record["function"]),
        message=str(record["message"]),
        line=int(record["line"]),
    )
    by_worker = {str(name): int(count) for name, count in record["by_worker"].items()}
    return Finding(
        symptom=symptom,
        signature=int(record["signature"], 16),
        count=sum(by_worker.values()),
        first_execution=int(record["first_execution"]),
        first_seconds=float(record["first_seconds"]),
        operations=list(parse("\n".join(record["operations"]), FILE)),
        known=target.known_reason(symptom),
        minimized=bool(record["minimized"]),
        by_worker=by_worker,
        flavour="sanitize" if record["flavour"] == "sanitize" else "fuzz",
        also={int(signature, 16) for signature in record["also"]},
    )
