# SPDX-License-Identifier: GPL-2.0-only
"""Replays what the share says was found: it counts only if it shows here."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pyfuzz.campaign.engine_log import Greeting, greeting_of
from pyfuzz.errors import PyfuzzError
from pyfuzz.finding.table import death
from pyfuzz.module.shared import Slot
from pyfuzz.replay.runner import Runner
from pyfuzz.run.options import Options
from pyfuzz.share.objects import SharedFinding

if TYPE_CHECKING:
    pass

_LIMIT_S = 10.0


class Replays:
    """The campaign's target in child processes of this machine, one for each flavour."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._runners: dict[str, Runner] = {}
        self.greeting: Greeting | None = None

    def start(self) -> None:
        """Load the target.  Errors: PyfuzzError if it cannot be."""
        found: Greeting = self._runner(self._options.flavour).call(greeting_of)
        self.greeting = found

    def slot(self, found: SharedFinding) -> Slot | None:
        """Return a finding as seen here, None if its sequence does not show it here."""
        try:
            one = found.input(self._options.encoding)
            seen = self._runner(self.flavour(found)).run(one)
        except PyfuzzError:
            return None
        now_ns = time.monotonic_ns()
        for raw in seen:
            if (raw.kind, raw.function) == (found.kind, found.function):
                if not raw.function:  # the process died; the harness reported nothing
                    return death(raw.kind, raw.message, one.payload, 0, now_ns)
                return Slot(raw.symptom, raw.signature, 1, 0, now_ns, one.payload)
        return None

    def flavour(self, found: SharedFinding) -> str:
        """Return the flavour that a finding shows in."""
        return "sanitize" if found.flavour == "sanitize" else self._options.flavour

    def close(self) -> None:
        """End the child processes."""
        for runner in self._runners.values():
            runner.close()
        self._runners.clear()

    def _runner(self, flavour: str) -> Runner:
        if flavour not in self._runners:
            bare = replace(self._options.target, known=())
            self._runners[flavour] = Runner(bare, flavour, _LIMIT_S, self._options.memory_mb)
        return self._runners[flavour]
