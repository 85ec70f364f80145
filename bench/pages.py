# SPDX-License-Identifier: GPL-2.0-only
"""``python -m bench.pages``: how soon real bugs are found once their fixes are reverted.

Each fix of pyfuzz/mutants/reverted.toml is reverted alone, in the port ``pages`` and
in kernels.  A fix that a kernel does not have is first added, so that the other
bugs are measured without it; its own row is the kernel as it was shipped.  As a
control, the target with all fixes is fuzzed as long with the first seeds.  Only the
kinds that the fix names count for a bug, all of them for the control.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pyfuzz.extract import pages as extraction
from pyfuzz.kinds import Kind
from pyfuzz.mutants import mutant, trial
from pyfuzz.mutants.mutant import Edit, Mutant
from pyfuzz.mutants.sources import DoesNotApplyError, Source, changed
from pyfuzz.mutants.summary import share
from pyfuzz.mutants.trial import Trial, Ways
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

PORT = "pages"
EXECUTIONS = 100_000
_BASELINE_S = 10.0
_CONTROLS = 3
_CHILD, _COLLAPSE = ("kvm_mmu_get_child_sp",), ("kvm_mmu_zap_collapsible_spte",)
# What a kernel without the fix gets.
MENDS = {
    "81ccda30b4e8": Edit(
        _CHILD,
        "spte_to_child_sp(*sptep)->gfn == gfn",
        "(spte_to_child_sp(*sptep)->gfn == gfn && spte_to_child_sp(*sptep)->role.word == "
        "kvm_mmu_child_role(sptep, direct, access).word)",
    ),
    "ef057cbf825e": Edit(
        _COLLAPSE,
        "sp->role.direct && sp->role.level",
        "sp->role.direct && sp->gfn - slot->base_gfn < slot->npages && sp->role.level",
    ),
}
HEAD = (
    "| target | fix | | found | executions, median and most | processor s, median and most | as |\n"
    "|---|---|---|---:|---:|---:|---|"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One fix on one target: how its bug came to be there, and a trial per seed.

    ``how`` is ``reverted``, ``as shipped``, or why there is nothing to measure.
    """

    target: str
    fix: str
    how: str
    trials: tuple[Trial, ...] = ()

    def __str__(self) -> str:
        found = [one for one in self.trials if one.kind is not None]
        if not self.trials:
            return f"| {self.target} | {self.fix} | {self.how} | | | | |"
        executions = [one.executions for one in found]
        seconds = [one.processor_s for one in found]
        kinds = dict.fromkeys(one.kind.value for one in found if one.kind)
        words = [f"{len(found)} of {len(self.trials)}", "", "", ", ".join(kinds)]
        if found:
            words[1] = f"{median(executions):,.0f}, {max(executions):,}"
            words[2] = f"{median(seconds):.2f}, {max(seconds):.2f}"
        return f"| {self.target} | {self.fix} | {self.how} | " + " | ".join(words) + " |"


class Bugs:
    """The real bugs of one target, and how to build it with each of them."""

    def __init__(self, target: Target) -> None:
        """Parse the target, and find out which fixes it does not have."""
        self.source = Source(target)
        self.fixes = mutant.catalogue("reverted")
        self.lacks = [
            fix.name for fix in self.fixes if self._edits(fix) is None and self._lacks(fix)
        ]

    def _edits(self, fix: Mutant) -> tuple[Edit, ...] | None:
        """Return the edits that revert a fix, None if it is not there."""
        for edits in fix.choices:
            try:
                self.source.edit(edits)
            except DoesNotApplyError:
                continue
            return edits
        return None

    def _lacks(self, fix: Mutant) -> bool:
        """Tell whether the code that a missing fix changes is there."""
        try:
            self.source.edit((MENDS[fix.name],))
        except (KeyError, DoesNotApplyError):
            return False
        return True

    def text(self, fix: Mutant | None) -> tuple[str, bytes | None]:
        """Return how a fix's bug got there, and the source with no other; None: it cannot be."""
        own = self._edits(fix) if fix else ()
        shipped = fix is not None and fix.name in self.lacks
        if own is None and not shipped:
            return "no such code", None
        places = {name for edit in own or () for name in edit.functions}
        mends = [
            MENDS[name]
            for name in self.lacks
            if (fix is None or name != fix.name) and not places.intersection(MENDS[name].functions)
        ]
        return "as shipped" if shipped else "reverted", self.source.edit([*(own or ()), *mends])


def measure(target: Target, seeds: range, budget_s: float, only: list[str]) -> list[Row]:
    """Return a row for each fix, after one for the target with all of them."""
    bugs = Bugs(target)
    rows = []
    with tempfile.TemporaryDirectory(prefix="pyfuzz-bench-") as scratch:
        folder = Path(scratch)
        (folder / "baseline").mkdir()
        _, text = bugs.text(None)
        assert text is not None
        clean = trial.build(changed(target, text, "clean", folder))
        known = trial.baseline(clean, folder / "baseline", target, _BASELINE_S)

        def trials(program: Path, some: range, kinds: tuple[Kind, ...]) -> tuple[Trial, ...]:
            mask = sum(1 << kind.number for kind in kinds)
            ways = Ways(world=target.world, executions=EXECUTIONS, kinds=mask)
            done = []
            for seed in some:
                with tempfile.TemporaryDirectory(dir=folder) as corpus:
                    done.append(trial.run(program, Path(corpus), known, budget_s, seed, ways))
            program.unlink()
            return tuple(done)

        def add(row: Row) -> None:
            rows.append(row)
            print(row, file=sys.stderr, flush=True)

        add(Row(target.name, "all", "control", trials(clean, seeds[:_CONTROLS], tuple(Kind))))
        for fix in [fix for fix in bugs.fixes if not only or fix.name in only]:
            how, text = bugs.text(fix)
            found: tuple[Trial, ...] = ()
            if text is not None:
                program = trial.build(changed(target, text, fix.name, folder))
                found = trials(program, seeds, fix.kinds)
            add(Row(target.name, fix.name, how, found))
    return rows


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--kernel", type=Path, action="append", default=[], help="repeatable")
    parser.add_argument("--no-port", action="store_true", help="kernels alone")
    parser.add_argument("--only", action="append", default=[], help="these fixes; repeatable")
    parser.add_argument("--seeds", type=int, default=10, help="trials: seeds 1 to this")
    parser.add_argument("--seconds", type=float, default=60.0, help="of processor time, each trial")
    options = parser.parse_args()
    targets = [] if options.no_port else [catalogue.get(PORT)]
    targets += [extraction.extract(Kernel(path, world=PORT)).target for path in options.kernel]
    seeds = range(1, options.seeds + 1)
    rows = [
        row for target in targets for row in measure(target, seeds, options.seconds, options.only)
    ]
    print("\n".join([HEAD, *map(str, rows)]))
    bugs = [one for row in rows if row.fix != "all" for one in row.trials]
    found, trials = sum(one.kind is not None for one in bugs), len(bugs)
    print(f"\n{found} of {trials} trials found the bug ({share(found, trials)})")


if __name__ == "__main__":
    main()
