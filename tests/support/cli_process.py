# SPDX-License-Identifier: GPL-2.0-only
"""Run the command line as a user does: a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-P", "-m", "pyfuzz"]
_PACKAGE = str(Path(__file__).resolve().parents[2])


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": _PACKAGE, **variables}


def pyfuzz(
    *arguments: str, folder: Path, timeout_s: float = 600, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run one command until it ends; the limit is for one that hangs, on a busy machine too."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def start(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """Start a command that a test will interrupt."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
