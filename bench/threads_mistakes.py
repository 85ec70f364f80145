# SPDX-License-Identifier: GPL-2.0-only
"""Plant each mistake of the world threads, and search all schedules for it.

    python -m bench.threads_mistakes [--kernel K] [--only NAME] > TABLE

The search is that of `pyfuzz fuzz --systematic` up to the first finding, which
is minimised.  Exit code 1 if a mistake is missed, needs more than two
preemptions or three switches, or if a mutant that is equivalent shows something.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from pyfuzz.extract import extract
from pyfuzz.mutants.mutant import Mutant
from pyfuzz.mutants.mutant import catalogue as mutants
from pyfuzz.mutants.sources import DoesNotApplyError, plant
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads import systematic
from pyfuzz.worlds.threads.minimize import minimize
from pyfuzz.worlds.threads.searching import Searcher

MOST_PREEMPTIONS = 2
MOST_SWITCHES = 3


def main() -> int:
    """Search for each mistake; print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="bench.threads_mistakes", description=__doc__)
    parser.add_argument("--kernel", type=Path)
    parser.add_argument("--only", action="append", metavar="NAME")
    options = parser.parse_args()
    target = extract(options.kernel).target if options.kernel else catalogue.get("v6.15", "threads")
    target = replace(target, defines=(*target.defines, "PYFUZZ_THREADS=1"))
    print("| mistake | found as | in | preemptions | switches | schedules | s |")
    print("|---|---|---|--:|--:|--:|--:|")
    bad = planted = 0
    foreign = []
    with tempfile.TemporaryDirectory(prefix="pyfuzz-mistakes-") as folder:
        for mutant in mutants("threads"):
            if options.only and mutant.name not in options.only:
                continue
            try:
                made = plant(target, mutant, Path(folder))
            except DoesNotApplyError:
                foreign.append(mutant.name)
                continue
            planted += 1
            row, good = _search(made, mutant)
            bad += not good
            print(f"| {mutant.what} | {row} |", flush=True)
    print(f"\n{planted} planted, {planted - bad} as they must be, {bad} not.")
    if foreign:
        print(f"\nNo place in this code: {', '.join(foreign)}.")
    return int(bad > 0)


def _search(target: Target, mutant: Mutant) -> tuple[str, bool]:
    with Searcher(target) as searcher:
        begin_s = time.monotonic()
        found = systematic.search(searcher, MOST_PREEMPTIONS, stop_on_finding=not mutant.equivalent)
        spent_s = time.monotonic() - begin_s
        right = [one for one in found.findings.values() if one.kind in mutant.kinds]
        cells = f"{found.schedules:,} | {spent_s:.2f}"
        if not right:
            why = "equivalent" if mutant.equivalent and not found.findings else "**missed**"
            return f"{why} | | | | {cells}", why == "equivalent"
        one = minimize(searcher, right[0])
    switches = len(one.sequence.switches)
    good = one.away <= MOST_PREEMPTIONS and switches <= MOST_SWITCHES and not mutant.equivalent
    row = f"`{one.kind.value}` | `{one.function}` | {one.away} | {switches} | {cells}"
    return row, good


if __name__ == "__main__":
    sys.exit(main())
