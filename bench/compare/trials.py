# SPDX-License-Identifier: GPL-2.0-only
"""All trials of a comparison: every mutant, peer and seed, in random order."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.compare import afl, peers
from bench.compare.peers import Peer, Programs
from pyfuzz.mutants import experiment, sources
from pyfuzz.mutants.mutant import Mutant
from pyfuzz.mutants.trial import Trial
from pyfuzz.target.catalogue import Target

STARTS = 5
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One trial, with its mutant and peer; ``start_s`` is its start-up time if reported."""

    target: str
    mutant: str
    peer: str
    trial: Trial
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What to run; ``sample``: the number of mutants for the slow peers, 0 for all."""

    seconds: float
    seeds: tuple[int, ...]
    slow_seeds: tuple[int, ...]
    sample: int
    jobs: int
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Job:
    mutant: str
    peer: Peer
    seed: int


def mutants_of(target: Target, only: tuple[str, ...] = ()) -> list[Mutant]:
    """Return the mutants of a target that are not equivalent to the original code."""
    found = experiment.mutants_of(sources.Source(target), experiment.Options(target, only=only))
    return [mutant for mutant in found if not mutant.equivalent]


def measure(
    target: Target, present: Sequence[Peer], options: Options, progress: Progress
) -> list[Row]:
    """Try every mutant with the fast peers, and a sample of them with the slow ones.

    The sample is random, plus every mutant that pyfuzz missed in any trial: those
    are the ones that a slow peer might find instead.
    """
    mutants = mutants_of(target, options.only)
    fast = [peer for peer in present if not peer.slow]
    slow = [peer for peer in present if peer.slow]
    with tempfile.TemporaryDirectory(prefix="pyfuzz-compare-") as scratch:
        folder = Path(scratch)
        rows = _run_all(target, mutants, fast, options.seeds, options, folder, progress)
        missed = {row.mutant for row in rows if row.peer == "pyfuzz" and row.trial.kind is None}
        chosen = sample([mutant.name for mutant in mutants], missed, options)
        some = [mutant for mutant in mutants if mutant.name in chosen]
        if slow:
            rows += _run_all(target, some, slow, options.slow_seeds, options, folder, progress)
    return rows


def sample(names: list[str], missed: Iterable[str], options: Options) -> set[str]:
    """Return the mutants for the slow peers."""
    if not options.sample or options.sample >= len(names):
        return set(names)
    return {*random.Random(options.seeds[0]).sample(names, options.sample), *missed}


def _run_all(
    target: Target,
    mutants: Sequence[Mutant],
    some: Sequence[Peer],
    seeds: Sequence[int],
    options: Options,
    folder: Path,
    progress: Progress,
) -> list[Row]:
    source = sources.Source(target)
    with _programs(source, mutants, some, folder, options.jobs) as programs:
        jobs = [_Job(f.name, peer, seed) for f in mutants for peer in some for seed in seeds]
        # Other load on the machine must not hit one peer only.
        random.Random(seeds[0]).shuffle(jobs)

        def run(job: _Job) -> Row:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                tried = job.peer.run(programs[job.mutant], Path(own), options.seconds, job.seed)
            one = tried.trial
            seen = one.kind.value if one.kind else one.died or "nothing"
            progress(f"{target.name} {job.mutant}: {job.peer.name} {one.processor_s:.2f} s, {seen}")
            return Row(target.name, job.mutant, job.peer.name, one, tried.start_s)

        with ThreadPoolExecutor(options.jobs) as pool:
            return list(pool.map(run, jobs))


@contextmanager
def _programs(
    source: sources.Source,
    mutants: Sequence[Mutant],
    some: Sequence[Peer],
    folder: Path,
    jobs: int,
) -> Iterator[dict[str, Programs]]:
    """Compile all mutants, and delete what was built afterwards."""
    afl_builder = afl_for(some, folder)

    def build(mutant: Mutant) -> Programs:
        planted = sources.changed(source.target, source.apply(mutant), mutant.name, folder)
        return peers.build(planted, afl_builder)

    with ThreadPoolExecutor(jobs) as pool:
        built = list(pool.map(build, mutants))
    try:
        yield {mutant.name: one for mutant, one in zip(mutants, built, strict=True)}
    finally:
        for one in built:
            one.delete()


def afl_for(some: Sequence[Peer], folder: Path) -> afl.Builder | None:
    """Return the builder for AFL++, if that is one of the peers."""
    return afl.Builder(folder) if any(peer.how == "afl" for peer in some) else None


def start_ups(programs: Programs, present: Sequence[Peer], folder: Path) -> dict[str, float]:
    """Return for each peer the processor seconds until it has executed its first input.

    The shortest of a few times, since other load can only add to it.
    """
    times: dict[str, list[float]] = {peer.name: [] for peer in present}
    for number in range(STARTS):
        for peer in present:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                one = peer.run(programs, Path(own), -1, number + 1).trial
            if not one.died:
                times[peer.name].append(one.processor_s)
    return {name: min(spent, default=0.0) for name, spent in times.items()}
