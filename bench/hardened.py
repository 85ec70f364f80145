# SPDX-License-Identifier: GPL-2.0-only
"""The cost of the checks in the hardened port: its list code and 6.6's, interleaved."""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from pyfuzz.module import builder, compiler
from pyfuzz.target import catalogue

BEFORE, AFTER = "v6.6", "hardened"
SOURCE = Path(__file__).with_name("lists.c")

# (use, entries in the list) -> nanoseconds per entry
Costs = dict[tuple[str, int], float]


def build(name: str, folder: Path) -> Path:
    """Compile a port and the harness without coverage, as a program."""
    target = catalogue.get(name)
    flags = [flag for flag in builder.target_flags(target, "fuzz") if "coverage" not in flag]
    sources = [target.source, *builder.harness_sources(), SOURCE]
    path = folder / name
    command = [*compiler.find().command, *flags, "-o", str(path), *map(str, sources), "-lpthread"]
    subprocess.run([*command, "-lrt"], check=True)
    return path


def measure(program: Path, rounds: int) -> Costs:
    """Run a program once; return nanoseconds of processor time per entry."""
    said = subprocess.run([program, str(rounds)], check=True, capture_output=True, text=True)
    costs: Costs = {}
    for line in said.stdout.splitlines():
        use, entries, cost_ns = line.split()
        costs[use, int(entries)] = float(cost_ns)
    return costs


def table(before: list[Costs], after: list[Costs]) -> str:
    """Return the medians, and the median of each round's ratio, as Markdown."""
    lines = [
        f"| use of a list | entries | `{BEFORE}` ns | `{AFTER}` ns | operations/s, of {BEFORE} |",
        "|---|--:|--:|--:|--:|",
    ]
    ratios: dict[str, list[float]] = defaultdict(list)
    for use, entries in before[0]:
        pairs = [(b[use, entries], a[use, entries]) for b, a in zip(before, after, strict=True)]
        ratio = median(b / a for b, a in pairs)
        ratios[use].append(ratio)
        lines.append(
            f"| {use} | {entries:,} | {median(b for b, _ in pairs):.1f} | "
            f"{median(a for _, a in pairs):.1f} | {ratio:.2f} |"
        )
    worst = ", ".join(f"{use} {min(found):.2f}" for use, found in ratios.items())
    return "\n".join([*lines, "", f"the worst of each: {worst}"])


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(prog="python -m bench.hardened", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="Pairs of runs.")
    parser.add_argument("--repeat", type=int, default=200_000, help="Entries of each use.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pyfuzz-bench-") as folder:
        programs = [build(name, Path(folder)) for name in (BEFORE, AFTER)]
        costs: tuple[list[Costs], list[Costs]] = ([], [])
        for number in range(options.rounds):
            # Alternating, so that drift affects both.
            for which in (0, 1) if number % 2 else (1, 0):
                costs[which].append(measure(programs[which], options.repeat))
    print(table(*costs))


if __name__ == "__main__":
    main()
