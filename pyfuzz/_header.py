# SPDX-License-Identifier: GPL-2.0-only
"""The C interface, harness/pyfuzz.h, as cffi reads it."""

from __future__ import annotations

import re
from functools import cache

from pyfuzz import _paths

_NUMBER = re.compile(r"^#define\s+\w+\s+\d+\b")


@cache
def declarations() -> str:
    """Return harness/pyfuzz.h without what only the C preprocessor understands.

    Its rule (stated in the header as well): of the lines that start with '#'
    only ``#define NAME NUMBER`` means anything to cffi.
    """
    text = (_paths.csrc() / "harness" / "pyfuzz.h").read_text()
    kept = [line for line in text.splitlines() if not line.startswith("#") or _NUMBER.match(line)]
    return "\n".join(kept)
