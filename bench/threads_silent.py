# SPDX-License-Identifier: GPL-2.0-only
"""Run many random schedules of correct code: nothing may be found.

    python -m bench.threads_silent [--kernel K] [--schedules N] [--seed S]

Random scenarios and schedules (pyfuzz/worlds/threads/chance.py), in one confined
process.  Exit code 1 if anything is found.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pyfuzz.extract import extract
from pyfuzz.target import catalogue
from pyfuzz.worlds.threads import chance, report
from pyfuzz.worlds.threads.searching import Searcher

if TYPE_CHECKING:
    from pyfuzz.worlds.threads.event import ThreadsFinding
    from pyfuzz.worlds.threads.module import ThreadsModule

# Schedules of a part: the process is asked for one part after the other.
_PART = 250_000


# Its schedules, accesses, scenarios, findings and processor time: plain values, as a
# child process may answer.
Part = tuple[int, int, int, tuple["ThreadsFinding", ...], float]


def part(module: ThreadsModule, seed: int, schedules: int) -> Part:
    """Run some schedules; this runs in the child process."""
    begin_s = time.process_time()
    done = chance.fuzz(module, seed, schedules=schedules, stop_on_finding=True)
    spent_s = time.process_time() - begin_s
    findings = tuple(done.findings.values())
    return done.schedules, done.accesses, done.scenarios, findings, spent_s


def main() -> int:
    """Run the schedules, and print what they came to."""
    parser = argparse.ArgumentParser(prog="bench.threads_silent", description=__doc__)
    parser.add_argument("--kernel", type=Path)
    parser.add_argument("--schedules", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first part")
    options = parser.parse_args()
    target = extract(options.kernel).target if options.kernel else catalogue.get("v6.15", "threads")
    with Searcher(target) as searcher:
        return _run(searcher, options.schedules, options.seed)


def _run(searcher: Searcher, schedules: int, seed: int) -> int:
    done = accesses = scenarios = 0
    spent_s, begin_s = 0.0, time.monotonic()
    findings: tuple[ThreadsFinding, ...] = ()
    while done < schedules and not findings:
        one: Part = searcher.call(part, seed, min(_PART, schedules - done))
        seed += 1
        done += one[0]
        accesses += one[1]
        scenarios += one[2]
        findings = one[3]
        spent_s += one[4]
    for finding in findings:
        print(*report.finding_lines(finding, None), sep="\n")
    print(
        f"{done:,} schedules of {scenarios:,} scenarios, {accesses:,} accesses: "
        f"{'something' if findings else 'nothing'} was found; "
        f"{spent_s:.0f} s of processor time, {time.monotonic() - begin_s:.0f} s"
    )
    return int(bool(findings))


if __name__ == "__main__":
    # The child process imports what it calls by name, and this module's is "__main__" here.
    from bench import threads_silent  # noqa: PLW0406

    sys.exit(threads_silent.main())
