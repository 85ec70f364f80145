# SPDX-License-Identifier: GPL-2.0-only
"""A campaign: workers fuzzing one target, watched by this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pyfuzz import _engine, builder, provenance, stats
from pyfuzz.catalogue import Target
from pyfuzz.engine_log import Greeting
from pyfuzz.errors import HarnessError, PyfuzzError, UsageError
from pyfuzz.finding import Finding, FindingTable, death, write_artifact
from pyfuzz.run_folder import Exchange, RunFolder
from pyfuzz.runner import Runner
from pyfuzz.sampling import sample_of
from pyfuzz.shared import Counts, Slot
from pyfuzz.shorten import shorten
from pyfuzz.worker import Job
from pyfuzz.worker_process import Death, WorkerProcess, add_counts

_POLL_S = 0.2
_CARRY_S = 2.0
_CONFIRM_S = 20.0
_EARLY_DEATHS = 10


@dataclass(frozen=True, slots=True)
class Options:
    """What a campaign is to do.

    ``kernel`` is what the user named, "" for a port; ``kernel_notes`` say what of
    it is not fuzzed or was made up; ``kernel_facts`` say what
    was found there (see pyfuzz/provenance.py).
    """

    target: Target
    out: Path
    seed: int
    flavour: str = "fuzz"
    workers: int = 1
    seconds: float | None = 60.0
    runs: int | None = None
    kernel: str = ""
    kernel_facts: dict[str, str | None] | None = None
    known_files: tuple[str, ...] = ()
    kernel_notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """What a campaign did; filled while it goes on, whole when it is over.

    ``notes`` are lines for the user, each about something that went otherwise
    than planned.  ``trouble`` is what ended the campaign before its time.
    ``page`` is the HTML report, None until it is written.
    """

    options: Options
    counts: Counts = field(default_factory=Counts)
    seconds: float = 0.0
    corpus: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    greeting: Greeting | None = None
    interrupted: bool = False
    trouble: PyfuzzError | None = None
    page: Path | None = None

    @property
    def verdict(self) -> str:
        """``finding`` if there is one that is not known, ``known`` or ``clean``."""
        if any(finding.known is None for finding in self.findings):
            return "finding"
        return "known" if self.findings else "clean"


class Campaign:
    """Runs the workers of one campaign until it is over, whatever they do."""

    def __init__(self, options: Options, watch: Callable[[Report, str], None]) -> None:
        """Make a campaign; ``watch`` is told of the report and the phase now and then."""
        self._options = options
        self._watch = watch
        self._workers: list[WorkerProcess] = []
        self._early_deaths = 0
        self.report = Report(options, notes=list(options.kernel_notes))

    def run(self) -> Report:
        """Fuzz until the time or the runs are over; what stops it is in the report.

        Errors: PyfuzzError if it could not begin.
        """
        options = self._options
        self._watch(self.report, "building")
        _engine.prepare(options.flavour)
        module = builder.build(options.target, options.flavour)
        folder = RunFolder(options.out, options.target.name)
        self._stats = stats.StatsFile(folder.path / stats.FILE)
        self._started = stats.now()
        try:
            self._run_in(folder, module)
        finally:
            folder.close()
        return self.report

    def _run_in(self, folder: RunFolder, module: Path) -> None:
        report = self.report
        start_ns = time.monotonic_ns()
        table = FindingTable(self._options.target, start_ns)
        try:
            provenance.record(folder.path, self._options, self._started)
            folder.prepare_corpus(report.notes.append)
            self._make_workers(folder, module)
            start_ns = time.monotonic_ns()
            table = FindingTable(self._options.target, start_ns)
            self._watch_workers(folder, table, start_ns)
        except KeyboardInterrupt:
            report.interrupted = True
        except PyfuzzError as error:
            report.trouble = error
        except OSError as error:
            report.trouble = _no_room(error, folder)
        finally:
            for worker in self._workers:
                worker.kill()
            self._collect(folder, table, start_ns, last=True)
            for worker in self._workers:
                worker.close()
        self._finish(folder)

    def _make_workers(self, folder: RunFolder, module: Path) -> None:
        options = self._options
        for number in range(options.workers):
            job = Job(
                module=str(module),
                flavour=options.flavour,
                shared="",
                supervisor=0,
                folders=(str(folder.corpus),),
                seed=(options.seed + number * 104_729) % 2**32,
                runs=-1 if options.runs is None else _share(options.runs, options.workers, number),
                reload=options.workers > 1,
            )
            self._workers.append(WorkerProcess(number, folder.workers / str(number), job))
        for worker in self._workers:
            worker.start()

    def _watch_workers(self, folder: RunFolder, table: FindingTable, start_ns: int) -> None:
        going = list(self._workers)
        exchange = Exchange(folder.corpus, [worker.corpus for worker in going])
        carried_s = time.monotonic()
        seconds = self._options.seconds
        while going:
            for worker in list(going):
                if not self._look_after(worker, table, folder):
                    going.remove(worker)
            self._collect(folder, table, start_ns)
            self._watch(self.report, "fuzzing")
            if seconds is not None and self.report.seconds >= seconds:
                break
            if len(self._workers) > 1 and time.monotonic() - carried_s > _CARRY_S:
                exchange.carry()
                carried_s = time.monotonic()
            time.sleep(_POLL_S)

    def _look_after(self, worker: WorkerProcess, table: FindingTable, folder: RunFolder) -> bool:
        """Return whether a worker goes on; replace it if it ended before its time."""
        code = worker.poll()
        ended = worker.stuck() if code is None else None
        if code is None and ended is None:
            return True
        if code == 0:
            return False
        table.update(worker.name, worker.slots())
        if ended is None:
            assert code is not None
            ended = worker.death(code)
        worker.kill()
        if ended.execution == 0:
            raise HarnessError(
                f"worker {worker.number} {ended.reason} before it fuzzed: {worker.last_words()}"
            )
        slot = self._cause(ended)
        if slot is not None:
            table.update(f"{worker.name} death", [slot])
            # The next process would begin with it, and end.
            folder.put_aside(slot.best, [folder.corpus, worker.corpus])
        self.report.notes.append(
            f"worker {worker.number} {ended.reason} and was started again"
            + ("" if slot else "; its last input alone does not do it")
        )
        self._early_deaths = self._early_deaths + 1 if ended.execution < 1000 else 0
        if self._early_deaths >= _EARLY_DEATHS:
            self.report.notes.append(
                f"worker {worker.number} was given up: it ends as soon as it begins"
            )
            return False
        worker.start()
        return True

    def _cause(self, ended: Death) -> Slot | None:
        """Return the finding behind a worker's death: its last input, run alone."""
        if ended.data is None:
            return None
        with Runner(self._options.target, self._options.flavour, _CONFIRM_S) as runner:
            for finding in runner.run(ended.data):
                if not finding.function:  # the process's end, not the harness's word
                    now_ns = time.monotonic_ns()
                    return death(finding.kind, finding.message, ended.data, ended.execution, now_ns)
        return None

    def _collect(
        self, folder: RunFolder, table: FindingTable, start_ns: int, *, last: bool = False
    ) -> None:
        report = self.report
        report.seconds = (time.monotonic_ns() - start_ns) / 1e9
        for worker in self._workers:
            for finding in table.update(worker.name, worker.slots()):
                self._write(finding, folder)
            report.greeting = report.greeting or worker.greeting
        report.findings = table.all()
        report.counts = add_counts([worker.counts() for worker in self._workers])
        folders = [folder.corpus, *(worker.corpus for worker in self._workers)]
        report.corpus = len({name for path in folders for name in _names(path)})
        sample = partial(sample_of, self._started, report, self._workers)
        self._stats.record(report.seconds, sample, last=last)

    def _write(self, finding: Finding, folder: RunFolder) -> None:
        options = self._options
        try:
            write_artifact(finding, options.target, options.kernel, folder.findings)
        except OSError as error:
            self.report.trouble = self.report.trouble or _no_room(error, folder)

    def _finish(self, folder: RunFolder) -> None:
        """Keep the corpus, and make the findings' sequences short."""
        report = self.report
        if self._stats.trouble:
            report.notes.append(self._stats.trouble)
        try:
            Exchange(folder.corpus, [worker.corpus for worker in self._workers]).carry()
            report.corpus = len(_names(folder.corpus))
            if not report.interrupted and report.trouble is None:
                self._shorten(folder)
        except KeyboardInterrupt:
            report.interrupted = True
        except OSError as error:
            report.trouble = report.trouble or _no_room(error, folder)

    def _shorten(self, folder: RunFolder) -> None:
        report, options = self.report, self._options
        if not report.findings:
            return
        self._watch(report, f"minimizing {len(report.findings)} finding(s)")
        try:
            for finding, trouble in shorten(report.findings, options.target, options.flavour):
                if trouble:
                    report.notes.append(f"{finding.stem} was not minimized: {trouble}")
                else:
                    self._write(finding, folder)
        except PyfuzzError as error:
            report.notes.append(f"the findings were not minimized: {error}")


def _share(total: int, parts: int, number: int) -> int:
    return total // parts + (number < total % parts)


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


def _no_room(error: OSError, folder: RunFolder) -> UsageError:
    return UsageError(
        f"the output folder {folder.path} cannot be written any more: {error.strerror or error}; "
        "make room, or name another with --out DIR"
    )
