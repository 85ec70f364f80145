# SPDX-License-Identifier: GPL-2.0-only
"""Small campaigns for tests, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyfuzz.campaign.campaign import Progress
from pyfuzz.kinds import Kind
from pyfuzz.run.options import Options
from pyfuzz.target import catalogue


def options(out: Path, target: str = "rfc-v4", **changes: Any) -> Options:
    """Return the options of a short campaign, without the sanitizer worker, which takes seconds."""
    return Options(
        target=catalogue.get(target),
        out=out,
        **{"seed": 1, "seconds": None, "runs": 4000, "check": False, **changes},
    )


def quiet(progress: Progress, phase: str) -> None:
    """A silent watcher."""


def places(progress: Progress) -> set[tuple[Kind, str, int]]:
    """Return the kinds found, with their places."""
    return {(finding.kind, finding.function, finding.line) for finding in progress.findings}


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true; fail after minutes: the machine may be busy."""
    deadline_s = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come true within five minutes"
        time.sleep(0.005)
