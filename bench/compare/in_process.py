# SPDX-License-Identifier: GPL-2.0-only
"""Shared by the peers in Python: the budget of processor time, and the final line."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from bench.compare import trial
from pyfuzz.kinds import ORDER
from pyfuzz.module.results import RawFinding
from pyfuzz.module.shared import Shared
from pyfuzz.target.known_findings import Known


class Watch:
    """The budget and the known findings of a trial; ends the process."""

    def __init__(self, module: Path, shared: Path, budget_s: float, known: str) -> None:
        """``known`` comes from trial.known_lines(); ``shared`` is created if it does not exist."""
        # An existing one is already being read.
        self.shared = Shared(shared, create=not shared.exists())
        self._module = module
        self._began_ns = 0
        self._budget_s = budget_s
        self._known = [_known(entry) for entry in known.splitlines()]

    def begin(self) -> None:
        """Note, before an input is run, that the start-up is over."""
        self._began_ns = self._began_ns or time.process_time_ns()

    def look(self, findings: Iterable[RawFinding]) -> None:
        """End the process if one of these is not known."""
        for finding in findings:
            if not any(entry.fits(finding.symptom) for entry in self._known):
                self.end((finding.kind.number, finding.function, finding.message))

    def spent(self) -> None:
        """End the process if its budget is used up."""
        if time.process_time() > self._budget_s:
            self.end(())

    def end(self, found: tuple[object, ...]) -> NoReturn:
        """Print the line and exit, bypassing the engine's own end."""
        counts = self.shared.counts()
        spent_ns = time.process_time_ns()
        both = (counts.executions, counts.steps)
        print(trial.start_line(self._began_ns))
        print(trial.line(self._reached(), both, spent_ns, found), flush=True)
        os._exit(0)

    def _reached(self) -> bool:
        try:
            flag = ctypes.c_uint.in_dll(ctypes.CDLL(str(self._module)), "pyfuzz_mutant_reached")
        except ValueError:
            return False  # the target without a mutant
        return flag.value == 1


def _known(entry: str) -> Known:
    number, function, message = entry.split("\t")
    return Known(ORDER[int(number)], function, "", message)
