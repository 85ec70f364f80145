# SPDX-License-Identifier: GPL-2.0-only
"""The peers: what each is, what it needs, and how to start a trial of it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.compare import afl, afl_peer, trial
from bench.compare.trial import Tried
from pyfuzz import paths
from pyfuzz.campaign.worker import Job, engine_arguments
from pyfuzz.errors import UsageError
from pyfuzz.module import builder, compiler, engine
from pyfuzz.module.shared import Shared
from pyfuzz.mutants import trial as mutant_trial
from pyfuzz.mutants.trial import ALL_KINDS
from pyfuzz.target.catalogue import Target

# Effectively no limit, in milliseconds or executions.
_NO_LIMIT = "1000000000"
_PYTHON = ("pyfuzz", "naive", "hypothesis")


@dataclass(frozen=True, slots=True)
class Programs:
    """One target, compiled for every peer; None for peers that are missing."""

    target: Target
    module: Path
    native: Path
    plain: Path
    afl: Path | None

    def delete(self) -> None:
        """Delete everything that was built."""
        for path in (self.module, self.native, self.plain, self.afl):
            if path is not None:
                path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to find a mutant.

    ``how`` is ``native``, ``plain``, ``random``, ``afl``, or one of the ways in
    bench/compare/python_peer.py.  A ``slow`` one is tried on a sample of the
    mutants; ``aim``: whether pyfuzz has a target relative to it.
    """

    name: str
    what: str
    how: str
    slow: bool = False
    aim: bool = True

    def missing(self) -> str:
        """Return what the peer needs and this machine lacks; "" if nothing."""
        if self.how == "afl":
            return afl.missing()
        if self.how == "hypothesis" and not importlib.util.find_spec("hypothesis"):
            return f"hypothesis is not there: {sys.executable} -m pip install hypothesis"
        return ""

    def run(self, programs: Programs, folder: Path, budget_s: float, seed: int) -> Tried:
        """Run one trial in an empty folder; a negative budget ends with the first execution."""
        if self.how == "afl":
            known = trial.known_lines(programs.target.known)
            assert programs.afl is not None
            return afl_peer.run(programs.afl, folder, budget_s, seed, known)
        command = self.command(programs, folder, budget_s, seed)
        if self.how in _PYTHON:
            Shared(folder / "shared", create=True).close()
        environment = dict(engine.environment("fuzz"))
        environment["PYFUZZ_WITHOUT"] = "state" if self.how == "plain" else ""
        environment["PYFUZZ_ONLY"] = ""
        environment["PYTHONPATH"] = str(paths.ROOT)
        return trial.run(command, environment, folder, abs(budget_s), seed)

    def command(
        self, programs: Programs, folder: Path, budget_s: float, seed: int
    ) -> Sequence[str]:
        """Return the command of a trial, which prints the line that trial.parse() reads."""
        known = trial.known_lines(programs.target.known)
        common = (str(folder), str(budget_s), str(seed), known)
        if self.how in _PYTHON:
            command = [sys.executable, "-P", "-m", "bench.compare.python_peer", self.how]
            return [*command, str(engine.prepare("fuzz")), str(programs.module), *common]
        budget = f"{budget_s * 1000:.0f}/0" if budget_s >= 0 else f"{_NO_LIMIT}/1"
        program = programs.plain if self.how == "plain" else programs.native
        way = "random" if self.how == "random" else "fuzz"
        command = [str(program), way, budget, f"{ALL_KINDS:x}", known]
        if self.how == "random":
            return [*command, str(seed)]
        corpus = folder / "corpus"
        corpus.mkdir(exist_ok=True)
        return [*command, *self.arguments(corpus, seed)]

    def arguments(self, corpus: Path, seed: int) -> list[str]:
        """Return libFuzzer's arguments: pyfuzz's, or as few as the harness needs."""
        ours = engine_arguments(Job("", "fuzz", "", 0, folders=(str(corpus),), seed=seed))
        if self.how != "plain":
            return ours
        needed = ("-max_len=", "-seed=", "-artifact_prefix=", "-handle_", "-timeout=", "-detect_")
        return [word for word in ours if not word.startswith("-") or word.startswith(needed)]


PEERS = (
    Peer("pyfuzz", "a worker of `pyfuzz fuzz` as shipped: Python, atheris, one call per input",
         "pyfuzz"),
    Peer("libFuzzer", "native; plain bytes, only the target's coverage, its own defaults",
         "plain"),
    Peer("libFuzzer with our generator",
         "native; pyfuzz's mutator, state feedback and flags: pyfuzz without Python",
         "native", aim=False),
    Peer("random inputs", "up to 64 operations of random bytes, no engine", "random", aim=False),
    Peer("AFL++", "persistent mode, test cases in shared memory, one seed of one operation",
         "afl", slow=True),
    Peer("Hypothesis", "a stateful test on the Python interface, one call per step",
         "hypothesis", slow=True),
    Peer("naive atheris", "one call per step, a model in Python besides the oracle in C",
         "naive", slow=True),
)  # fmt: skip


@cache
def plain_engine() -> Path:
    """Return libFuzzer as a shared object without pyfuzz's mutator in it."""
    archive = engine.archive()
    ours = builder.build_engine(archive)  # and so its folder exists
    path = ours.with_name(f"plain-{ours.name}")
    if path.exists():
        return path
    chosen = compiler.find()
    whole = ["-Wl,--whole-archive", str(archive), "-Wl,--no-whole-archive"]
    libraries = ["-l:libstdc++.so.6", "-lpthread", "-ldl", "-lm"]
    beside = path.with_suffix(f".{os.getpid()}")
    done = subprocess.run(
        [*chosen.link, "-shared", "-o", str(beside), *whole, *libraries],
        env=chosen.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UsageError(f"libFuzzer cannot be linked without pyfuzz's mutator: {done.stderr}")
    beside.replace(path)
    return path


def build(target: Target, afl_builder: afl.Builder | None) -> Programs:
    """Compile a target for every peer.

    Errors: UsageError, HarnessError if it does not compile.
    """
    driver = paths.csrc() / "mutants" / "driver.c"
    return Programs(
        target=target,
        module=builder.build(target, "fuzz"),
        native=mutant_trial.build(target),
        plain=builder.build_native(target, driver, plain_engine(), "fuzz"),
        afl=afl_builder.build(target) if afl_builder else None,
    )
