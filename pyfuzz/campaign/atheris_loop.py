# SPDX-License-Identifier: GPL-2.0-only
"""The only importer of atheris: the engine behind a single function."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn


def fuzz(run: Callable[[bytes], object], arguments: list[str]) -> NoReturn:
    """Call ``run`` with one input after another, as libFuzzer's arguments say; never return.

    The process ends with libFuzzer's exit code.  No Python code is
    instrumented: the engine sees only the target's counters.
    """
    import atheris  # noqa: PLC0415 (it looks for the engine when it is imported)

    atheris.Setup(["pyfuzz", *arguments], run)
    atheris.Fuzz()
    raise SystemExit(0)
