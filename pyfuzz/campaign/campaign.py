# SPDX-License-Identifier: GPL-2.0-only
"""A campaign: workers fuzzing one target, watched by this process."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from pyfuzz.campaign.engine_log import Greeting
from pyfuzz.campaign.recovery import recover
from pyfuzz.campaign.sampling import sample_of
from pyfuzz.campaign.supervising import Supervising
from pyfuzz.campaign.supervisor import Supervisor
from pyfuzz.campaign.turn import WAITING, Turn
from pyfuzz.corpus.distill import distill
from pyfuzz.corpus.entry import seeds_in
from pyfuzz.errors import PyfuzzError, UsageError
from pyfuzz.finding.artifact import remove_artifact, write_artifact
from pyfuzz.finding.finding import Finding
from pyfuzz.finding.shape import bugs
from pyfuzz.finding.shorten import shorten
from pyfuzz.finding.table import FindingTable
from pyfuzz.module import builder, confine, engine
from pyfuzz.module.shared import Counts
from pyfuzz.run import findings as finding_store
from pyfuzz.run import provenance, stats
from pyfuzz.run.folder import Exchange, RunFolder
from pyfuzz.run.options import Options
from pyfuzz.text import printable

_POLL_S = 0.2
# Nobody looks at the status of a part of a campaign.
_POLL_PART_S = 1.0
_CARRY_S = 2.0
# Time for the sanitizer worker to run its remaining inputs at the end.
_CHECK_S = 10.0
_DISTILL_S = 20.0


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What a worker did, and in how many processes; ``checks`` marks the sanitizer worker."""

    name: str
    counts: Counts
    started: int
    checks: bool = False


@dataclass(slots=True)
class Progress:
    """What a campaign has done so far; complete when the campaign ends.

    ``notes`` are lines for the user, each about something unusual.  ``trouble`` is
    what ended the campaign early.  ``page`` is the HTML report, None until it is
    written.  ``resumed``: an earlier campaign in the folder was resumed.
    """

    options: Options
    counts: Counts = field(default_factory=Counts)
    seconds: float = 0.0
    corpus: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    workers: list[WorkerState] = field(default_factory=list)
    greeting: Greeting | None = None
    interrupted: bool = False
    trouble: PyfuzzError | None = None
    page: Path | None = None
    resumed: bool = False

    def note(self, text: str) -> None:
        """Add a note, or count it if it is already there."""
        text = printable(text)
        for number, note in enumerate(self.notes):
            if note == text:
                self.notes[number] = f"{text} (2 times)"
                return
            if match := re.fullmatch(re.escape(text) + r" \((\d+) times\)", note):
                self.notes[number] = f"{text} ({int(match[1]) + 1} times)"
                return
        self.notes.append(text)

    @property
    def verdict(self) -> str:
        """``finding`` if there is one that is not known, ``known`` or ``clean``."""
        if any(finding.known is None for finding in self.findings):
            return "finding"
        return "known" if self.findings else "clean"


class Exchanging(Protocol):
    """Exchanges inputs and findings with other campaigns (pyfuzz/share/link.py)."""

    def begin(self, workers: Path, corpus: Path, note: Callable[[str], None]) -> Path:
        """Start; return the folder of inputs that arrive, treated as a worker's."""

    def look(self, progress: Progress) -> None:
        """Exchange what is ready, without waiting; called several times a second."""

    def end(self, progress: Progress) -> None:
        """Send what has not been sent yet."""


Supervise = Callable[[Options, RunFolder, Callable[[str], None]], Supervising]


class Campaign:
    """Runs the workers of one campaign until it ends, whatever they do."""

    def __init__(
        self,
        options: Options,
        watch: Callable[[Progress, str], None],
        others: Exchanging | None = None,
        supervise: Supervise = Supervisor,
        turn: Turn | None = None,
    ) -> None:
        """Create a campaign; ``watch`` is called now and then with the progress and the phase.

        ``others`` are the campaigns that it exchanges with; ``supervise`` makes the
        workers' supervisor, for those that are not processes of this machine; with
        ``turn`` it fuzzes only in its turns.
        """
        self._options = options
        self._watch = watch
        self._others = others
        self._supervise = supervise
        self._turn = turn
        self._waited_ns = 0
        self._arriving: list[Path] = []
        self.progress = Progress(options, notes=list(options.kernel_notes))
        if options.target.extracted:
            self.progress.notes += confine.lacking()

    def run(self) -> Progress:
        """Fuzz until the time or the runs are used up; the result says if anything else ended it.

        Errors: PyfuzzError if it could not start.
        """
        options = self._options
        self._watch(self.progress, "building")
        engine.prepare(options.flavour)
        builder.build(options.target, options.flavour)
        folder = RunFolder(options.out, options.target.name, options.encoding)
        self._stats = stats.StatsFile(folder.path / stats.FILE)
        self._started = stats.now()
        self._begun = False
        try:
            self._run_in(folder)
        finally:
            folder.close()
        return self.progress

    def _run_in(self, folder: RunFolder) -> None:
        progress, options = self.progress, self._options
        progress.resumed = folder.resumed
        self.supervisor = self._supervise(options, folder, progress.note)
        self._start_ns = time.monotonic_ns()
        self._table = FindingTable(options.target, self._start_ns, encoding=options.encoding)
        try:
            for note in provenance.record(folder.path, options, self._started):
                progress.note(note)
            earlier = recover(folder, options.target, progress.note)
            folder.prepare_corpus(progress.note)
            self._await_turn()
            self._watch(progress, "starting")
            self.supervisor.start()
            self._start_ns = folder.begin(options.flavour)
            self._table = FindingTable(options.target, self._start_ns, earlier, options.encoding)
            self._begun = True
            if self._others is not None:
                self._arriving = [self._others.begin(folder.workers, folder.corpus, progress.note)]
            self._fuzz(folder)
        except KeyboardInterrupt:
            progress.interrupted = True
        except PyfuzzError as error:
            progress.trouble = error
        except OSError as error:
            progress.trouble = _no_room(error, folder)
        finally:
            self.supervisor.stop()
            if self._begun:
                self._collect(folder, last=True)
            self.supervisor.close()
        if self._begun:
            self._finish(folder)
        if self._arriving and self._others is not None:
            try:
                self._others.end(progress)
            except KeyboardInterrupt:
                progress.interrupted = True
            except OSError as error:
                progress.trouble = progress.trouble or _no_room(error, folder)

    def _await_turn(self) -> int:
        """Wait until the campaign may fuzz; return for how many nanoseconds."""
        if self._turn is None or self._turn.mine():
            return 0
        began_ns = time.monotonic_ns()
        self._watch(self.progress, WAITING)
        while not self._turn.mine():
            time.sleep(_POLL_S / 4)
        return time.monotonic_ns() - began_ns

    def _pause(self, folder: RunFolder) -> None:
        """Stop the workers while it is another campaign's turn; that time does not count."""
        if self._turn is None or self._turn.mine():
            return
        self.supervisor.pause()
        self._collect(folder)
        began_ns = time.monotonic_ns()
        waited_ns = self._await_turn()
        self._waited_ns += waited_ns
        self._table.skip(began_ns, waited_ns)
        self.supervisor.resume()

    def _folders(self) -> list[Path]:
        """Return the folders that inputs come from and go to."""
        return [*self.supervisor.folders, *self._arriving]

    def _fuzz(self, folder: RunFolder) -> None:
        options, supervisor = self._options, self.supervisor
        poll_s = _POLL_PART_S if options.part else _POLL_S
        exchange = Exchange(folder.corpus, self._folders())
        carried_s = time.monotonic()
        while supervisor.look_after(self._table):
            self._collect(folder)
            self._watch(self.progress, "fuzzing")
            if self._others is not None:
                self._others.look(self.progress)
            if options.seconds is not None and self.progress.seconds >= options.seconds:
                break
            if options.stop_on_finding and self.progress.verdict == "finding":
                break
            self._pause(folder)
            if self._turn is not None and self._turn.ended:
                break
            if time.monotonic() - carried_s > _CARRY_S:
                exchange.carry()
                carried_s = time.monotonic()
            left_s = (
                math.inf if options.seconds is None else options.seconds - self.progress.seconds
            )
            time.sleep(max(0.0, min(poll_s, left_s)))
        supervisor.stop_fuzzing()
        exchange.carry()
        self._check_the_rest(folder)

    def _check_the_rest(self, folder: RunFolder) -> None:
        """Let the sanitizer worker run its remaining inputs, for a limited time."""
        deadline_s = math.inf
        while True:
            left, there = self.supervisor.check_pending()
            if not left:
                break
            if deadline_s == math.inf and there:
                deadline_s = time.monotonic() + _CHECK_S  # compiled, at last
            if time.monotonic() > deadline_s:
                self.progress.note(f"{left} inputs were not checked with a sanitizer: out of time")
                break
            self._watch(self.progress, f"checking {left} inputs with a sanitizer")
            self.supervisor.look_after(self._table)
            time.sleep(_POLL_S / 4)

    def _collect(self, folder: RunFolder, *, last: bool = False) -> None:
        progress, supervisor = self.progress, self.supervisor
        if not supervisor.stopped:
            progress.seconds = (time.monotonic_ns() - self._start_ns - self._waited_ns) / 1e9
        supervisor.take_findings(self._table)
        progress.findings = self._table.all()
        for finding in progress.findings:
            if finding.artifact is None:
                self._write(finding, folder)
        progress.counts = supervisor.counts()
        progress.workers = [
            WorkerState(worker.name, worker.counts(), worker.started, checks=worker.checks)
            for worker in supervisor.all
        ]
        progress.greeting = progress.greeting or supervisor.greeting
        progress.corpus = len(_names(folder.corpus))
        sample = partial(sample_of, self._started, progress, supervisor.all)
        self._stats.record(progress.seconds, sample, last=last)

    def _write(self, finding: Finding, folder: RunFolder) -> None:
        options = self._options
        try:
            write_artifact(finding, options.target, options.kernel, folder.findings)
        except OSError as error:
            self.progress.trouble = self.progress.trouble or _no_room(error, folder)

    def _finish(self, folder: RunFolder) -> None:
        """Keep the corpus, minimise the findings, and merge those that are the same bug."""
        progress = self.progress
        if self._stats.trouble:
            progress.note(self._stats.trouble)
        try:
            Exchange(folder.corpus, self._folders()).carry()
            if not progress.interrupted and progress.trouble is None and not self._options.part:
                self._shorten(folder)
                self._distill(folder)
            progress.corpus = len(_names(folder.corpus))
            finding_store.write(folder.path, progress.findings)
            folder.settle()
        except KeyboardInterrupt:
            progress.interrupted = True
        except OSError as error:
            progress.trouble = progress.trouble or _no_room(error, folder)

    def _shorten(self, folder: RunFolder) -> None:
        progress, options = self.progress, self._options
        todo = [finding for finding in progress.findings if not finding.minimized]
        if not todo:
            return
        self._watch(progress, f"minimizing {len(todo)} finding(s)")
        try:
            for finding, trouble in shorten(todo, options.target):
                if trouble:
                    progress.note(f"{finding.stem} was not minimized: {trouble}")
                else:
                    self._write(finding, folder)
        except PyfuzzError as error:
            progress.note(f"the findings were not minimized: {error}")
        self._merge()

    def _merge(self) -> None:
        """Merge the findings that turn out to be the same bug."""
        progress = self.progress
        for known in (True, False):
            some = [f for f in progress.findings if (f.known is not None) is known and f.minimized]
            for same in bugs(some):
                kept = self._table.merge(same)
                for other in same:
                    if other is not kept:
                        remove_artifact(other)
        progress.findings = self._table.all()

    def _distill(self, folder: RunFolder) -> None:
        """Remove inputs from the corpus that reach nothing beyond what the others reach."""
        self._watch(self.progress, "distilling the corpus")
        paths = [folder.corpus / name for name in _names(folder.corpus)]
        try:
            distilled = distill(
                self._options.target,
                self._options.flavour,
                paths,
                pinned=seeds_in(folder.corpus, self._options.target.world),
                encoding=self._options.encoding,
                limit_s=_DISTILL_S,
                hang_limit_s=_DISTILL_S,
            )
        except PyfuzzError as error:
            self.progress.note(f"the corpus was not distilled: {error}")
            return
        if distilled.unmeasured:
            self.progress.note(
                f"{distilled.unmeasured} of {len(paths)} inputs were not distilled: out of time"
            )
        for path in distilled.dropped:
            path.unlink(missing_ok=True)


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


def _no_room(error: OSError, folder: RunFolder) -> UsageError:
    return UsageError(
        f"the output folder {folder.path} can no longer be written: {error.strerror or error}; "
        "make room, or name another with --out DIR"
    )
