# SPDX-License-Identifier: GPL-2.0-only
"""A trial of AFL++: the process around afl-fuzz that measures its processor time.

It writes one line (bench/compare/line.py).  Processor time is that of afl-fuzz, its
fork server and every child of that: this process is their subreaper, so that none is
missed.  It is forked, since starting Python would take longer than most trials.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import time
import traceback
from pathlib import Path

from bench.compare import afl, line, trial
from bench.compare.trial import Tried
from pyfuzz.errors import PyfuzzError
from pyfuzz.module.shared import Shared
from pyfuzz.mutants.trial import Trial

_PR_SET_CHILD_SUBREAPER = 36
_LOOK_EVERY_S = 0.02
_DOES_NOT_END_MS = "5000"  # the harness ends a step that hangs after a second
_NO_BUDGET = "1000000000/0"  # limited here, for all processes together
_LOOP = "-1000000000"  # executions before the process is restarted


def run(program: Path, folder: Path, budget_s: float, seed: int, known: str) -> Tried:
    """Run one trial in an empty folder; see trial.run()."""
    out = folder / "line"
    pid = os.fork()
    if not pid:
        try:
            # Processor time is what counts; this ends a process that waits forever.
            signal.alarm(int(60 + 20 * abs(budget_s)))
            out.write_text(_trial(str(program), folder, budget_s, str(seed), known))
        except (OSError, PyfuzzError):
            traceback.print_exc()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    text = out.read_text() if out.exists() else "afl-fuzz did not end"
    one = trial.parse(text, seed)
    return Tried(one or Trial(seed, False, 0, 0, abs(budget_s), died=text))


def _trial(program: str, folder: Path, budget_s: float, seed: str, known: str) -> str:
    """Return the line, or what went wrong."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    report = folder / "report"
    with Shared(folder / "shared", create=True) as shared:
        command = fuzz_command(program, folder, seed, known)
        environment = {
            **os.environ,
            **afl.ENVIRONMENT,
            "AFL_BENCH_UNTIL_CRASH": "1",
            "PYFUZZ_REPORT": str(report),
            "PYFUZZ_SHARED": str(folder / "shared"),
        }
        with (folder / "log").open("wb") as log:
            fuzzer = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        while not (_whole(report) or _ended(fuzzer)):
            if budget_s < 0 and shared.counts().executions:
                break
            if tree_seconds(fuzzer.pid) > abs(budget_s) + 100 * (budget_s < 0):
                break
            time.sleep(_LOOK_EVERY_S)
        end(fuzzer)
        counts = shared.counts()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_ns = int((usage.ru_utime + usage.ru_stime) * 1e9)
    found = trial.parse(report.read_text(), int(seed)) if _whole(report) else None
    if found is None and not counts.executions:
        return f"afl-fuzz did not begin: {(folder / 'log').read_text()[-300:]!r}"
    what = (found.kind.number, found.function, found.message) if found and found.kind else ()
    reached = bool(found and found.reached)
    return line.line(reached, (counts.executions, counts.steps), spent_ns, what)


def fuzz_command(program: str, folder: Path, seed: str, known: str = "") -> list[str]:
    """Return afl-fuzz on a program of afl.Builder's, from one seed if there is no corpus."""
    corpus = folder / "in"
    if not corpus.exists():
        corpus.mkdir()
        (corpus / "seed").write_bytes(afl.SEED)
    arguments = ["-i", str(corpus), "-o", str(folder / "out"), "-s", seed, "-m", "none"]
    arguments += ["-t", _DOES_NOT_END_MS, "-G", "4096"]
    return ["afl-fuzz", *arguments, "--", program, "fuzz", _NO_BUDGET, "ffffffff", known, _LOOP]


def _whole(report: Path) -> bool:
    """Tell whether the driver has written its line: the file exists slightly earlier."""
    return report.exists() and report.read_bytes().endswith(b"\n")


def _ended(process: subprocess.Popen[bytes]) -> bool:
    # Not reaped, so that its times stay in /proc until end().
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process and all below it."""
    _kill([process.pid, *descendants(process.pid)])
    process.wait()


def end(fuzzer: subprocess.Popen[bytes]) -> None:
    """End afl-fuzz and everything that it started, and add up their processor time.

    A child that the fork server starts meanwhile stops itself before its first input, and
    nothing wakes it again: it is adopted by this process, which looks until none is left.
    """
    kill_tree(fuzzer)
    while left := descendants(os.getpid()):
        _kill(left)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def descendants(pid: int) -> list[int]:
    """Return the descendants of a process."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    children = [int(word) for word in text.split()]
    return [*children, *(below for child in children for below in descendants(child))]


def tree_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants, including ended ones."""
    ticks = 0
    for one in [pid, *descendants(pid)]:
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
