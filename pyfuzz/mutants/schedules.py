# SPDX-License-Identifier: GPL-2.0-only
"""Mutants that need a second thread: each is fuzzed in the world ``threads``, as a campaign does.

Each trial is a process of its own, so that the death of one does not affect others,
and none profits from what another has learned about pairs of places.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from pyfuzz import processes
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.mutants.experiment import EQUIVALENT_S, Options, Outcome, Result
from pyfuzz.mutants.mutant import Mutant, catalogue
from pyfuzz.mutants.sources import DoesNotApplyError, Source, plant
from pyfuzz.mutants.trial import Trial
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads import chance
from pyfuzz.worlds.threads.module import load

_GROUP = "threads"
_DEFINE = "PYFUZZ_THREADS=1"


def mutants_of(options: Options) -> list[Mutant]:
    """Return the mutants that are asked for.

    Errors: UsageError if a name is unknown, or if the options ask for what this world lacks.
    """
    if options.mechanical:
        raise UsageError(f"the world {_GROUP} has no mechanical mutants: leave out --mechanical")
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
    workers = min(processes.cores(), len(seeds))
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        started = {pool.submit(_trial, planted, seed, budget_s): seed for seed in seeds}
        for done in as_completed(started):
            seed = started[done]
            try:
                outcome.trials.append(done.result())
            except BrokenProcessPool:
                died = Trial(seed, reached=False, executions=0, steps=0, processor_s=budget_s)
                outcome.trials.append(replace(died, died="died"))
            except (UsageError, HarnessError) as error:
                outcome.trouble = f"{outcome.mutant.name} does not run here: {error}"
    outcome.trials.sort(key=lambda trial: trial.seed)
    outcome.triggered = bool(outcome.found)


def _trial(planted: Target, seed: int, budget_s: float) -> Trial:
    """Fuzz one mutant until something is found; this runs in a process of its own."""
    module = load(planted)
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
