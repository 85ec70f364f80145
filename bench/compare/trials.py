# SPDX-License-Identifier: GPL-2.0-only
"""All trials of a comparison: every mutant, peer and seed, in random order."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.compare import afl, peers
from bench.compare.peers import Peer, Programs
from pyfuzz.errors import UsageError
from pyfuzz.mutants import experiment, mutant, sources
from pyfuzz.mutants.mutant import Mutant
from pyfuzz.mutants.trial import Trial
from pyfuzz.target import catalogue
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
    """What to run; ``sample``: the number of mutants for the slow peers, 0 for all.

    ``part`` is N and M: every M-th mutant, from the N-th on.
    """

    seconds: float
    seeds: tuple[int, ...]
    slow_seeds: tuple[int, ...]
    sample: int
    jobs: int
    only: tuple[str, ...] = ()
    part: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class _Job:
    mutant: str
    peer: Peer
    seed: int


def subject(name: str) -> Target:
    """Return what ``--target`` names: a target of the catalogue, or the world threads."""
    if name != "threads":
        return catalogue.get(name)
    port = catalogue.get("v6.15", "threads")
    return replace(port, name=name, defines=(*port.defines, "PYFUZZ_THREADS=1"))


# Worlds above and around the lists: real bugs, and mistakes that need a second thread.
_BUGS = {"pages": "reverted", "threads": "threads"}


def mutants_of(target: Target, only: tuple[str, ...] = ()) -> list[Mutant]:
    """Return the mutants of a target that are not equivalent to the original code.

    Errors: UsageError if a name is unknown.
    """
    if target.world in _BUGS:
        found = list(mutant.catalogue(_BUGS[target.world]))
        if unknown := set(only) - {one.name for one in found}:
            raise UsageError(f"there is no '{min(unknown)}' in {_BUGS[target.world]}.toml")
        # Some of the real bugs are in code that only kernels have.
        source = sources.Source(target)
        found = [one for one in found if not only or one.name in only]
        found = [one for one in found if _applies(source, one)]
    else:
        options = experiment.Options(target, only=only)
        found = experiment.mutants_of(sources.Source(target), options)
    return [one for one in found if not one.equivalent]


def _applies(source: sources.Source, one: Mutant) -> bool:
    try:
        source.apply(one)
    except sources.DoesNotApplyError:
        return False
    return True


def measure(
    target: Target, present: Sequence[Peer], options: Options, progress: Progress
) -> list[Row]:
    """Try every mutant with the fast peers, and a sample of them with the slow ones.

    The sample is random, plus every mutant that pyfuzz missed in any trial: those
    are the ones that a slow peer might find instead.
    """
    number, of = options.part
    mutants = mutants_of(target, options.only)[number - 1 :: of]
    fast = [peer for peer in present if not peer.slow]
    slow = [peer for peer in present if peer.slow]
    with tempfile.TemporaryDirectory(prefix="pyfuzz-compare-") as scratch:
        folder = Path(scratch)
        rows = _run_all(target, mutants, fast, options.seeds, options, folder, progress)
        missed = {row.mutant for row in rows if row.peer == "pyfuzz" and row.trial.kind is None}
        chosen = sample([one.name for one in mutants], missed, options)
        some = [one for one in mutants if one.name in chosen]
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

    def build(one: Mutant) -> Programs:
        planted = sources.changed(source.target, source.apply(one), one.name, folder)
        return peers.build(planted, afl_builder)

    with ThreadPoolExecutor(jobs) as pool:
        built = list(pool.map(build, mutants))
    try:
        names = [one.name for one in mutants]
        yield dict(zip(names, built, strict=True))
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
