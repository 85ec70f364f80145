# SPDX-License-Identifier: GPL-2.0-only
"""Mutants that need a second thread: each is fuzzed in the world ``threads``, as a campaign does.

Each trial is a confined process of its own, so that the death of one does not affect
others, and none profits from what another has learned about pairs of places.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyfuzz import processes
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.mutants.experiment import (
    Elsewhere,
    Measured,
    Options,
    Outcome,
    Piece,
    Result,
    outcomes_of,
    piece_of,
)
from pyfuzz.mutants.mutant import Mutant, catalogue
from pyfuzz.mutants.sources import Source, plant
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


def run(
    options: Options, progress: Callable[[Outcome, int], None], elsewhere: Elsewhere | None = None
) -> Result:
    """Measure every mutant, until Ctrl-C.

    ``progress`` is called with each outcome and their total number; ``elsewhere`` has the
    trials run, in place of this machine.

    Errors: UsageError if the options fit no mutant.
    """
    mutants = mutants_of(options)
    target = replace(options.target, defines=(*options.target.defines, _DEFINE))
    Source(target)  # one that cannot be read fails here, once
    with tempfile.TemporaryDirectory(prefix="pyfuzz-mutants-") as folder:

        def planted(mutant: Mutant) -> Piece:
            return piece_of(options, mutant, plant(target, mutant, Path(folder)))

        outcomes = outcomes_of(mutants, planted, elsewhere or _here, progress)
    return Result(options, (), outcomes, len(mutants) - len(outcomes))


def _here(pieces: Iterable[tuple[str, Piece]], done: Callable[[str, Measured], None]) -> None:
    """Measure one mutant after the other on this machine."""
    for name, piece in pieces:
        done(name, measure(piece, processes.cores()))


def measure(piece: Piece, workers: int = 1) -> Measured:
    """Run the trials of one mutant, so many at a time."""
    trials: list[Trial] = []
    trouble = ""
    seeds = [piece.seed + number for number in range(piece.trials)]
    with ThreadPoolExecutor(min(workers, len(seeds))) as pool:
        for done in as_completed(
            pool.submit(trial, piece.planted, seed, piece.budget_s) for seed in seeds
        ):
            try:
                trials.append(done.result())
            except (UsageError, HarnessError) as error:
                trouble = f"{piece.name} does not run here: {error}"
    trials.sort(key=lambda trial: trial.seed)
    return Measured(tuple(trials), any(one.kind is not None for one in trials), trouble)


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
