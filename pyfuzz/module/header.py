# SPDX-License-Identifier: GPL-2.0-only
"""The C interfaces, above all harness/pyfuzz.h, as cffi reads them."""

from __future__ import annotations

import re
from functools import cache

from pyfuzz import paths

_NUMBER = re.compile(r"^#define\s+\w+\s+\d+\b")


@cache
def declarations(header: str = "harness/pyfuzz.h") -> str:
    """Return a header of csrc without what only the C preprocessor understands.

    The rule (stated in the header as well): of the lines that start with '#'
    only ``#define NAME NUMBER`` means anything to cffi.
    """
    text = (paths.csrc() / header).read_text()
    kept = [line for line in text.splitlines() if not line.startswith("#") or _NUMBER.match(line)]
    return "\n".join(kept)
