# SPDX-License-Identifier: GPL-2.0-only
"""A worker as its campaign sees it: a process that is started, watched and restarted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from pyfuzz import processes
from pyfuzz.campaign.engine_log import Greeting, check_engine_sees, greeting, last_words
from pyfuzz.campaign.worker import Job
from pyfuzz.errors import HarnessError
from pyfuzz.module import engine
from pyfuzz.module.shared import Counts, Shared, Slot

STUCK_CPU_S = 10.0
# How long a process may sleep in a sequence, where there is nothing to wait for.
# Long, since the whole machine may have been suspended.
STUCK_WAITING_S = 20.0
# Generous: on a busy machine a start takes long.
_START_CPU_S = 60.0
_START_S = 1800.0
_LOG_HEAD_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Death:
    """How a worker ended early, and the input that it was running, if any.

    ``memory``: it exceeded its memory limit.
    """

    reason: str
    data: bytes | None
    execution: int
    memory: bool = False


class WorkerProcess:
    """One worker; its process may be restarted, its counts continue."""

    def __init__(self, name: str, folder: Path, job: Job, memory_mb: int) -> None:
        """Create the worker's folder and complete ``job`` with its paths.

        Its process may use ``memory_mb`` MiB.  Errors: OSError if the folder
        cannot be written.
        """
        self.name = name
        self.folder = folder
        self.corpus = folder / "corpus"
        self.corpus.mkdir(parents=True)
        self.early_deaths = 0
        self._memory_mb = memory_mb
        self.started = 0
        self.checked = False
        self.greeting: Greeting | None = None
        self._job = job
        self._past: list[Counts] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._shared: Shared | None = None
        self._progress = (0, 0.0)
        self._waiting_s: float | None = None
        self._began_s = 0.0

    @property
    def checks(self) -> bool:
        """Whether this is the sanitizer worker, whose executions do not count."""
        return bool(self._job.checked)

    @property
    def flavour(self) -> str:
        """The flavour that its findings are attributed to."""
        return "sanitize" if self._job.flavour == "sanitize" else "fuzz"

    @property
    def compiled_as(self) -> str:
        """The flavour that its target is compiled in."""
        return self._job.flavour

    def take(self, engine: Path, module: Path, against: tuple[str, int, int] | None) -> None:
        """Take what was compiled for it: libFuzzer, its target, and what that is compared with."""
        self._job = replace(self._job, engine=str(engine), module=str(module), against=against)

    @property
    def process(self) -> str:
        """A unique name for the current process."""
        return f"{self.name}.{self.started}"

    def start(self) -> None:
        """Start the process for the remaining runs.

        Errors: OSError if there is no room for its files.
        """
        done = self.counts().executions
        self._retire()
        self.started += 1
        shared = self.folder / f"shared.{self.started}"
        self._shared = Shared(shared, create=True)
        job = replace(
            self._job,
            shared=str(shared),
            supervisor=os.getpid(),
            folders=self._job.folders if self.checks else (str(self.corpus), *self._job.folders),
            # Another process that makes the same choices would die the same way.
            seed=(self._job.seed + (self.started - 1) * 7919) % 2**32,
            runs=-1 if self._job.runs < 0 else max(1, self._job.runs - done),
        )
        with self._log.open("wb") as log:
            self._process = _spawn(job, log.fileno())
        self.checked = self.checks  # it has no engine
        self._progress = (0, 0.0)
        self._waiting_s = None
        self._began_s = time.monotonic()

    @property
    def _log(self) -> Path:
        return self.folder / f"log.{self.started}"

    def counts(self) -> Counts:
        """Return what all processes of this worker did; the coverage is that of the best one."""
        parts = [*self._past, *([self._shared.counts()] if self._shared else [])]
        return add_counts(parts)

    def inputs(self) -> int:
        """Return how many inputs the worker keeps."""
        return sum(not path.name.startswith(".") for path in self.corpus.iterdir())

    def slots(self) -> list[Slot]:
        """Return what the current process found."""
        if self._shared is None:
            return []
        ended = self._process is not None and self._process.returncode is not None
        return self._shared.slots(ended=ended)

    @property
    def has_done_its_runs(self) -> bool:
        """Whether a process that ended with exit code 0 has done what it was asked to do."""
        assert self._shared is not None
        return self._job.runs >= 0 and not self._shared.running and bool(self.counts().executions)

    def poll(self) -> int | None:
        """Return the exit code if the process has ended, None while it runs.

        Errors: HarnessError if the engine turns out not to see the target.
        """
        assert self._process is not None and self._shared is not None
        code = self._process.poll()
        if not self.checked:
            log = self._log_head()
            self.greeting = greeting(log) or self.greeting
            self.checked = check_engine_sees(log, self._shared.counts().executions)
            if not self.checked:
                self._check_start(log)
        return code

    def _check_start(self, log: str) -> None:
        """Raise HarnessError if the process has had time to begin and has not."""
        assert self._process is not None
        cpu_s = processes.usage(self._process.pid).cpu_s
        wall_s = time.monotonic() - self._began_s
        if cpu_s > _START_CPU_S or wall_s > _START_S:
            raise HarnessError(
                f"worker {self.name} has not begun after {cpu_s:.0f} s of processor time, "
                f"{wall_s:.0f} s in all: {last_words(log)}; see {self._log}"
            )

    def death(self, code: int) -> Death:
        """Say how a process that ended by itself died."""
        assert self._shared is not None
        data = self._shared.input if self._shared.running else None
        return Death(_reason(code), data, self._shared.counts().executions)

    def unfit(self) -> Death | None:
        """Return why a process that runs must be ended: it is stuck, or too large.

        The harness ends an operation that hangs, so this is only the second safety net.
        """
        assert self._process is not None and self._shared is not None
        executions = self._shared.counts().executions
        usage = processes.usage(self._process.pid)
        data = self._shared.input if self._shared.running else None
        if usage.resident_mb > self._memory_mb:
            reason = f"used {usage.resident_mb:,.0f} MiB of memory, {self._memory_mb:,} are allowed"
            return Death(reason, data, executions, memory=True)
        if executions != self._progress[0] or data is None:
            self._progress = (executions, usage.cpu_s)
            self._waiting_s = None
            return None
        if usage.cpu_s - self._progress[1] >= STUCK_CPU_S:
            reason = f"took {STUCK_CPU_S:.0f} s of processor time for one sequence"
            return Death(reason, data, executions)
        now_s = time.monotonic()
        if not usage.waiting:
            self._waiting_s = None
        elif self._waiting_s is None:
            self._waiting_s = now_s
        elif now_s - self._waiting_s >= STUCK_WAITING_S:
            reason = f"made no progress for {STUCK_WAITING_S:g} s in one sequence"
            return Death(reason, data, executions)
        return None

    def last_words(self) -> str:
        """Return the last line of the log."""
        return last_words(self._log.read_text(errors="replace"))

    def pause(self) -> None:
        """Stop the process where it is; what it does takes no processor time until resume()."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the process go on."""
        self._signal(signal.SIGCONT)
        self._waiting_s = None

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)  # polls first: not to another process of this number

    def kill(self) -> None:
        """End the process at once: all that it found is in the shared region."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End the process and keep its counts."""
        self.kill()
        self._retire()

    def _retire(self) -> None:
        if self._shared is not None:
            self._past.append(self._shared.counts())
            self._shared.close()
            self._shared = None

    def _log_head(self) -> str:
        try:
            with self._log.open("rb") as log:
                return log.read(_LOG_HEAD_BYTES).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""


def add_counts(parts: list[Counts]) -> Counts:
    """Add up what was done; edges and states are the most that one process saw."""
    return Counts(
        executions=sum(part.executions for part in parts),
        operations=sum(part.operations for part in parts),
        steps=sum(part.steps for part in parts),
        edges=max((part.edges for part in parts), default=0),
        states=max((part.states for part in parts), default=0),
        slots_lost=sum(part.slots_lost for part in parts),
    )


def _spawn(job: Job, log: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "pyfuzz.campaign.worker", job.text()],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={
            **engine.environment(job.flavour),
            "PYFUZZ_WITHOUT": ",".join(job.without),
            "PYFUZZ_ONLY": ",".join(job.only),
        },
        start_new_session=True,  # Ctrl-C is for the campaign alone
    )


def _reason(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"died of {signal.Signals(-code).name}"
    except ValueError:
        return f"died of signal {-code}"
