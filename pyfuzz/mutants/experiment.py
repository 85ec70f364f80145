# SPDX-License-Identifier: GPL-2.0-only
"""Runs all mutants of a target, each in its own processes, on all cores."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.mutants import mechanical, trial
from pyfuzz.mutants.mutant import Mutant, catalogue
from pyfuzz.mutants.sources import DoesNotApplyError, Source, changed
from pyfuzz.mutants.trial import Trial
from pyfuzz.target.catalogue import Target
from pyfuzz.target.known_findings import Known

BASELINE_S = 3.0
EQUIVALENT_S = 2.0
_DIGESTED = 100


@dataclass(slots=True)
class Outcome:
    """The outcome of one mutant.

    ``trials`` is empty if ``trouble`` says why the mutant could not be run.
    ``triggered``: some state differed from that of the unchanged code.  That is
    implied by a finding, and checked afterwards where there was none.
    """

    mutant: Mutant
    trials: list[Trial] = field(default_factory=list)
    triggered: bool = False
    trouble: str = ""

    @property
    def reached(self) -> bool:
        """Whether the mutant's place was executed in any trial."""
        return any(trial.reached for trial in self.trials)

    @property
    def found(self) -> list[Trial]:
        """The trials that found something."""
        return [trial for trial in self.trials if trial.kind is not None]

    @property
    def detected(self) -> bool:
        """Whether every trial found something."""
        return bool(self.trials) and len(self.found) == len(self.trials)

    @property
    def wrong_kind(self) -> bool:
        """Whether some trial found a kind that was not expected of this mutant."""
        kinds = self.mutant.kinds
        return bool(kinds) and any(trial.kind not in kinds for trial in self.found)


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure; ``only`` names the mutants, all if empty."""

    target: Target
    time_per_mutant_s: float = 20.0
    trials: int = 1
    seed: int = 1
    only: tuple[str, ...] = ()
    mechanical: bool = False
    ways: trial.Ways = trial.AS_A_CAMPAIGN


@dataclass(slots=True)
class Result:
    """The outcomes in catalogue order, and what the unchanged target shows."""

    options: Options
    baseline: tuple[Known, ...]
    outcomes: list[Outcome]


def mutants_of(source: Source, options: Options) -> list[Mutant]:
    """Return the mutants that fit a target's source.

    Errors: UsageError if a name is unknown, or if no mutant fits.
    """
    chosen = [mutant for group in groups_of(source) for mutant in catalogue(group)]
    if options.mechanical:
        chosen += mechanical.mutants(source)
    if not options.only:
        return chosen
    names = {mutant.name for mutant in chosen}
    unknown = [name for name in options.only if name not in names]
    if unknown:
        raise UsageError(
            f"there is no mutant '{unknown[0]}' for {options.target.name}: "
            f"pyfuzz mutants {options.target.name} --list has their names"
        )
    return [mutant for mutant in chosen if mutant.name in options.only]


# Worlds whose code is of one generation.
_GROUPS = {"pages": ("pages",)}


def groups_of(source: Source) -> tuple[str, ...]:
    """Return the catalogues for a target, read off its source.

    Errors: UsageError if there is none.
    """
    if source.target.world in _GROUPS:
        return _GROUPS[source.target.world]
    presence = ("presence",) if b"is_shadow_present_pte" in source.text else ()
    if b"tail_count" in source.text:
        locked = ("locked",) if "rmap_lock" in source.functions else ()
        return ("shared", *presence, "headdesc", *locked)
    if b"spte_count" in source.text:
        return ("shared", *presence, "append")
    # Up to 5.14: only mechanical mutants of the list primitives.
    if b"pte_list_desc" in source.text:
        return ("shared", *presence)
    raise UsageError(
        f"no mutant fits {source.target.name}: it has no pte_list_desc; "
        "pyfuzz extract shows what was taken from a kernel"
    )


def run(options: Options, progress: Callable[[Outcome, int], None]) -> Result:
    """Measure every mutant; ``progress`` is called with each outcome and their total number.

    Errors: UsageError if the options fit no mutant, HarnessError if the clean
    target does not run.
    """
    source = Source(options.target)
    mutants = mutants_of(source, options)
    with tempfile.TemporaryDirectory(prefix="pyfuzz-mutants-") as scratch:
        folder = Path(scratch)
        clean = trial.build(changed(options.target, source.replaced([]), "clean", folder))
        (folder / "baseline").mkdir()
        known = trial.baseline(clean, folder / "baseline", options.target, BASELINE_S)
        outcomes: dict[str, Outcome] = {}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            measures = [
                pool.submit(_measure, options, source, mutant, known, clean, folder)
                for mutant in mutants
            ]
            try:
                for measure in as_completed(measures):
                    outcome = measure.result()
                    outcomes[outcome.mutant.name] = outcome
                    progress(outcome, len(mutants))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        clean.unlink(missing_ok=True)
    return Result(options, known, [outcomes[mutant.name] for mutant in mutants])


def _measure(
    options: Options,
    source: Source,
    mutant: Mutant,
    known: Sequence[Known],
    clean: Path,
    folder: Path,
) -> Outcome:
    outcome = Outcome(mutant)
    if options.target.policy.startswith("BUG()") and _wants_bugged(mutant):
        outcome.trouble = f"{mutant.name} does not apply: an error bugs no VM here"
        return outcome
    try:
        planted = changed(options.target, source.apply(mutant), mutant.name, folder)
        program = trial.build(planted)
    except DoesNotApplyError as error:
        outcome.trouble = str(error)
        return outcome
    except (UsageError, HarnessError) as error:
        outcome.trouble = f"{mutant.name} does not compile here: {error}"
        return outcome
    budget_s = options.time_per_mutant_s
    ways = replace(options.ways, world=options.target.world)
    if mutant.equivalent:
        budget_s = min(budget_s, EQUIVALENT_S)
    try:
        for number in range(1 if mutant.equivalent else options.trials):
            with tempfile.TemporaryDirectory(dir=folder) as corpus:
                seed = options.seed + number
                one = trial.run(program, Path(corpus), known, budget_s, seed, ways)
                outcome.trials.append(one)
                if not outcome.triggered:
                    outcome.triggered = one.kind is not None or _differs(
                        program, clean, Path(corpus), options.target.world
                    )
    finally:
        program.unlink(missing_ok=True)
    return outcome


def _wants_bugged(mutant: Mutant) -> bool:
    return any("vm_bugged" in edit.new for edits in mutant.choices for edit in edits)


def _differs(program: Path, clean: Path, corpus: Path, world: str) -> bool:
    """Whether the trial's inputs behave differently on the unchanged code."""
    inputs = [*sorted(corpus.iterdir()), *sorted(trial.seeds(world).iterdir())][:_DIGESTED]
    return trial.digests(program, inputs) != trial.digests(clean, inputs)


def times_s(outcomes: Sequence[Outcome]) -> Iterator[float]:
    """Yield the processor seconds of every trial that found something."""
    for outcome in outcomes:
        yield from (one.processor_s for one in outcome.found)
