# SPDX-License-Identifier: GPL-2.0-only
"""One trial: a process that fuzzes a target with a mutant in it until something is found."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pyfuzz import paths
from pyfuzz.campaign.worker import Job, engine_arguments
from pyfuzz.errors import HarnessError
from pyfuzz.kinds import ORDER, Kind
from pyfuzz.module import builder, engine, launcher
from pyfuzz.sequence import container
from pyfuzz.target.catalogue import Target
from pyfuzz.target.known_findings import Known
from pyfuzz.world import DEFAULT

ALL_KINDS = (1 << len(ORDER)) - 1


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of one trial.

    ``kind`` is that of the first finding, None if there was none within the
    budget; ``processor_s`` is the process's total time until then.  ``died`` says
    how the process died, "" if it did not.
    """

    seed: int
    reached: bool
    executions: int
    steps: int
    processor_s: float
    kind: Kind | None = None
    function: str = ""
    message: str = ""
    died: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """How a trial is fuzzed: like a campaign or, for comparisons, with parts left out.

    ``engine`` is ``fuzz`` (libFuzzer) or ``random``; ``without`` are parts to
    leave out, and ``only`` are the ways to generate inputs (csrc/engine/mutator.c);
    ``seeds`` says whether to start from the shipped sequences, which are those of
    ``world``; ``kinds`` is a mask
    of the kinds that count as a finding; ``flavour`` is how the program was
    compiled; ``executions`` is a limit on executions, 0 for none.
    """

    engine: str = "fuzz"
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    seeds: bool = True
    world: str = DEFAULT
    kinds: int = ALL_KINDS
    flavour: str = "fuzz"
    executions: int = 0


AS_A_CAMPAIGN = Ways()


@cache
def seeds(world: str) -> Path:
    """Return a folder with the shipped sequences of a world as libFuzzer reads them.

    Errors: UsageError if the shipped corpus cannot be read.
    """
    warn: list[str] = []
    files = container.read_folder(paths.corpus() / "seeds", warn.append)
    payloads = [file.payload for file in files if file.input.encoding.world == world]
    mark = hashlib.sha256(b"\0".join((world.encode(), *payloads))).hexdigest()[:16]
    folder = paths.build_dir() / f"seeds-{mark}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as partial:
            whole = Path(partial, "whole")
            whole.mkdir()
            for payload in payloads:
                (whole / hashlib.sha1(payload).hexdigest()).write_bytes(payload)
            # Another process may have been first: its folder is just as good.
            with suppress(OSError):
                whole.rename(folder)
    return folder


def build(target: Target, flavour: str = "fuzz") -> Path:
    """Return the program that runs trials of a target; the caller may delete it."""
    driver = paths.csrc() / "mutants" / "driver.c"
    return builder.build_native(target, driver, engine.prepare(flavour), flavour)


def run(
    program: Path,
    folder: Path,
    known: Iterable[Known],
    budget_s: float,
    seed: int,
    ways: Ways = AS_A_CAMPAIGN,
) -> Trial:
    """Run one trial; libFuzzer keeps its corpus in ``folder``, which must exist.

    Errors: HarnessError if the program's output cannot be parsed.
    """
    lines = "\n".join(f"{k.kind.number}\t{k.function}\t{k.message}" for k in known)
    budget = f"{budget_s * 1000:.0f}/{ways.executions}"
    command = [str(program), ways.engine, budget, f"{ways.kinds:x}", lines]
    if ways.engine == "random":
        command.append(str(seed))
    else:
        folders = (str(folder), *([str(seeds(ways.world))] if ways.seeds else []))
        command += engine_arguments(Job("", "fuzz", "", 0, folders=folders, seed=seed))
    environment = {
        **engine.environment(ways.flavour),
        "PYFUZZ_WITHOUT": ",".join(ways.without),
        "PYFUZZ_ONLY": ",".join(ways.only),
    }
    try:
        done = launcher.run(
            command,
            writable=[folder],
            environment=environment,
            # The budget is processor time; this catches a process that waits forever.
            timeout_s=60 + 20 * budget_s,
        )
    except subprocess.TimeoutExpired:
        return Trial(seed, False, 0, 0, budget_s, died="did not end")
    fields = done.stdout.rstrip("\n").split("\t")
    if done.returncode < 0:
        return Trial(seed, False, 0, 0, budget_s, died=f"died of signal {-done.returncode}")
    if len(fields) != 7:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise HarnessError(f"{program.name} exited with {done.returncode}: {last}")
    reached, executions, steps, spent_ns, number, function, message = fields
    return Trial(
        seed=seed,
        reached=reached == "1",
        executions=int(executions),
        steps=int(steps),
        processor_s=int(spent_ns) / 1e9,
        kind=ORDER[int(number)] if int(number) >= 0 else None,
        function=function,
        message=message,
    )


def baseline(program: Path, folder: Path, target: Target, budget_s: float) -> tuple[Known, ...]:
    """Return what the unchanged target shows: its known findings, and others.

    A kernel whose policy is BUG() shows host-bug, for example.
    """
    known = list(target.known)
    seed, spent_s = 1, 0.0
    while spent_s < budget_s:
        ways = Ways(world=target.world)
        trial = run(program, folder, known, budget_s - spent_s, seed, ways)
        spent_s += trial.processor_s
        seed += 1
        if trial.kind is None:
            break
        message = re.sub(r"[\[\]]", "?", re.sub(r"\d+", "*", trial.message))
        reason = "shown without any mutant"
        known.append(Known(trial.kind, trial.function, reason, message))
    return tuple(known)


def digests(program: Path, inputs: list[Path]) -> list[str]:
    """Return one hash per input, of what every step did and left behind."""
    command = [str(program), "digest", *map(str, inputs)]
    return launcher.run(command, timeout_s=600).stdout.split()
