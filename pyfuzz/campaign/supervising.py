# SPDX-License-Identifier: GPL-2.0-only
"""What a campaign needs of its workers, wherever they run.

Those of this machine are in supervisor.py and worker_process.py, those of a
cluster in pyfuzz/cluster/supervisor.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pyfuzz.campaign.engine_log import Greeting
from pyfuzz.finding.table import FindingTable
from pyfuzz.module.shared import Counts


class Worker(Protocol):
    """A worker as the campaign sees it (pyfuzz/campaign/worker_process.py)."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def started(self) -> int:
        """How many processes it has had."""

    @property
    def checks(self) -> bool:
        """Whether it is the sanitizer worker."""

    def counts(self) -> Counts:
        """Return what it has done."""

    def inputs(self) -> int:
        """Return how many inputs it keeps."""


class Supervising(Protocol):
    """Who starts and watches the workers (pyfuzz/campaign/supervisor.py)."""

    @property
    def all(self) -> Sequence[Worker]:
        """The workers."""

    @property
    def stopped(self) -> bool:
        """Whether the workers that fuzz were ended."""

    @property
    def folders(self) -> list[Path]:
        """The workers' folders, which inputs come from and go to."""

    @property
    def greeting(self) -> Greeting | None:
        """What the workers said of the target when they began."""

    def start(self) -> None:
        """Start the workers."""

    def look_after(self, table: FindingTable) -> bool:
        """Take a look at each; return whether any is still fuzzing."""

    def take_findings(self, table: FindingTable) -> None:
        """Add what they have found to the table."""

    def counts(self) -> Counts:
        """Return what they have done."""

    def check_pending(self) -> tuple[int, bool]:
        """Return how many inputs are unchecked, and whether the sanitizer worker is there."""

    def pause(self) -> None:
        """Have nobody use the processors until resume()."""

    def resume(self) -> None:
        """Go on."""

    def stop_fuzzing(self) -> None:
        """End those that fuzz."""

    def stop(self) -> None:
        """End all, at once."""

    def close(self) -> None:
        """Forget them; their counts are kept."""
