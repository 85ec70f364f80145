# SPDX-License-Identifier: GPL-2.0-only
"""What a campaign is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pyfuzz.sequence.input import Encoding
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

MEMORY_MB = 2048


@dataclass(frozen=True, slots=True)
class Options:
    """What a campaign is to do; with ``faults``, sequences plant them.

    ``kernel`` is what the user named, None for a port; ``kernel_notes`` say what of
    it is not fuzzed or was made up; ``kernel_facts`` say what
    was found there (see pyfuzz/run/provenance.py).  A worker's process may use
    ``memory_mb`` MiB.  ``check``: a sanitizer worker runs beside those that fuzz
    without one.  ``shared``: inputs of other campaigns arrive while it runs.
    ``part``: it is a slice of a larger campaign, which minimises and distils; its
    workers are numbered from ``first_worker`` there.  ``not_run`` are the worlds that
    are not fuzzed though all were asked for, each with the reason.
    """

    target: Target
    out: Path
    seed: int
    flavour: str = "fuzz"
    workers: int = 1
    seconds: float | None = 60.0
    runs: int | None = None
    kernel: Kernel | None = None
    kernel_facts: dict[str, str | None] | None = None
    known_files: tuple[str, ...] = ()
    kernel_notes: tuple[str, ...] = ()
    memory_mb: int = MEMORY_MB
    stop_on_finding: bool = False
    check: bool = True
    faults: bool = False
    shared: bool = False
    part: bool = False
    first_worker: int = 0
    not_run: dict[str, str] = field(default_factory=dict)

    @property
    def encoding(self) -> Encoding:
        """How the campaign's inputs are read."""
        return Encoding(self.target.world, self.faults)
