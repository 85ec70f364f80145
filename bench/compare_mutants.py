# SPDX-License-Identifier: GPL-2.0-only
"""``python -m bench.compare_mutants [TARGET ...]``: the oracle against comparing, mutant by mutant.

Each mutant is searched twice in the same scopes: alone, under the oracle, for a finding that
its original does not have; and in lock step with the original, for a difference, in which
the oracle has no say.  Both
searches are exhaustive, so a no is a no within the scope, unless it says that it was cut.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from pyfuzz.compare.pair import Level, pair_of
from pyfuzz.compare.product import scopes_of
from pyfuzz.compare.result import parts
from pyfuzz.errors import PyfuzzError
from pyfuzz.exhaust.search import Searcher
from pyfuzz.finding.finding import Finding
from pyfuzz.module.states import Scope
from pyfuzz.mutants.experiment import Options, mutants_of
from pyfuzz.mutants.mutant import Mutant
from pyfuzz.mutants.sources import Source, plant
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target

LIMIT_S = 20.0  # of processor time, for one scope


def stages(target: Target) -> list[Scope]:
    """Return the scopes, small ones first; all are without audits, which are not measured here."""
    pair = pair_of(target, target, Level.OBSERVABLE, ())
    by_name = {scope.name: replace(scope, audit_every=0) for scope in scopes_of(pair)}
    capacity = pair.traits_a.capacity
    small = replace(by_name["long"], entries=3 * capacity, descriptors=3)
    caches = replace(small, name="long with caches", caches=True)
    return [by_name["heads"], small, by_name["vms"], by_name["grown"], caches]


def found(target: Target, scopes: list[Scope], clean: set[int]) -> tuple[Finding | None, bool]:
    """Return a finding that is not one of ``clean``, and whether no search was cut."""
    whole = True
    searcher = Searcher(target)
    try:
        for scope in scopes:
            search = searcher.search(scope, None, lambda _: None, most_s=LIMIT_S)
            for finding in search.findings:
                if finding.signature not in clean:
                    return finding, whole
            whole &= not search.timed_out
    finally:
        searcher.close()
    return None, whole


def signatures(target: Target, scopes: list[Scope]) -> set[int]:
    """Return what the original has."""
    searcher = Searcher(target)
    try:
        return {
            finding.signature
            for scope in scopes
            for finding in searcher.search(scope, None, lambda _: None, most_s=LIMIT_S).findings
        }
    finally:
        searcher.close()


def judge(target: Target, mutant: Mutant, scopes: list[Scope], clean: set[int]) -> str:
    """Print a row for one mutant, and return which of the two saw it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            planted = plant(target, mutant, Path(folder))
            oracle, whole = found(planted, scopes, clean)
            words = [oracle.title if oracle else "-"]
            seen = []
            for level in (Level.OBSERVABLE, Level.SHAPE):
                pair = pair_of(target, planted, level, (), without=("rule",))
                difference, complete = found(pair.target, scopes, set())
                whole &= complete
                words.append(parts(difference.message)[0] if difference else "-")
                seen.append(difference is not None)
                if difference is not None:
                    break
        except PyfuzzError as error:
            print(f"| {mutant.name} | {str(error)[:90]} | | |", flush=True)
            return "not planted"
    words += [""] * (3 - len(words))
    note = " (declared equivalent)" * bool(mutant.equivalent) + " (cut)" * (not whole)
    print(f"| {mutant.name}{note} | {' | '.join(words)} |", flush=True)
    compared = "observable" if seen[0] else "shape" if seen[-1] else "no"
    return f"oracle {'yes' if oracle else 'no'}, comparing {compared}"


def main() -> None:
    """Print the table of each target, and what it amounts to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=["v6.6"])
    parser.add_argument("--part", default="1/1", help="the n-th of m parts of the mutants")
    parser.add_argument("--only", nargs="+", help="mutants by name")
    options = parser.parse_args()
    part, of = (int(number) for number in options.part.split("/"))
    for name in options.targets:
        target = catalogue.get(name)
        scopes = stages(target)
        clean = signatures(target, scopes)
        planted = list(mutants_of(Source(target), Options(target)))[part - 1 :: of]
        if options.only:
            planted = [mutant for mutant in planted if mutant.name in options.only]
        print(
            f"## {name}\n\n| mutant | oracle | comparing | with --level shape |\n|---|---|---|---|"
        )
        counts = Counter(judge(target, mutant, scopes, clean) for mutant in planted)
        print()
        for outcome, number in sorted(counts.items()):
            print(f"{name}: {outcome}: {number}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
