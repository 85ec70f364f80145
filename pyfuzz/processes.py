# SPDX-License-Identifier: GPL-2.0-only
"""What a process uses, as Linux tells it in /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds so far, memory in MiB, and whether it waits or is stopped."""

    cpu_s: float = 0.0
    resident_mb: float = 0.0
    waiting: bool = False


def usage(pid: int) -> Usage:
    """Return what a process uses now; nothing if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return Usage()
    return Usage(
        cpu_s=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        resident_mb=int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / _MIB,
        waiting=fields[0] in "SDTt",
    )


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))
