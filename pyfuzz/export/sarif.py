# SPDX-License-Identifier: GPL-2.0-only
"""SARIF 2.1.0: a rule for each kind, a result for each finding, at the target's own line."""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from pyfuzz import __version__
from pyfuzz.export.location import locate
from pyfuzz.export.rules import RULES
from pyfuzz.export.subject import Item, Subject
from pyfuzz.grammar import format_operation
from pyfuzz.kinds import ORDER
from pyfuzz.shape import shape

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_VERSION = "2.1.0"


def render(subject: Subject) -> bytes:
    """Return the file.

    A known finding is a note that is suppressed with its reason; GitHub shows
    the others at their line of the target's source.
    """
    run = {
        "tool": {"driver": {"name": "pyfuzz", "version": __version__, "rules": _rules()}},
        # GitHub keeps the results of different targets apart by this.
        "automationDetails": {"id": f"pyfuzz/{subject.target.name}/"},
        "columnKind": "utf16CodeUnits",
        "results": [_result(subject, item) for item in subject.items],
        "properties": {
            "source": subject.name,
            "target": subject.target.name,
            "generation": subject.target.generation,
            "policy": subject.target.policy,
            "flavour": subject.flavour,
            "executions": subject.executions,
            "seconds": subject.seconds,
        },
    }
    log = {"$schema": _SCHEMA, "version": _VERSION, "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _rules() -> list[dict[str, Any]]:
    return [
        {
            "id": kind.value,
            "name": "".join(word.capitalize() for word in kind.value.split("-")),
            "shortDescription": {"text": RULES[kind].property},
            "fullDescription": {"text": f"{RULES[kind].property}  {RULES[kind].help}"},
            "help": {"text": RULES[kind].help},
            "defaultConfiguration": {"level": "error"},
        }
        for kind in ORDER
    ]


def _result(subject: Subject, item: Item) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": item.kind.value,
        "ruleIndex": item.kind.number,
        "level": "note" if item.known is not None else "error",
        "message": {"text": _message(item)},
        "locations": [_location(subject, item)],
        "partialFingerprints": {"pyfuzzFinding/v1": _fingerprint(item)},
        "occurrenceCount": max(1, item.count),
        "properties": {
            "operations": [format_operation(op) for op in item.operations],
            "firstSeconds": item.first_seconds,
            "command": item.command,
        },
    }
    if item.known is not None:
        result["suppressions"] = [{"kind": "external", "justification": item.known}]
    return result


def _message(item: Item) -> str:
    parts = [f"{item.title}: {item.message}."]
    if item.expired is not None:
        parts.append(f"It was {item.expired.lapsed}.")
    shown = "; ".join(format_operation(op) for op in item.operations[:12])
    more = ", …" if len(item.operations) > 12 else ""
    parts.append(f"Sequence: {shown}{more}." if shown else "")
    parts.append(f"See it with: {item.command}" if item.command else "")
    return " ".join(part for part in parts if part)


def _location(subject: Subject, item: Item) -> dict[str, Any]:
    place = locate(subject.target, item.function, item.line)
    absolute = PurePosixPath(place.file).is_absolute()
    artifact = {"uri": f"file://{quote(place.file)}" if absolute else quote(place.file)}
    if not absolute:
        artifact["uriBaseId"] = "%SRCROOT%"
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": artifact, "region": {"startLine": place.line}}
    }
    if item.function:
        location["logicalLocations"] = [{"name": item.function, "kind": "function"}]
    return location


def _fingerprint(item: Item) -> str:
    """The same for what pyfuzz takes for one bug, whatever line the code has moved to."""
    parts = [item.kind.value, item.function, *shape(item.operations)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
