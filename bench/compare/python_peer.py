# SPDX-License-Identifier: GPL-2.0-only
"""A trial of a peer in Python: pyfuzz's own worker, the naive harness, or Hypothesis.

``python -m bench.compare.python_peer HOW ENGINE MODULE FOLDER BUDGET_S SEED KNOWN``
prints one line (bench/compare/line.py); FOLDER has the file ``shared``.  A negative budget
ends the trial at the first execution, which measures the start-up.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path

from bench.compare.in_process import Watch
from pyfuzz.campaign import atheris_loop
from pyfuzz.campaign.worker import Job, engine_arguments
from pyfuzz.module import compiled, engine, shared

# Like the harness in C, do not read the clock for every input.
_LOOK_EVERY = 32


def shipped(module: compiled.Module, watch: Watch) -> Callable[[bytes], None]:
    """Return the function that pyfuzz's worker runs per input, and the end of a trial."""
    gc.disable()
    run = module.run_function
    turn = 0

    def run_one(data: bytes) -> None:
        nonlocal turn
        watch.begin()
        if run(data, len(data)):
            watch.look(module.last().findings)
        turn += 1
        if not turn % _LOOK_EVERY or turn == 1:
            watch.spent()

    return run_one


def one_call_a_step(module: compiled.Module, watch: Watch) -> Callable[[bytes], None]:
    """Return the function that the naive harness runs per input, and the end of a trial."""
    # What pyfuzz's worker does not load.
    from bench import naive  # noqa: PLC0415
    from pyfuzz.kinds import Kind  # noqa: PLC0415
    from pyfuzz.module.results import RawFinding  # noqa: PLC0415
    from pyfuzz.symptom import Symptom  # noqa: PLC0415
    from pyfuzz.worlds.lists.module import ListsModule  # noqa: PLC0415

    def differs(what: str) -> bool:
        findings = module.last().findings
        watch.look(findings)
        if what and not findings:
            watch.look([RawFinding(Symptom(Kind.LOST_ENTRY, "model in Python", what), 0)])
        return False

    assert isinstance(module, ListsModule)
    run = naive.harness(module, watch.shared, differs)

    def run_one(data: bytes) -> None:
        watch.begin()
        run(data)
        watch.spent()

    return run_one


def main() -> None:
    """Run the trial of the command line."""
    how, libfuzzer, path, folder, budget_s, seed, known = sys.argv[1:]
    engine.load("fuzz", Path(libfuzzer))
    module = compiled.open_module(Path(path), "fuzz")
    region = Path(folder, "shared")
    watch = Watch(Path(path), region, float(budget_s), known)
    if how == "pyfuzz":
        module.attach(shared.mapped(region))
    if how == "hypothesis":
        from bench.compare import stateful  # noqa: PLC0415 (only this peer needs the package)

        stateful.fuzz(module, watch, int(seed))
    corpus = Path(folder, "corpus")
    corpus.mkdir()
    job = Job(path, "fuzz", "", 0, folders=(str(corpus),), seed=int(seed))
    run = {"pyfuzz": shipped, "naive": one_call_a_step}[how](module, watch)
    atheris_loop.fuzz(run, engine_arguments(job))


if __name__ == "__main__":
    main()
