# SPDX-License-Identifier: GPL-2.0-only
"""Supervises the workers of a campaign: starts, watches and restarts them.

The sanitizer worker is one of them, but its executions do not count, and the
campaign can do without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from pyfuzz.campaign.checker import unchecked
from pyfuzz.campaign.engine_log import Greeting
from pyfuzz.campaign.strategy import CHECKER, Strategy, deal
from pyfuzz.campaign.worker import Job
from pyfuzz.campaign.worker_process import Death, WorkerProcess, add_counts
from pyfuzz.errors import HarnessError, PyfuzzError
from pyfuzz.finding.table import FindingTable, death
from pyfuzz.module import builder, engine
from pyfuzz.module.shared import Counts, Slot
from pyfuzz.replay.runner import Runner
from pyfuzz.run.folder import RunFolder
from pyfuzz.sequence.input import Input
from pyfuzz.target.catalogue import Target

if TYPE_CHECKING:
    from pyfuzz.run.options import Options

T = TypeVar("T")
_CONFIRM_S = 20.0
_EARLY_DEATHS = 10
_EARLY_EXECUTIONS = 1000


@dataclass(frozen=True, slots=True)
class Built:
    """What a worker of one flavour loads: libFuzzer, its module, and what that is compared with."""

    engine: Path
    module: Path
    against: tuple[str, int, int] | None


class Supervisor:
    """The workers of one campaign."""

    def __init__(self, options: Options, folder: RunFolder, note: Callable[[str], None]) -> None:
        """Create the workers' folders; ``note`` is called with anything unusual.

        Errors: UsageError and HarnessError of a build, OSError.
        """
        self._options = options
        self._folder = folder
        self._note = note
        self._build: Future[Path] | None = None
        self._checked = folder.workers / "checked"
        self._going: list[WorkerProcess] = []
        # Workers whose flavour is still being compiled, with what is needed to start them.
        self._waiting: dict[str, tuple[Future[Built], list[WorkerProcess]]] = {}
        self.fuzzing: list[WorkerProcess] = []
        self.checker: WorkerProcess | None = None
        self.stopped = False

    @property
    def all(self) -> list[WorkerProcess]:
        """The workers that fuzz, and the sanitizer worker once it is there."""
        return [*self.fuzzing, *filter(None, [self.checker])]

    @property
    def folders(self) -> list[Path]:
        """The folders of the workers that fuzz, which inputs come from and go to."""
        return [worker.corpus for worker in self.fuzzing]

    @property
    def greeting(self) -> Greeting | None:
        """What a worker said of the target; None until one has begun."""
        return next((one.greeting for one in self.fuzzing if one.greeting is not None), None)

    def start(self) -> None:
        """Start the workers of the campaign's flavour; others follow once theirs is compiled."""
        options = self._options
        for number, (name, strategy) in enumerate(deal(options.workers, options.first_worker)):
            folder = self._folder.workers / name
            job = self._job(strategy, number)
            self.fuzzing.append(WorkerProcess(name, folder, job, options.memory_mb))
        by_flavour: dict[str, list[WorkerProcess]] = {}
        for worker in self.fuzzing:
            by_flavour.setdefault(worker.compiled_as, []).append(worker)
        self._begin(by_flavour.pop(options.flavour, []), _built(options.target, options.flavour))
        for flavour, workers in by_flavour.items():
            build = _in_background(partial(_built, options.target, flavour))
            self._waiting[flavour] = (build, workers)
        if options.check and options.flavour != "sanitize":
            self._build = _in_background(lambda: _sanitized(options.target))

    def _begin(self, workers: list[WorkerProcess], built: Built) -> None:
        for worker in workers:
            worker.take(built.engine, built.module, built.against)
            worker.start()
            self._going.append(worker)

    def _begin_those_built(self) -> None:
        """Errors: UsageError and HarnessError of a build."""
        for flavour, (build, workers) in list(self._waiting.items()):
            if build.done():
                del self._waiting[flavour]
                self._begin(workers, build.result())

    def _job(self, strategy: Strategy, number: int) -> Job:
        """Return a worker's job, without what is compiled for it."""
        options = self._options
        return Job(
            module="",
            flavour=strategy.flavour if options.flavour == "fuzz" else options.flavour,
            shared="",
            supervisor=0,
            folders=(str(self._folder.corpus),),
            seed=(options.seed + number * 104_729) % 2**32,
            runs=-1 if options.runs is None else _share(options.runs, options.workers, number),
            reload=options.workers > 1 or options.shared,
            arguments=strategy.arguments,
            encoding=options.encoding,
            without=strategy.without,
            only=strategy.only,
        )

    def _start_checker(self, module: Path) -> None:
        job = Job(
            module=str(module),
            flavour="sanitize",
            shared="",
            supervisor=0,
            folders=(str(self._folder.corpus),),
            checked=str(self._checked),
            encoding=self._options.encoding,
        )
        folder = self._folder.workers / CHECKER
        self.checker = WorkerProcess(CHECKER, folder, job, self._options.memory_mb)
        self.checker.start()

    def look_after(self, table: FindingTable) -> bool:
        """Restart workers that ended early; return whether any is still fuzzing.

        Errors: HarnessError if a worker cannot fuzz at all or be built, OSError.
        """
        self._begin_those_built()
        for worker in list(self._going):
            if not self._look_after(worker, table):
                self._going.remove(worker)
        self._look_after_checker(table)
        return bool(self._going or self._waiting)

    def _look_after_checker(self, table: FindingTable) -> None:
        if self._build is not None and self._build.done():
            build, self._build = self._build, None
            try:
                self._start_checker(build.result())
            except (PyfuzzError, OSError) as error:
                self._note(f"no sanitizer worker: {error}")
        elif self.checker is not None and not self._look_after(self.checker, table):
            self.checker.close()
            self.checker = None

    def _look_after(self, worker: WorkerProcess, table: FindingTable) -> bool:
        """Return whether a worker is still running; restart it if it ended early."""
        code = worker.poll()
        ended = worker.unfit() if code is None else None
        if code is None and ended is None:
            return True
        if code == 0 and worker.has_done_its_runs:
            return False
        if ended is None:
            assert code is not None
            ended = worker.death(code)
        worker.kill()
        self._take(worker, table)
        if ended.execution == 0 and not worker.checks:
            raise HarnessError(
                f"worker {worker.name} {ended.reason} before it fuzzed: {worker.last_words()}"
            )
        slot = self._cause(worker, ended)
        if slot is not None:
            table.update(
                f"{worker.process} death", [slot], flavour=worker.flavour, scored=not worker.checks
            )
            if not worker.checks:
                # The next process would start with it, and die.
                folders = [self._folder.corpus, *(each.corpus for each in self.fuzzing)]
                self._folder.put_aside(slot.best, folders)
        self._note(
            f"worker {worker.name} {ended.reason} and was restarted"
            + ("" if slot else "; its last input alone does not reproduce that")
        )
        early = ended.execution < _EARLY_EXECUTIONS and not worker.checks
        worker.early_deaths = worker.early_deaths + 1 if early or not ended.execution else 0
        if worker.early_deaths >= _EARLY_DEATHS:
            self._note(f"worker {worker.name} was abandoned: it ends as soon as it starts")
            return False
        worker.start()
        return True

    def _cause(self, worker: WorkerProcess, ended: Death) -> Slot | None:
        """Return the finding behind a worker's end: its last input, run alone."""
        if ended.data is None:
            return None
        memory_mb = self._options.memory_mb
        with Runner(self._options.target, worker.flavour, _CONFIRM_S, memory_mb) as runner:
            for finding in runner.run(Input(ended.data, self._options.encoding)):
                if not finding.function:  # the process died; the harness reported nothing
                    now_ns = time.monotonic_ns()
                    return death(finding.kind, finding.message, ended.data, ended.execution, now_ns)
        return None

    def _take(self, worker: WorkerProcess, table: FindingTable) -> None:
        for finding in table.update(
            worker.process, worker.slots(), flavour=worker.flavour, scored=not worker.checks
        ):
            finding.artifact = None  # it has another sequence now

    def take_findings(self, table: FindingTable) -> None:
        """Add what every worker has found so far to the table."""
        for worker in self.all:
            self._take(worker, table)

    def counts(self) -> Counts:
        """Return what the fuzzing workers have done so far."""
        return add_counts([worker.counts() for worker in self.fuzzing])

    def check_pending(self) -> tuple[int, bool]:
        """Return how many inputs the sanitizer worker still has to run, and whether it is there.

        Without one there are none.
        """
        if self.checker is None and self._build is None:
            return 0, False
        return unchecked(self._folder.corpus, self._checked), self.checker is not None

    def pause(self) -> None:
        """Stop every worker where it is."""
        for worker in self.all:
            worker.pause()

    def resume(self) -> None:
        """Let every worker go on."""
        for worker in self.all:
            worker.resume()

    def stop_fuzzing(self) -> None:
        """End the workers that fuzz; the sanitizer worker goes on."""
        self.stopped = True
        self._going.clear()
        self._waiting.clear()
        for worker in self.fuzzing:
            worker.kill()

    def stop(self) -> None:
        """End every worker."""
        self.stop_fuzzing()
        if self.checker is not None:
            self.checker.kill()

    def close(self) -> None:
        """Unmap the workers' regions; their counts are kept."""
        for worker in self.all:
            worker.close()


def _built(target: Target, flavour: str) -> Built:
    with_other = None
    if target.against is not None:
        other = builder.build(target.against.target, flavour)
        with_other = (str(other), target.against.level, target.against.aside)
    return Built(engine.prepare(flavour), builder.build(target, flavour), with_other)


def _sanitized(target: Target) -> Path:
    engine.prepare("sanitize")
    return builder.build(target, "sanitize")


def _in_background(work: Callable[[], T]) -> Future[T]:
    """Run work in a daemon thread."""
    future: Future[T] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - it is raised where the result is taken
            future.set_exception(error)

    Thread(target=do, daemon=True).start()
    return future


def _share(total: int, parts: int, number: int) -> int:
    return total // parts + (number < total % parts)
