# SPDX-License-Identifier: GPL-2.0-only
"""``python -m bench.before CHECKOUT``: is this checkout as fast as another, an earlier one?

By turns: the same inputs, made by this one's generator, in a bare loop in C
(harness and target alone), and a worker that fuzzes from a corpus of them.  Each
pair gives a ratio of executions per second of processor time; other load on the machine
is the same for both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.compare.throughput import native_program
from bench.profile import record, recorded_inputs
from pyfuzz import paths
from pyfuzz.module import engine
from pyfuzz.target import catalogue

_SEED = 1
# Run by each checkout's own Python code; the names are those of before and after
# pyfuzz/ was divided into rooms.
_SIDE = """
import json, os, resource, subprocess, sys, tempfile, time
from pathlib import Path
try:
    from pyfuzz.campaign.worker import Job, engine_arguments
    from pyfuzz.module import builder, engine
    from pyfuzz.module.shared import Shared
    from pyfuzz.target import catalogue
    WORKER = "pyfuzz.campaign.worker"
except ImportError:
    from pyfuzz import _engine as engine, builder, catalogue
    from pyfuzz.shared import Shared
    from pyfuzz.worker import Job, engine_arguments
    WORKER = "pyfuzz.worker"
from pyfuzz.processes import usage

name, inputs, corpus, seconds, executions = sys.argv[1:]
target = catalogue.get(name)
native = builder.build_native(target, Path("bench/native.c"), engine.prepare("fuzz"), "fuzz")
module = builder.build(target, "fuzz")

def measured(command, first, last):
    with Shared(Path(shared), create=True) as region:
        process = subprocess.Popen(command, env=engine.environment("fuzz"),
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while region.counts().executions < first:
                assert process.poll() is None, Path(log.name).read_text()[-500:]
                time.sleep(0.02)
            before, before_s = region.counts(), usage(process.pid).cpu_s
            while not last(region.counts().executions, usage(process.pid).cpu_s - before_s):
                assert process.poll() is None, Path(log.name).read_text()[-500:]
                time.sleep(0.02)
            after, after_s = region.counts(), usage(process.pid).cpu_s
        finally:
            process.kill()
            process.wait()
    spent = after_s - before_s
    return {"executions": (after.executions - before.executions) / spent,
            "steps": (after.steps - before.steps) / (after.executions - before.executions)}

with tempfile.TemporaryDirectory() as folder, open(folder + "/log", "wb") as log:
    shared = folder + "/shared"
    os.mkdir(folder + "/own")
    enough = lambda done, spent: spent >= float(seconds)
    job = Job(module=str(module), flavour="fuzz", shared=shared, supervisor=os.getpid(),
              folders=(folder + "/own", corpus), seed=1)
    worker = [sys.executable, "-P", "-m", WORKER, job.text()]
    found = {"loop": measured([str(native), "loop", shared, inputs], int(executions), enough),
             "worker": measured(worker, int(executions) + 100, enough)}
    print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Speed:
    """Executions per second of processor time, and steps per execution."""

    executions: float
    steps: float


def side(checkout: Path, target: str, folder: Path, seconds: float) -> dict[str, Speed]:
    """Measure a checkout once, by its own code."""
    inputs, corpus = folder / f"recorded-{_SEED}", folder / "corpus"
    words = (target, str(inputs), str(corpus), str(seconds), str(len(list(corpus.iterdir()))))
    done = subprocess.run(
        [sys.executable, "-P", "-c", _SIDE, *words],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "PYFUZZ_BUILD_DIR": f"{checkout}/build"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"bench: {checkout}: {done.stderr[-1000:]}")
    return {way: Speed(**one) for way, one in json.loads(done.stdout).items()}


def compare(other: Path, target: str, pairs: int, runs: int, seconds: float) -> list[str]:
    """Return the rows of the table for one target."""
    with tempfile.TemporaryDirectory(prefix="pyfuzz-before-") as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        native = native_program(catalogue.get(target), engine.prepare("fuzz"))
        for number, data in enumerate(recorded_inputs(record(native, runs, _SEED, folder))):
            (folder / "corpus" / f"{number:06}").write_bytes(data)
        for checkout in (other, paths.ROOT):
            side(checkout, target, folder, 0.1)  # builds what it needs
        found: list[tuple[dict[str, Speed], dict[str, Speed]]] = []
        for number in range(pairs):
            # Whoever is first may have the warmer machine.
            order = (other, paths.ROOT) if number % 2 else (paths.ROOT, other)
            both = {checkout: side(checkout, target, folder, seconds) for checkout in order}
            found.append((both[other], both[paths.ROOT]))
            print(f"bench: {target}, pair {number + 1}/{pairs}", file=sys.stderr, flush=True)
    rows = []
    for way, words in (("loop", "bare loop in C"), ("worker", "worker, under atheris")):
        pair = [(one[way], two[way]) for one, two in found]
        ratios = sorted(two.executions / one.executions for one, two in pair)
        rows.append(
            f"| {target} | {words} | {median(one.executions for one, _ in pair):,.0f} "
            f"| {median(two.executions for _, two in pair):,.0f} "
            f"| {median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}) "
            f"| {median(one.steps for one, _ in pair):,.0f}, "
            f"{median(two.steps for _, two in pair):,.0f} |"
        )
    return rows


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.before",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("checkout", type=Path, help="the other checkout, a worktree for example")
    parser.add_argument("--targets", nargs="+", default=["v6.6", "rfc-v4", "v6.15"])
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--runs", type=int, default=5000, help="number of inputs")
    parser.add_argument("--seconds", type=float, default=2.0, help="of processor time, each")
    options = parser.parse_args()
    other = options.checkout.resolve()
    print("| target | how | before, executions/s | now | now / before | steps per execution |")
    print("|---|---|---:|---:|---:|---:|")
    for target in options.targets:
        rows = compare(other, target, options.pairs, options.runs, options.seconds)
        print("\n".join(rows), flush=True)


if __name__ == "__main__":
    main()
