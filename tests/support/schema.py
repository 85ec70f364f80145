# SPDX-License-Identifier: GPL-2.0-only
"""Whether an object that ``--json`` printed is what its record says, with no key beside."""

from __future__ import annotations

from typing import Any

import jsonschema
import msgspec


def check(values: Any, record: type) -> None:
    """Hold values against the JSON Schema of a record; every key that it has must be there."""
    jsonschema.validate(values, _strict(msgspec.json.schema(record)))


def _strict(part: Any) -> Any:
    if isinstance(part, list):
        return [_strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    strict = {key: _strict(value) for key, value in part.items()}
    names = strict.get("properties")
    # "properties" may be a key of ours, too: only a schema's own has a type beside it.
    if isinstance(names, dict) and strict.get("type") == "object":
        strict |= {"required": list(names), "additionalProperties": False}
    return strict
