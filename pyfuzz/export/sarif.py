# SPDX-License-Identifier: GPL-2.0-only
"""SARIF 2.1.0: a rule for each kind, a result for each finding, at the target's own line."""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from pyfuzz import __version__
from pyfuzz.export.location import Location, locate
from pyfuzz.export.subject import Item, Replayed, Subject
from pyfuzz.finding.shape import shape
from pyfuzz.kinds import ORDER
from pyfuzz.sequence.text import format_operation

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_VERSION = "2.1.0"
_REGRESSION = {
    "id": "regression",
    "name": "Regression",
    "shortDescription": {"text": "A regression's sequence shows what its file expects."},
    "fullDescription": {
        "text": "A sequence of the regression corpus must show the findings that its file expects "
        "of this target."
    },
    "help": {
        "text": "If the target was changed on purpose, change the '# expect' lines of the file."
    },
    "defaultConfiguration": {"level": "error"},
}


def render(subject: Subject) -> bytes:
    """Return the file.

    A finding that is known, or on the base, is a note that is suppressed with the
    reason; GitHub shows the others at their line of the target's source.  A
    regression's finding is left out where one of its kind is at the same line.
    """
    run = {
        "tool": {"driver": {"name": "pyfuzz", "version": __version__, "rules": _rules(subject)}},
        # GitHub keeps the results of different targets apart by this.
        "automationDetails": {"id": f"pyfuzz/{subject.target.name}/"},
        "columnKind": "utf16CodeUnits",
        "results": _results(subject),
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


def _rules(subject: Subject) -> list[dict[str, Any]]:
    rules = [
        {
            "id": kind.value,
            "name": "".join(word.capitalize() for word in kind.value.split("-")),
            "shortDescription": {"text": kind.must},
            "fullDescription": {"text": f"{kind.must}  {kind.means}"},
            "help": {"text": kind.means},
            "defaultConfiguration": {"level": "error"},
        }
        for kind in ORDER
    ]
    return [*rules, _REGRESSION] if subject.regressions else rules


def _results(subject: Subject) -> list[dict[str, Any]]:
    items = list(subject.items)
    there = {_spot(item) for item in items}
    for item in (item for one in subject.regressions for item in one.items):
        if _spot(item) not in there:
            there.add(_spot(item))
            items.append(item)
    results = [_result(subject, item) for item in items]
    return results + [_missing(subject, one) for one in subject.regressions if one.missing]


def _spot(item: Item) -> tuple[object, ...]:
    """Findings of regressions with the same key are one result."""
    where = (item.kind, item.line) if item.line else (_fingerprint(item),)
    return (item.fails, item.function, *where)


def _missing(subject: Subject, one: Replayed) -> dict[str, Any]:
    """Return the result for a file whose expected findings are not there, at their function."""
    text = "; ".join(f"{expected} must be found, is not" for expected in one.missing)
    place = locate(subject.target, one.missing[0].function, 0)
    result = {
        "ruleId": "regression",
        "ruleIndex": len(ORDER),
        "level": "error" if one.fails else "note",
        "message": {"text": f"{one.name}: {text}. See it with: {one.command}"},
        "locations": [{"physicalLocation": _physical(place)}],
        "partialFingerprints": {
            "pyfuzzFinding/v1": hashlib.sha256(f"{one.name}\n{text}".encode()).hexdigest()[:32]
        },
    }
    if not one.fails:
        result["suppressions"] = [{"kind": "external", "justification": str(one.base)}]
    return result


def _result(subject: Subject, item: Item) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": item.kind.value,
        "ruleIndex": item.kind.number,
        "level": "error" if item.fails else "note",
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
    if not item.fails:
        why = item.known if item.known is not None else f"on the base: {item.base}"
        result["suppressions"] = [{"kind": "external", "justification": why}]
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
    location: dict[str, Any] = {"physicalLocation": _physical(place)}
    if item.function:
        location["logicalLocations"] = [{"name": item.function, "kind": "function"}]
    return location


def _physical(place: Location) -> dict[str, Any]:
    absolute = PurePosixPath(place.file).is_absolute()
    artifact = {"uri": f"file://{quote(place.file)}" if absolute else quote(place.file)}
    if not absolute:
        artifact["uriBaseId"] = "%SRCROOT%"
    return {"artifactLocation": artifact, "region": {"startLine": place.line}}


def _fingerprint(item: Item) -> str:
    """A fingerprint that is the same for the same bug, even if the code moves."""
    parts = [item.kind.value, item.function, *shape(item.operations)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
