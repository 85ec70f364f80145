# SPDX-License-Identifier: GPL-2.0-only
"""The speed of each peer on the clean target, per second of processor time.

Measured twice: on identical inputs (with the same seed and number of runs, native
libFuzzer and pyfuzz have the same ones), and with inputs that each peer chooses
itself, from the same corpus if it takes one.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.compare import afl, afl_peer
from bench.compare.peers import Peer, Programs
from pyfuzz import paths
from pyfuzz.campaign.worker import Job, engine_arguments
from pyfuzz.errors import HarnessError
from pyfuzz.module import builder, engine
from pyfuzz.module.shared import Counts, Shared
from pyfuzz.target import catalogue

CORPUS_RUNS = 30_000
_STARTS_WITHIN_S = 300.0  # of processor time: the naive harness reads a corpus slowly
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Rate:
    """Per second of processor time."""

    executions: float
    operations: float
    steps: float


@dataclass(frozen=True, slots=True)
class SameInputs:
    """The same runs by both: their counts, and processor times without start-up."""

    native: Counts
    pyfuzz: Counts
    native_s: float
    pyfuzz_s: float

    @property
    def same(self) -> bool:
        """Whether both ran the same number of everything."""
        ours, theirs = self.pyfuzz, self.native
        return (ours.executions, ours.operations, ours.steps) == (
            theirs.executions,
            theirs.operations,
            theirs.steps,
        )


def same_inputs(
    native: Path, module: Path, runs: int, seed: int, folder: Path, repeats: int = 3
) -> SameInputs:
    """Run the same inputs under native libFuzzer and under pyfuzz's worker, alternating.

    The shortest of a few times counts, since other load can only add to it.
    """
    counts: dict[str, Counts] = {}
    start_s = dict.fromkeys(("native", "pyfuzz"), float("inf"))
    whole_s = dict(start_s)
    for _ in range(repeats):
        for how in start_s:
            spent_s, _counts = _finished(how, native, module, 1, seed, folder)
            start_s[how] = min(start_s[how], spent_s)
            spent_s, counts[how] = _finished(how, native, module, runs, seed, folder)
            whole_s[how] = min(whole_s[how], spent_s)
    return SameInputs(
        counts["native"],
        counts["pyfuzz"],
        whole_s["native"] - start_s["native"],
        whole_s["pyfuzz"] - start_s["pyfuzz"],
    )


def _finished(
    how: str, native: Path, module: Path, runs: int, seed: int, folder: Path
) -> tuple[float, Counts]:
    """Run to the end; return the processor seconds and what was done."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        job = _job(module, Path(own), seed=seed, runs=runs)
        with Shared(Path(job.shared), create=True) as shared:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                _fuzz(how, native, job),
                env=engine.environment("fuzz"),
                capture_output=True,
                text=True,
                check=False,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode:
                raise HarnessError(f"{how} ended with {done.returncode}: {done.stderr[-300:]}")
            spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            return spent_s, shared.counts()


def _job(module: Path, own: Path, *, seed: int, runs: int, corpus: tuple[str, ...] = ()) -> Job:
    (own / "corpus").mkdir()
    return Job(
        module=str(module),
        flavour="fuzz",
        shared=str(own / "shared"),
        supervisor=os.getpid(),
        folders=(str(own / "corpus"), *corpus),
        seed=seed,
        runs=runs,
    )


def _fuzz(how: str, native: Path, job: Job) -> list[str]:
    if how == "pyfuzz":
        return [sys.executable, "-P", "-m", "pyfuzz.campaign.worker", job.text()]
    return [str(native), "fuzz", job.shared, *engine_arguments(job)]


def native_program(target: catalogue.Target, engine: Path) -> Path:
    """Return bench/native.c linked with a target and libFuzzer's shared object."""
    source = Path(__file__).parent.parent / "native.c"
    return builder.build_native(target, source, engine, "fuzz")


def grown_corpus(native: Path, module: Path, seed: int, folder: Path) -> Path:
    """Return the corpus after so many runs of pyfuzz's generator."""
    own = folder / "grown"
    own.mkdir()
    job = _job(module, own, seed=seed, runs=CORPUS_RUNS)
    Shared(Path(job.shared), create=True).close()
    command = _fuzz("native", native, job)
    subprocess.run(command, capture_output=True, env=engine.environment("fuzz"), check=True)
    return own / "corpus"


def rate(
    peer: Peer, programs: Programs, native: Path, corpus: Path, seconds: float, folder: Path
) -> Rate:
    """Run a peer from a corpus, not counting its start and its reading of the corpus."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        own = Path(name)
        if peer.how == "afl":
            shutil.copytree(corpus, own / "in")
        command = _command(peer, programs, native, corpus, own)
        environment = {
            **os.environ,
            **engine.environment("fuzz"),
            **(afl.ENVIRONMENT if peer.how == "afl" else {}),
            "PYTHONPATH": str(paths.ROOT),
            "PYFUZZ_SHARED": str(own / "shared"),
            "PYFUZZ_WITHOUT": "state" if peer.how == "plain" else "",
            "PYFUZZ_ONLY": "",
        }
        with Shared(own / "shared", create=True) as shared, (own / "log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
            try:
                _wait(process, shared, peer, len(list(corpus.iterdir())))
                before, before_s = shared.counts(), afl_peer.tree_seconds(process.pid)
                after_s = before_s
                while after_s - before_s < seconds and process.poll() is None:
                    time.sleep(_LOOK_EVERY_S)
                    after_s = afl_peer.tree_seconds(process.pid)
                after = shared.counts()
                if process.poll() is not None:
                    raise HarnessError(f"{peer.name} ended: {(own / 'log').read_text()[-300:]}")
            finally:
                afl_peer.kill_tree(process)
    spent_s = after_s - before_s
    return Rate(
        (after.executions - before.executions) / spent_s,
        (after.operations - before.operations) / spent_s,
        (after.steps - before.steps) / spent_s,
    )


def _command(
    peer: Peer, programs: Programs, native: Path, corpus: Path, own: Path
) -> Sequence[str]:
    if peer.how == "afl":
        return afl_peer.fuzz_command(str(programs.afl), own, "1")
    if peer.how in ("native", "plain"):
        (own / "corpus").mkdir()
        arguments = [*peer.arguments(own / "corpus", 1), str(corpus)]
        return [str(native), "fuzz", str(own / "shared"), *arguments]
    if peer.how == "pyfuzz":
        job = _job(programs.module, own, seed=1, runs=-1, corpus=(str(corpus),))
        return _fuzz("pyfuzz", native, job)
    if peer.how == "naive":
        command = [sys.executable, "-m", "bench.naive", str(programs.module), str(own / "shared")]
        job = _job(programs.module, own, seed=1, runs=-1, corpus=(str(corpus),))
        return [*command, *engine_arguments(job)]
    return peer.command(programs, own, 1e6, 1)


def _wait(process: subprocess.Popen[bytes], shared: Shared, peer: Peer, inputs: int) -> None:
    """Wait until a peer has read the corpus, or has begun if it takes none."""
    # AFL++ runs each input of its corpus several times before it begins.
    first = {"random": 1, "hypothesis": 1, "afl": 8 * inputs}.get(peer.how, inputs)
    while shared.counts().executions <= first and process.poll() is None:
        if afl_peer.tree_seconds(process.pid) > _STARTS_WITHIN_S:
            raise HarnessError(f"{peer.name} has not begun after {_STARTS_WITHIN_S:.0f} s")
        time.sleep(_LOOK_EVERY_S)


def middle(rates: Sequence[Rate]) -> Rate:
    """Return the median of each figure."""
    return Rate(
        median(one.executions for one in rates),
        median(one.operations for one in rates),
        median(one.steps for one in rates),
    )
