# SPDX-License-Identifier: GPL-2.0-only
"""The JSON Schema of ``pyfuzz compare --json``, made of the records in ``result``.

After a change there, write it anew:
``python -c 'from pyfuzz.compare import schema; print(schema.text())'``.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from pyfuzz.compare.result import Comparison

TITLE = "pyfuzz-compare, version 1"


def schema() -> dict[str, Any]:
    """Return the schema; keys are added, never renamed, so others are allowed."""
    (whole, *_), parts = msgspec.json.schema_components([Comparison], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "SPDX-License-Identifier: GPL-2.0-only",
        "title": TITLE,
        "description": "What `pyfuzz compare --json` prints; docs/compare-kernels.md explains it.",
        **whole,
        "$defs": {
            name: {key: value for key, value in part.items() if key not in ("title", "description")}
            for name, part in parts.items()
        },
    }


def text() -> str:
    """Return the schema as ``schema.json`` has it."""
    return json.dumps(schema(), indent=1)
