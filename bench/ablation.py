# SPDX-License-Identifier: GPL-2.0-only
"""``make ablation``: what each part of the generator and the oracle contributes.

The same mutants, seeds and processor time for every configuration, each of which
leaves out a part.  Ports of the lists get mutants in random states; the port
``pages`` gets the real bugs whose fixes can be reverted.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from scipy.stats import mannwhitneyu

from bench import rare
from pyfuzz.kinds import Kind
from pyfuzz.mutants import mutant as mutants_of
from pyfuzz.mutants import sources, trial
from pyfuzz.mutants.mutant import Mutant
from pyfuzz.mutants.trial import Trial, Ways
from pyfuzz.target import catalogue

# What is noticed without an oracle: BUG(), a fault, a sanitizer report, a hang.
_CRASHES = sum(1 << kind.number for kind in (Kind.HOST_BUG, Kind.HOST_FAULT, Kind.HANG))
CONFIGURATIONS = {
    "pyfuzz": Ways(),
    "from nothing": Ways(seeds=False),
    "plans only": Ways(only=("plans",)),
    "no plans": Ways(without=("plans",)),
    "no state feedback": Ways(without=("state",)),
    "plain bytes": Ways(without=("structure", "state")),
    "random": Ways(engine="random"),
}
# Without the oracle most trials take the whole budget, so only on request.
NO_ORACLE = {"no oracle": Ways(kinds=_CRASHES, flavour="sanitize")}
_RESTRICTED_MEAN = (
    "Restricted mean of the processor seconds to detection, {budget_s:g} for a trial that found "
    "nothing within {budget_s:g} s; then the number of trials that found it."
)
_A12 = (
    "A12: the probability that a trial of pyfuzz is faster than one of the other (0.5: no "
    "difference); `*`: p < 0.05 in the two-sided Mann-Whitney U test, corrected over all "
    "comparisons (Holm)."
)


@dataclass(frozen=True, slots=True)
class Cell:
    """All trials of one mutant under one configuration."""

    mutant: str
    configuration: str
    trials: tuple[Trial, ...]

    def times_s(self, budget_s: float) -> list[float]:
        """Return the time of each trial, the budget where nothing was found."""
        return [one.processor_s if one.kind else budget_s for one in self.trials]


def measure(options: argparse.Namespace) -> list[Cell]:
    """Run all trials, in random order."""
    port = catalogue.get(options.target)
    source = sources.Source(port)
    real = port.world == "pages"
    mutants = (
        list(mutants_of.catalogue("reverted")) if real else rare.mutants(options.each, options.draw)
    )
    masks = {one.name: sum(1 << kind.number for kind in one.kinds) for one in mutants}
    trials, budget_s, first_seed = options.trials, options.seconds, options.seed
    configurations = {**CONFIGURATIONS, **(NO_ORACLE if options.no_oracle else {})}
    flavours = {ways.flavour for ways in configurations.values()}
    with tempfile.TemporaryDirectory(prefix="pyfuzz-ablation-") as scratch:
        folder = Path(scratch)
        programs = {
            (mutant.name, flavour): _program(source, mutant, flavour, folder)
            for mutant in mutants
            for flavour in flavours
        }
        jobs = [
            (mutant.name, name, first_seed + number)
            for mutant in mutants
            for name in configurations
            for number in range(trials)
        ]
        # Other load on the machine must not hit one configuration only.
        random.Random(first_seed).shuffle(jobs)

        def run(job: tuple[str, str, int]) -> Trial:
            mutant, name, seed = job
            ways = replace(configurations[name], world=port.world)
            if real:
                ways = replace(ways, kinds=ways.kinds & masks[mutant])
            with tempfile.TemporaryDirectory(dir=folder) as corpus:
                program = programs[mutant, ways.flavour]
                return trial.run(program, Path(corpus), port.known, budget_s, seed, ways)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            done = dict(zip(jobs, pool.map(run, jobs), strict=True))
        for program in programs.values():
            program.unlink()
    seeds = range(first_seed, first_seed + trials)
    return [
        Cell(mutant.name, name, tuple(done[mutant.name, name, seed] for seed in seeds))
        for mutant in mutants
        for name in configurations
    ]


def _program(source: sources.Source, mutant: Mutant, flavour: str, folder: Path) -> Path:
    text = source.apply(mutant)
    return trial.build(sources.changed(source.target, text, mutant.name, folder), flavour)


def a12(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the probability that a time of ours is below one of theirs (Vargha and Delaney)."""
    wins = sum((a < b) + 0.5 * (a == b) for a in ours for b in theirs)
    return wins / (len(ours) * len(theirs))


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values corrected for multiple comparisons (Holm and Bonferroni)."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    corrected = [0.0] * len(values)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, values[i] * (len(values) - rank)))
        corrected[i] = highest
    return corrected


def as_markdown(cells: list[Cell], budget_s: float) -> str:
    """Return the tables of docs/ablation.md."""
    mutants = list(dict.fromkeys(cell.mutant for cell in cells))
    names = list(dict.fromkeys(cell.configuration for cell in cells))
    table = {(cell.mutant, cell.configuration): cell for cell in cells}
    lines = [
        _RESTRICTED_MEAN.format(budget_s=budget_s),
        "",
        "| mutant | " + " | ".join(names) + " |",
        "|---|" + "---:|" * len(names),
    ]
    for mutant in mutants:
        row = [_cell(table[mutant, name], budget_s) for name in names]
        lines.append(f"| {mutant} | " + " | ".join(row) + " |")
    pooled = {
        name: [s for mutant in mutants for s in table[mutant, name].times_s(budget_s)]
        for name in names
    }
    whole = [f"{sum(times) / len(times):.2f} s" for times in pooled.values()]
    lines += ["| **all** | " + " | ".join(f"**{mean}**" for mean in whole) + " |", ""]
    lines += [*_survival(pooled, budget_s), "", *_comparison(table, mutants, budget_s)]
    return "\n".join(lines)


def _cell(cell: Cell, budget_s: float) -> str:
    found = sum(one.kind is not None for one in cell.trials)
    if not found:
        return "not reached"
    times = cell.times_s(budget_s)
    return f"{sum(times) / len(times):.2f} s, {found}/{len(times)}"


def _survival(pooled: dict[str, list[float]], budget_s: float) -> list[str]:
    """The survival curves at some times: the share of trials without a finding so far."""
    moments = [budget_s * share for share in (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)]
    lines = [
        "Survival: the share of all trials without a finding after this many seconds.",
        "",
        "| configuration | " + " | ".join(f"{moment:g} s" for moment in moments) + " |",
        "|---|" + "---:|" * len(moments),
    ]
    for name, times in pooled.items():
        shares = [
            # A trial that took the whole budget found nothing.
            sum(s > m or s >= budget_s for s in times) / len(times)
            for m in moments
        ]
        lines.append(f"| {name} | " + " | ".join(f"{share:.2f}" for share in shares) + " |")
    return lines


def _comparison(
    table: dict[tuple[str, str], Cell], mutants: list[str], budget_s: float
) -> list[str]:
    """Mann-Whitney U and A12 of pyfuzz against each other configuration, mutant by mutant."""
    others = list(dict.fromkeys(name for _, name in table if name != "pyfuzz"))
    pairs = [(mutant, other) for mutant in mutants for other in others]
    effects, values = [], []
    for mutant, other in pairs:
        ours = table[mutant, "pyfuzz"].times_s(budget_s)
        theirs = table[mutant, other].times_s(budget_s)
        effects.append(a12(ours, theirs))
        same = set(ours) == set(theirs) and len(set(ours)) == 1
        values.append(1.0 if same else float(mannwhitneyu(ours, theirs).pvalue))
    corrected = dict(zip(pairs, zip(effects, holm(values), strict=True), strict=True))
    lines = [
        _A12,
        "",
        "| mutant | " + " | ".join(others) + " |",
        "|---|" + "---:|" * len(others),
    ]
    for mutant in mutants:
        row = [corrected[mutant, other] for other in others]
        marks = [f"{effect:.2f}{' *' if p < 0.05 else ''}" for effect, p in row]
        lines.append(f"| {mutant} | " + " | ".join(marks) + " |")
    return lines


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="make ablation", description=__doc__)
    parser.add_argument("--target", default="v6.6", help="v6.6 or pages")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5.0, help="of processor time, each trial")
    parser.add_argument("--seed", type=int, default=1, help="of the first trial")
    parser.add_argument("--each", type=int, default=1, help="mutants of each template")
    parser.add_argument("--draw", type=int, default=1, help="seed of the mutants' numbers")
    parser.add_argument("--no-oracle", action="store_true", help="also with sanitizers alone")
    options = parser.parse_args()
    cells = measure(options)
    last = options.seed + options.trials - 1
    print(
        f"`python -m bench.ablation --target {options.target} --trials {options.trials} "
        f"--seconds {options.seconds:g} --seed {options.seed} --each {options.each} "
        f"--draw {options.draw}`: seeds {options.seed} to {last}, "
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}.\n"
    )
    print(as_markdown(cells, options.seconds))


if __name__ == "__main__":
    main()
