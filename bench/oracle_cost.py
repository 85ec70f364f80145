# SPDX-License-Identifier: GPL-2.0-only
"""``python -m bench.oracle_cost``: what the oracle of the world pages costs, by what a VM holds.

Sequences that map more and more pages and then repeat an operation that touches
one of them, with and without checks; the difference is the oracle.
"""

from __future__ import annotations

import argparse
import time

from pyfuzz.sequence import binary, text
from pyfuzz.target import catalogue
from pyfuzz.worlds.pages import module
from pyfuzz.worlds.pages.operation import PAGES, path

_REPEATED = 500
_HELD = (2, 4, 8, 16, 32, 64)


def sequence(pages: int, repeated: int) -> str:
    """Return the text of a sequence that maps the first pages and then ages one gfn."""
    lines = ["# pyfuzz sequence 2 pages"]
    for page in range(pages):
        indices = ":".join(map(str, path(page)))
        lines.append(f"access vm0 cpu0 fetch {indices}")
    lines += ["test-age vm0 0x203 4K"] * repeated
    return "\n".join(lines) + "\n"


def held(loaded: module.PagesModule, pages: int) -> int:
    """Return how many SPTEs are present after those accesses."""
    loaded.begin()
    for number, op in enumerate(text.parse(sequence(pages, 0), "made up")):
        loaded.step(op, number)
    present = sum(page.present for page in loaded.shadows(0))
    loaded.end(pages)
    return present


def nanoseconds(loaded: module.PagesModule, pages: int, rounds: int, *, watched: bool) -> float:
    """Return the processor time of a repeated operation, the least of some rounds."""
    times = []
    loaded.watch(on=watched)
    for repeated in (0, _REPEATED):
        data = binary.encode(text.parse(sequence(pages, repeated), "made up"))
        best = float("inf")
        for _ in range(rounds):
            start = time.process_time_ns()
            loaded.run(data)
            best = min(best, time.process_time_ns() - start)
        times.append(best)
    loaded.watch(on=False)
    return (times[1] - times[0]) / _REPEATED


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m bench.oracle_cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    loaded = module.load(catalogue.get("pages"))
    print("| SPTEs present | operation, ns | with the oracle, ns | oracle, ns per SPTE |")
    print("|---:|---:|---:|---:|")
    for pages in _HELD[: _HELD.index(PAGES) + 1]:
        present = held(loaded, pages)
        bare = nanoseconds(loaded, pages, options.rounds, watched=True)
        full = nanoseconds(loaded, pages, options.rounds, watched=False)
        print(f"| {present} | {bare:.0f} | {full:.0f} | {(full - bare) / present:.1f} |")


if __name__ == "__main__":
    main()
