# SPDX-License-Identifier: GPL-2.0-only
"""How soon each way to fuzz finds the planted mistakes of the world threads.

    python -m bench.threads_engines [SEEDS] [SECONDS]

Ways: pct, random schedules of random scenarios without an engine (chance.py);
atheris, libFuzzer with our generator and random schedules beside each input,
as a campaign does; alone, the same without the random schedules.  Processor
seconds until the first finding, the median over the seeds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from pyfuzz.mutants.mutant import catalogue as mutants
from pyfuzz.mutants.sources import plant
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target

_SPENT = "spent"
WAYS = ("pct", "atheris", "alone")
_NAMES = {mutant.name: mutant for mutant in mutants("threads") if not mutant.equivalent}


def main() -> None:
    """Print a line for each mistake, and the sums."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    budget_s = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    print(f"{'mistake':30}" + "".join(f"{way:>12}" for way in WAYS))
    every: dict[str, list[float]] = {way: [] for way in WAYS}
    missed = dict.fromkeys(WAYS, 0)
    for name in _NAMES:
        cells = []
        for way in WAYS:
            spent = [_trial(name, way, seed, budget_s) for seed in range(1, seeds + 1)]
            missed[way] += sum(one >= budget_s for one in spent)
            every[way].append(statistics.median(spent))
            cells.append(f"{every[way][-1]:>12.3f}")
        print(f"{name:30}" + "".join(cells), flush=True)
    print(f"{'sum of medians':30}" + "".join(f"{sum(every[way]):>12.2f}" for way in WAYS))
    print(f"{'not found':30}" + "".join(f"{missed[way]:>12}" for way in WAYS))


def _trial(name: str, way: str, seed: int, budget_s: float) -> float:
    command = [sys.executable, "-m", "bench.threads_engines", name, way, str(seed), str(budget_s)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line.split() for line in done.stdout.splitlines() if line.startswith(_SPENT)]
    return float(said[0][1]) if said else budget_s


def _one(name: str, way: str, seed: int, budget_s: float) -> None:
    from pyfuzz.campaign import atheris_loop  # noqa: PLC0415
    from pyfuzz.campaign.worker import Job, engine_arguments  # noqa: PLC0415
    from pyfuzz.worlds.threads import chance  # noqa: PLC0415
    from pyfuzz.worlds.threads.module import load  # noqa: PLC0415

    port = replace(catalogue.get("v6.15"), defines=("PYFUZZ_THREADS=1",))
    with tempfile.TemporaryDirectory() as folder:
        planted: Target = plant(port, _NAMES[name], Path(folder))
        module = load(planted)
        begin_s = time.process_time()
        if way == "pct":
            chance.fuzz(
                module, seed, seconds=budget_s, stop_on_finding=True, clock=time.process_time
            )
            print(_SPENT, time.process_time() - begin_s)
            return
        turn = 0

        def run_one(data: bytes) -> None:
            nonlocal turn
            turn += 1
            new = module.run(data) if way == "alone" else module.run_function(data, len(data))
            if new or (not turn % 64 and time.process_time() - begin_s > budget_s):
                print(_SPENT, time.process_time() - begin_s, flush=True)
                os._exit(0)

        Path(folder, "corpus").mkdir()
        job = Job("", "fuzz", "", 0, folders=(str(Path(folder, "corpus")),), seed=seed)
        atheris_loop.fuzz(run_one, engine_arguments(job))


if __name__ == "__main__":
    if len(sys.argv) == 5:
        _one(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
    else:
        main()
