# SPDX-License-Identifier: GPL-2.0-only
"""Mutants that need a second thread: each is fuzzed in the world ``threads``, as a campaign does.

Each trial is a confined process of its own, so that the death of one does not affect
others, and none profits from what another has learned about pairs of places.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyfuzz import processes
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.mutants.experiment import EQUIVALENT_S, Options, Outcome, Result
from pyfuzz.mutants.mutant import Mutant, catalogue
from pyfuzz.mutants.sources import DoesNotApplyError, Source, plant
from pyfuzz.mutants.trial import Trial
from pyfuzz.replay.runner import ChildDiedError, Runner
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads import chance

if TYPE_CHECKING:
    from pyfuzz.worlds.threads.module import ThreadsModule

_GROUP = "threads"
_DEFINE = "PYFUZZ_THREADS=1"


def mutants_of(options: Options) -> list[Mutant]:
    """Return the mutants that are asked for.

    Errors: UsageError if a name is unknown, or if the options ask for what this world lacks.
    """
    if options.mechanical or options.sample:
        left = "--mechanical" if options.mechanical else "--sample"
        raise UsageError(f"the world {_GROUP} has no mechanical mutants: leave out {left}")
    every = {mutant.name: mutant for mutant in catalogue(_GROUP)}
    for name in options.only:
        if name not in every:
            raise UsageError(
                f"there is no mutant '{name}' in the world {_GROUP}: "
                f"pyfuzz mutants --world {_GROUP} --list has their names"
            )
    return [every[name] for name in options.only or every]


def run(options: Options, progress: Callable[[Outcome, int], None]) -> Result:
    """Measure every mutant; ``progress`` is called with each outcome and their total number.

    Errors: UsageError if the options fit no mutant.
    """
    mutants = mutants_of(options)
    target = replace(options.target, defines=(*options.target.defines, _DEFINE))
    Source(target)  # one that cannot be read fails here, once
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="pyfuzz-mutants-") as folder:
        for mutant in mutants:
            outcomes[mutant.name] = outcome = Outcome(mutant)
            try:
                planted = plant(target, mutant, Path(folder))
            except DoesNotApplyError as error:
                outcome.trouble = str(error)
                progress(outcome, len(mutants))
                continue
            _measure(options, outcome, planted)
            progress(outcome, len(mutants))
    return Result(options, (), list(outcomes.values()))


def _measure(options: Options, outcome: Outcome, planted: Target) -> None:
    """Run the trials of one mutant, on all cores."""
    equivalent = bool(outcome.mutant.equivalent)
    budget_s = options.time_per_mutant_s
    if equivalent:
        budget_s = min(budget_s, EQUIVALENT_S)
    seeds = [options.seed + number for number in range(1 if equivalent else options.trials)]
    with ThreadPoolExecutor(min(processes.cores(), len(seeds))) as pool:
        for done in as_completed(pool.submit(trial, planted, seed, budget_s) for seed in seeds):
            try:
                outcome.trials.append(done.result())
            except (UsageError, HarnessError) as error:
                outcome.trouble = f"{outcome.mutant.name} does not run here: {error}"
    outcome.trials.sort(key=lambda trial: trial.seed)
    outcome.triggered = bool(outcome.found)


def trial(planted: Target, seed: int, budget_s: float) -> Trial:
    """Fuzz one mutant in a process of its own, which may write nothing."""
    # The budget is processor time; the limit is for a process that waits forever.
    with Runner(replace(planted, world=_GROUP), limit_s=60 + 20 * budget_s) as runner:
        try:
            fuzzed: Trial = runner.call(_fuzz, seed, budget_s)
        except ChildDiedError as died:
            how = died.finding.message
            return Trial(seed, reached=False, executions=0, steps=0, processor_s=budget_s, died=how)
    return fuzzed


def _fuzz(module: ThreadsModule, seed: int, budget_s: float) -> Trial:
    """Fuzz a module until something is found; this runs in the child process."""
    begin_s = time.process_time()
    result = chance.fuzz(
        module, seed, seconds=budget_s, stop_on_finding=True, clock=time.process_time
    )
    first = next(iter(result.findings.values()), None)
    return Trial(
        seed=seed,
        reached=module.reached,
        executions=result.schedules,
        steps=result.accesses,
        processor_s=time.process_time() - begin_s,
        kind=None if first is None else first.kind,
        function="" if first is None else first.function,
        message="" if first is None else first.message,
    )
