# SPDX-License-Identifier: GPL-2.0-only
"""Schedules per second of one core's time, with all checks: python -m bench.threads."""

from __future__ import annotations

import time

from pyfuzz.target import catalogue
from pyfuzz.worlds.threads.module import load
from pyfuzz.worlds.threads.operation import Operation, Sequence, What

# The list's length, the writer, the concurrent fiber: from few accesses to many.
CASES = (
    (2, What.ADD, What.ADD),
    (2, What.ZAP_ALL, What.AGE),
    (4, What.ZAP_ALL, What.AGE),
    (29, What.ZAP_ALL, What.AGE),
)
SWITCHES = 3
_LEAST_S = 1.0


def main() -> None:
    """Search each case repeatedly for a second of processor time."""
    module = load(catalogue.get("v6.15"))
    print(f"{'list':>4}  {'writer':8} {'concurrent':10} {'accesses':>8} {'schedules/s':>12}")
    for entries, writer, other in CASES:
        sequence = Sequence(entries, ((Operation(writer),), (Operation(other),)))
        spent_s = 0.0
        schedules = longest = 0
        while spent_s < _LEAST_S:
            begin_s = time.process_time()
            result = module.search(sequence, SWITCHES)
            spent_s += time.process_time() - begin_s
            schedules += result.schedules + result.pruned
            longest = result.longest
        rate = schedules / spent_s
        print(f"{entries:>4}  {writer.word:8} {other.word:9} {longest:>8} {rate:>12,.0f}")


if __name__ == "__main__":
    main()
