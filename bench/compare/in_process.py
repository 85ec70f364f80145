# SPDX-License-Identifier: GPL-2.0-only
"""Shared by the peers in Python: the budget of processor time, and the final line.

It imports and does no more before the first input than a campaign's worker
(pyfuzz/campaign/worker.py), so that a trial's start-up is that of a worker.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bench.compare.line import line, start_line
from pyfuzz.module.shared import Shared

if TYPE_CHECKING:
    from pyfuzz.module.results import RawFinding


class Watch:
    """The budget and the known findings of a trial; ends the process."""

    def __init__(self, module: Path, shared: Path, budget_s: float, known: str) -> None:
        """``known`` comes from trial.known_lines(); ``shared`` is the region's file."""
        self._path = shared
        self._module = module
        self._began_ns = 0
        self._budget_s = budget_s
        # As csrc/mutants/driver.c reads them; the package's own class takes longer to import.
        self._known = [entry.split("\t") for entry in known.splitlines()]

    @cached_property
    def shared(self) -> Shared:
        """The region, to be read or counted in; reading its layout takes longer than a start."""
        return Shared(self._path)

    def begin(self) -> None:
        """Note, before an input is run, that the start-up is over."""
        self._began_ns = self._began_ns or time.process_time_ns()

    def look(self, findings: Iterable[RawFinding]) -> None:
        """End the process if one of these is not known."""
        for finding in findings:
            if not self._is_known(finding):
                self.end((finding.kind.number, finding.function, finding.message))

    def _is_known(self, finding: RawFinding) -> bool:
        return any(
            int(number) == finding.kind.number
            and fnmatchcase(finding.function, function)
            and fnmatchcase(finding.message, message)
            for number, function, message in self._known
        )

    def spent(self) -> None:
        """End the process if its budget is used up."""
        if time.process_time() > self._budget_s:
            self.end(())

    def end(self, found: tuple[object, ...]) -> NoReturn:
        """Print the line and exit, bypassing the engine's own end."""
        spent_ns = time.process_time_ns()
        counts = self.shared.counts()
        both = (counts.executions, counts.steps)
        print(start_line(self._began_ns))
        print(line(self._reached(), both, spent_ns, found), flush=True)
        os._exit(0)

    def _reached(self) -> bool:
        try:
            flag = ctypes.c_uint.in_dll(ctypes.CDLL(str(self._module)), "pyfuzz_mutant_reached")
        except ValueError:
            return False  # the target without a mutant
        return flag.value == 1
