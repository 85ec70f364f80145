# SPDX-License-Identifier: GPL-2.0-only
"""``python -m bench.start``: how long a user waits for the first execution, and for what.

Starts ``pyfuzz fuzz`` with a build folder that is empty (cold), or has everything already
(warm), and watches the build and run folders from outside.  Each line is an event: the
seconds since the command was started, and the processor seconds of all its processes.
On a busy machine the latter are what can be compared.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.dask_here import below, environment
from pyfuzz.errors import PyfuzzError
from pyfuzz.module.shared import Shared
from pyfuzz.processes import usage

_LIMIT_S = 900.0
_FIRST = "the first execution"
_OWN = "of these, in the worker that executes first"
_WORKER = b"pyfuzz.campaign.worker"
# What appears in the build folder, and what that means.
_BUILT = {
    "compilers/*.json": "a compiler was chosen",
    "extracted/*/target.c": "the kernel's code was extracted",
    "engine/libfuzzer-*.so": "libFuzzer was linked",
    "targets/*_fuzz_*.so": "the target was built",
    "targets/*_values_*.so": "the target was built for the worker 'values'",
    "targets/*_sanitize_*.so": "the target was built for the sanitizer worker",
}


def events(words: list[str], build: Path, folder: Path) -> dict[str, tuple[float, float]]:
    """Run a campaign until each worker has executed; return when each event was."""
    seen: dict[str, tuple[float, float]] = {}
    out = folder / "run"
    command = [sys.executable, "-P", "-m", "pyfuzz", "fuzz", *words, "--time", "1h"]
    with (folder / "log").open("wb") as log:
        began_s = time.monotonic()
        process = subprocess.Popen(
            [*command, "--no-report", "--out", str(out)],
            env=environment(PYFUZZ_BUILD_DIR=str(build)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    before = {pattern for pattern in _BUILT if any(build.glob(pattern))}
    try:
        while not _all_execute(out, seen) or _FIRST not in seen:
            at = (time.monotonic() - began_s, _used_s(process.pid))
            for pattern, event in _BUILT.items():
                if pattern not in before and any(build.glob(pattern)):
                    seen.setdefault(event, at)
            for name, executions in _executions(out).items():
                seen.setdefault(f"worker '{name}' was started", at)
                if executions:
                    if _FIRST not in seen:
                        seen[_FIRST] = at
                        seen[_OWN] = (at[0], _of_workers_s(process.pid))
                    seen.setdefault(f"worker '{name}' executes", at)
            if process.poll() is not None or at[0] > _LIMIT_S:
                sys.exit(f"bench: the campaign ended: {(folder / 'log').read_text()[-1000:]}")
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
    return seen


def _all_execute(out: Path, seen: dict[str, tuple[float, float]]) -> bool:
    return all(f"worker '{name}' executes" in seen for name in _executions(out))


def _executions(out: Path) -> dict[str, int]:
    """Return how many executions each worker that fuzzes has done."""
    found = {}
    for path in out.glob("**/workers/*/shared.1"):
        if path.parent.name != "sanitizer":
            try:
                with Shared(path) as shared:
                    found[path.parent.name] = shared.counts().executions
            except (PyfuzzError, OSError, ValueError):
                continue  # it is being made
    return found


def _of_workers_s(process: int) -> float:
    """Return the processor seconds of the worker that has used most; the first to execute."""
    used = [0.0]
    for pid in below(process):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
        if _WORKER in words:
            used.append(usage(pid).cpu_s)
    return max(used)


def _used_s(process: int) -> float:
    """Return the processor seconds of a process and all its descendants, ended ones too."""
    ticks = 0
    for pid in below(process):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure, and print each event."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.start",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", help="arguments of pyfuzz fuzz, after --")
    parser.add_argument("--cold", action="store_true", help="begin with an empty build folder")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds: list[dict[str, tuple[float, float]]] = []
    with tempfile.TemporaryDirectory(prefix="pyfuzz-start-") as name:
        for number in range(options.rounds + (not options.cold)):
            folder = Path(name, str(number))
            build = Path(name, f"build-{number if options.cold else 0}")
            folder.mkdir()
            build.mkdir(exist_ok=True)
            rounds.append(events(options.words, build, folder))
    if not options.cold:
        del rounds[0]
    print(f"{'cold' if options.cold else 'warm'}, {len(rounds)} rounds, medians")
    middle = {
        event: tuple(median(one[event][at] for one in rounds if event in one) for at in (0, 1))
        for event in {event for one in rounds for event in one}
    }
    for event, (elapsed_s, used_s) in sorted(middle.items(), key=lambda one: one[1]):
        print(f"{elapsed_s:8.2f} s {used_s:8.2f} s of processor  {event}")


if __name__ == "__main__":
    main()
