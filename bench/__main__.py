# SPDX-License-Identifier: GPL-2.0-only
"""Measure the drivers side by side: interleaved, same target, seed, flags and corpus."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench import threads
from pyfuzz.campaign.worker import Job, engine_arguments
from pyfuzz.module import builder, engine
from pyfuzz.module.shared import Shared
from pyfuzz.processes import usage
from pyfuzz.target import catalogue

SEED = 1
CORPUS_RUNS = 50_000
RECORDED_RUNS = 20_000
WARM_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class Driver:
    """One way to run the harness; ``command(shared, corpus)`` is its command line."""

    name: str
    command: Callable[[Path, Path], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Rate:
    """Per second of processor time."""

    executions: float
    steps: float


def drivers(target: catalogue.Target, native: Path, recorded: Path) -> list[Driver]:
    """Return the four drivers of one target."""
    module = builder.build(target, "fuzz")

    def arguments(corpus: Path) -> list[str]:
        # The driver writes to the first folder.
        return engine_arguments(_job(module, Path(), corpus))

    def pyfuzz(shared: Path, corpus: Path) -> list[str]:
        return [
            sys.executable,
            "-P",
            "-m",
            "pyfuzz.campaign.worker",
            _job(module, shared, corpus).text(),
        ]

    def naive(shared: Path, corpus: Path) -> list[str]:
        command = [sys.executable, "-m", "bench.naive", str(module), str(shared)]
        return [*command, *arguments(corpus)]

    return [
        Driver("bare C loop, no engine", lambda s, _: [str(native), "loop", str(s), str(recorded)]),
        Driver("native libFuzzer", lambda s, c: [str(native), "fuzz", str(s), *arguments(c)]),
        Driver("pyfuzz (atheris)", pyfuzz),
        Driver("naive atheris", naive),
    ]


def _job(module: Path, shared: Path, corpus: Path) -> Job:
    return Job(
        module=str(module),
        flavour="fuzz",
        shared=str(shared),
        supervisor=os.getpid(),
        folders=(tempfile.mkdtemp(dir=corpus.parent), str(corpus)),
        seed=SEED,
    )


def measure(driver: Driver, corpus: Path, seconds: float) -> Rate:
    """Run a driver for some seconds, not counting its start and its reading of the corpus."""
    path = corpus.parent / "shared"
    with Shared(path, create=True) as shared, (corpus.parent / "log").open("wb") as log:
        process = subprocess.Popen(
            driver.command(path, corpus),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=engine.environment("fuzz"),
        )
        try:
            inputs = len(list(corpus.iterdir()))
            while shared.counts().executions <= inputs and process.poll() is None:
                time.sleep(0.05)
            time.sleep(WARM_UP_S)
            before, before_s = shared.counts(), usage(process.pid).cpu_s
            time.sleep(seconds)
            after, after_s = shared.counts(), usage(process.pid).cpu_s
            if process.poll() is not None:
                sys.exit(f"bench: {driver.name} ended: {Path(log.name).read_text()[:2000]}")
        finally:
            process.kill()
            process.wait()
    spent_s = after_s - before_s
    return Rate(
        (after.executions - before.executions) / spent_s, (after.steps - before.steps) / spent_s
    )


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def table(target: str, rates: dict[str, list[Rate]]) -> str:
    """Return the result as a table in Markdown."""
    middle = {
        name: Rate(median(r.executions for r in rows), median(r.steps for r in rows))
        for name, rows in rates.items()
    }
    native = middle["native libFuzzer"].executions
    lines = [
        f"| driver ({target}) | executions/s | steps/s | of native libFuzzer |",
        "|---|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {rate.executions:,.0f} | {rate.steps:,.0f} | {rate.executions / native:.3f} |"
        for name, rate in middle.items()
    ]
    ours, naive = middle["pyfuzz (atheris)"], middle["naive atheris"]
    of_native, of_naive = ours.executions / native, ours.executions / naive.executions
    lines += [
        "",
        f"pyfuzz: {of_native:.2f} of native libFuzzer, {of_naive:.0f} times the naive form",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--target", default=catalogue.DEFAULT)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each run")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    target = catalogue.get(options.target)
    native = builder.build_native(target, Path(__file__).with_name("native.c"), engine.archive())
    with tempfile.TemporaryDirectory(prefix="pyfuzz-bench-") as folder:
        corpus, recorded = Path(folder, "corpus"), Path(folder, "recorded")
        corpus.mkdir()
        shared = Path(folder, "shared")
        Shared(shared, create=True).close()
        print(
            f"bench: a corpus from {CORPUS_RUNS} runs, which every driver starts with", flush=True
        )
        job = _job(Path(), shared, corpus)
        grow = engine_arguments(replace(job, runs=CORPUS_RUNS, folders=(str(corpus),)))
        _quietly([str(native), "fuzz", str(shared), *grow])
        keep = [str(recorded), str(RECORDED_RUNS), *engine_arguments(job)]
        _quietly([str(native), "record", str(shared), *keep])
        all_drivers = drivers(target, native, recorded)
        rates: dict[str, list[Rate]] = {driver.name: [] for driver in all_drivers}
        for number in range(options.rounds):
            for driver in all_drivers:
                print(f"bench: round {number + 1}/{options.rounds}, {driver.name}", flush=True)
                rates[driver.name].append(measure(driver, corpus, options.seconds))
    print()
    print(table(target.name, rates))
    print()
    threads.main()


if __name__ == "__main__":
    main()
