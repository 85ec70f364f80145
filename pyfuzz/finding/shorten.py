# SPDX-License-Identifier: GPL-2.0-only
"""Minimises the findings of a campaign, one by one, within a time limit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import groupby

from pyfuzz.errors import PyfuzzError
from pyfuzz.finding.finding import Finding
from pyfuzz.finding.minimize import minimize_in
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.input import Input
from pyfuzz.target.catalogue import Target

# Seconds are enough, except on a busy machine.
_LIMIT_S = 60.0
_BUDGET_RUNS = 20_000
_SEQUENCE_S = 20.0


def shorten(findings: list[Finding], target: Target) -> Iterator[tuple[Finding, str]]:
    """Minimise one finding after the other, each in the flavour that shows it.

    Yield each when it is done, or why it was not.
    The text is empty for a finding whose ``operations`` and ``message`` are now
    those of the shortest sequence.  What there is no time for is not yielded.
    The death of a process has no place in the target that would tell it from
    others, so its sequence is left as it is.
    """
    deadline_s = time.monotonic() + _LIMIT_S
    # Grouped by flavour, each with its own child process.
    for flavour, some in groupby(sorted(findings, key=_flavour), _flavour):
        with Runner(target, flavour, _SEQUENCE_S) as runner:
            for finding in some:
                if time.monotonic() > deadline_s:
                    return
                if not finding.function:
                    continue
                try:
                    _shorten_one(runner, finding)
                except PyfuzzError as error:
                    yield finding, str(error)
                else:
                    yield finding, ""


def _flavour(finding: Finding) -> str:
    return finding.flavour


def _shorten_one(runner: Runner, finding: Finding) -> None:
    finding.operations = minimize_in(
        runner,
        finding.operations,
        kind=finding.kind,
        function=finding.function,
        signature=finding.signature,
        budget_runs=_BUDGET_RUNS,
    )
    finding.minimized = True
    for found in runner.run(Input.of(finding.operations)):
        if found.signature == finding.signature:
            finding.symptom = found.symptom
