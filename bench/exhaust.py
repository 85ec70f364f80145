# SPDX-License-Identifier: GPL-2.0-only
"""The tables of docs/exhaust.md: verdicts on targets and kernels, and which mutants are found.

python -m bench.exhaust verdicts [TARGET | KERNEL ...]
python -m bench.exhaust mutants [--from N] [--time SECONDS] [TARGET ...]
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pyfuzz.errors import PyfuzzError
from pyfuzz.exhaust.search import Search, Searcher
from pyfuzz.extract import extract
from pyfuzz.finding.finding import Finding
from pyfuzz.module.states import Scope
from pyfuzz.mutants.experiment import Options, mutants_of
from pyfuzz.mutants.mutant import Mutant
from pyfuzz.mutants.sources import Source, plant
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

LIMIT_S = 900.0


def target_of(name: str) -> Target:
    """Return the target of a name, or of a kernel's path."""
    return extract(Kernel(Path(name), False)).target if "/" in name else catalogue.get(name)


def verdicts(names: list[str]) -> None:
    """Print a row for each target and scope."""
    print("| target | scope | states | transitions | depth | audited | processor s | verdict |")
    print("|---|---|--:|--:|--:|--:|--:|---|")
    for name in names:
        target = target_of(name)
        searcher = Searcher(target)
        for scope in searcher.scopes((), {}):
            search = searcher.search(scope, time.monotonic() + LIMIT_S, lambda _: None)
            print(_row(target, search), flush=True)
        searcher.close()


def _row(target: Target, search: Search) -> str:
    progress = search.progress
    assert progress is not None
    kinds = sorted(
        {f"{f.kind.value}{'' if f.known is None else ' (known)'}" for f in search.findings}
    )
    verdict = "complete" if search.complete else f"cut at {progress.depth:,}"
    verdict += f"; {', '.join(kinds)}" if kinds else "; clean"
    cells = [target.name, search.scope.name, f"{progress.states:,}", f"{progress.transitions:,}"]
    cells += [f"{progress.depth:,}", f"{progress.audited:,}", f"{search.processor_s:.1f}", verdict]
    return f"| {' | '.join(cells)} |"


def _stages(searcher: Searcher) -> list[Scope]:
    """Small scopes first: most mutants fall at once."""
    *others, long = searcher.scopes((), {"audit_every": 0})
    capacity = searcher.traits.capacity
    small = replace(long, entries=3 * capacity, descriptors=3)
    return [small, *others, replace(small, name="long with caches", caches=True)]


def mutants(names: list[str], first: int = 0, seconds: float | None = None) -> None:
    """Print a row for each mutant, from the first on, and how many fall.

    When the seconds are over, it says where to go on.
    """
    until_s = math.inf if seconds is None else time.monotonic() + seconds
    for name in names:
        target = catalogue.get(name)
        source = Source(target)
        clean = {finding.signature for _, finding in _findings(target)}
        fallen = 0
        planted = mutants_of(source, Options(target))
        for number, mutant in enumerate(planted[first:], first):
            if time.monotonic() > until_s:
                print(f"{name}: go on with --from {number}", flush=True)
                return
            fallen += _mutant(target, mutant, clean)
        print(f"{name}: {fallen} of {len(planted) - first} fall", flush=True)
        first = 0


def _mutant(target: Target, mutant: Mutant, clean: set[int]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            planted = plant(target, mutant, Path(folder))
            for scope, finding in _findings(planted):
                if finding.signature not in clean:
                    print(
                        f"  {mutant.name}: {finding.title}, {len(finding.operations)} operations,"
                        f" scope {scope.name}",
                        flush=True,
                    )
                    return True
        except PyfuzzError as error:
            print(f"  {mutant.name}: {error}"[:160], flush=True)
            return False
    print(
        f"  {mutant.name}: survives{' (declared equivalent)' if mutant.equivalent else ''}",
        flush=True,
    )
    return False


def _findings(target: Target) -> Iterator[tuple[Scope, Finding]]:
    searcher = Searcher(target)
    try:
        for scope in _stages(searcher):
            search = searcher.search(scope, time.monotonic() + 120, lambda _: None)
            for finding in search.findings:
                yield scope, finding
    finally:
        searcher.close()


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=("verdicts", "mutants"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--time", dest="seconds", type=float)
    options = parser.parse_intermixed_args()
    if options.table == "verdicts":
        verdicts(options.names or [t.name for t in catalogue.TARGETS.values() if t.builds])
    else:
        names = options.names or ["rfc-v4", "v6.6", "v6.15"]
        mutants(names, options.first, options.seconds)


if __name__ == "__main__":
    main()
