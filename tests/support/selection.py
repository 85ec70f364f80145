# SPDX-License-Identifier: GPL-2.0-only
"""Which of a test's parameters `make test` tries; `make test-slow` tries the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def mostly_slow(values: Iterable[Any], *fast: Any) -> list[Any]:
    """Mark all values as slow except for ``fast``, which must be among them.

    A tuple is a value for each of several names.
    """
    values = list(values)
    missing = [value for value in fast if value not in values]
    assert not missing, f"not a parameter of this test: {missing}"
    each = ((value, value if isinstance(value, tuple) else (value,)) for value in values)
    return [v if v in fast else pytest.param(*all_, marks=pytest.mark.slow) for v, all_ in each]
