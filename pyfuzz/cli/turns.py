# SPDX-License-Identifier: GPL-2.0-only
"""The campaigns of several worlds: a process for each, and who fuzzes when.

Each is ``pyfuzz fuzz --world NAME`` in a run folder of its own: worlds share no
corpus, and one that dies or does not compile costs the others nothing.  A
campaign is paused while others have their turn, so a turn costs nothing; a
target is compiled while others fuzz.
"""

from __future__ import annotations

import ctypes
import json
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from pyfuzz import records
from pyfuzz.campaign.summary_of_worlds import Outcome
from pyfuzz.campaign.turn import END, GO, WAIT, WAITING, Told
from pyfuzz.module import engine
from pyfuzz.run.summary import Summary

SLICE_S = 15.0
"""The longest turn, if another world is waiting for its own."""
_SHORTEST_S = 2.0
_LOOK_S = 0.1
_PR_SET_PDEATHSIG = 1
ENDED = "ended"
"""The phase of a campaign whose process has ended."""
_FUZZING = ("starting", "fuzzing")
_ENDED_FIRST = "another world's campaign ended with a finding before this one could begin"
_INTERRUPTED = "interrupted before it began"


@dataclass(frozen=True, slots=True)
class Share:
    """What a world gets of the campaign: processes, and seconds or executions."""

    world: str
    workers: int | None
    seconds: float | None
    runs: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: the words of each campaign's command line, and what all of it may take.

    ``workers`` are dealt to the worlds; None leaves their number to each campaign, and then
    they run one after the other, as on a cluster, whose workers cannot be paused.
    """

    worlds: tuple[str, ...]
    words: tuple[str, ...]
    workers: int | None
    seconds: float | None
    runs: int | None
    seed: int
    out: Path
    stop_on_finding: bool = False

    @property
    def at_once(self) -> int:
        """How many worlds are fuzzed at the same time."""
        return min(self.workers or 1, len(self.worlds))

    @property
    def in_turns(self) -> bool:
        """Whether worlds take turns on this machine."""
        return self.workers is not None and self.workers < len(self.worlds)

    def share_s(self, worlds: int) -> float | None:
        """Return the share of each of so many worlds that take turns; None without a time."""
        return None if self.seconds is None else self.seconds * min(self.at_once, worlds) / worlds

    def shares(self) -> list[Share]:
        """Deal workers, or where these are fewer than worlds time; and runs, if they are given."""
        count = len(self.worlds)
        each, over = divmod(self.workers or 0, count)
        seconds = self.seconds
        if seconds is not None and not each:
            seconds = self.share_s(count)
        shares = []
        for number, world in enumerate(self.worlds):
            workers = None if self.workers is None else max(1, each + (number < over and each > 0))
            runs = self.runs
            if runs is not None:
                runs = runs // count + (number < runs % count)
            shares.append(Share(world, workers, seconds, runs))
        return shares

    def slice_s(self) -> float:
        """Return how long a turn is: short enough that each world gets several."""
        share_s = next((one.seconds for one in self.shares()), None)
        return SLICE_S if share_s is None else min(SLICE_S, max(_SHORTEST_S, share_s / 4))

    def command(self, share: Share, turns: int) -> list[str]:
        """Return the command line of a world's campaign."""
        command = [sys.executable, "-P", "-m", "pyfuzz", "fuzz", *self.words]
        command += ["--world", share.world, "--out", str(self.out / share.world)]
        command += ["--seed", str(self.seed), "--json", "--turns", str(turns)]
        if share.workers is not None:
            command += ["--workers", str(share.workers)]
        if share.runs is not None:
            command += ["--runs", str(share.runs)]
        elif share.seconds is not None:
            # In turns, its share may grow: Turns ends it.
            seconds = self.seconds if self.in_turns else share.seconds
            command += ["--time", f"{seconds:.2f}s"]
        if self.stop_on_finding:
            command.append("--stop-on-finding")
        return command


@dataclass(slots=True)
class _Child:
    """A world's campaign while it runs."""

    share: Share
    process: subprocess.Popen[bytes]
    link: socket.socket
    out: IO[bytes]
    text: IO[bytes]
    told: Told = field(default_factory=Told)
    going: bool = False
    since_s: float = 0.0
    outcome: Outcome | None = None
    _unread: bytes = b""

    @property
    def waiting(self) -> bool:
        """Whether it could fuzz and is not allowed to."""
        return self.outcome is None and not self.going and self.told.phase == WAITING

    def send(self, what: bytes) -> None:
        """Give or take the turn; one that has ended need not hear it."""
        try:
            self.link.send(what)
        except OSError:
            self.going = False
            return
        self.going = what == GO or (what == END and self.going)
        self.since_s = time.monotonic()

    def hear(self) -> None:
        """Take in what it said last."""
        while select.select([self.link], [], [], 0)[0]:
            try:
                data = self.link.recv(1 << 16)
            except OSError:
                return
            if not data:
                return
            *lines, self._unread = (self._unread + data).split(b"\n")
            if lines:
                self.told = Told(**json.loads(lines[-1]))


class Turns:
    """Runs the campaigns of a plan; ``watch`` is called now and then with what each told last."""

    def __init__(self, plan: Plan, watch: Callable[[dict[str, Told]], None]) -> None:
        self._plan = plan
        self._watch = watch
        self._left = plan.shares()
        self._children: list[_Child] = []
        self._none: dict[str, Outcome] = {}
        self._slice_s = plan.slice_s()
        self.interrupted = False

    def run(self) -> list[Outcome]:
        """Run all of them; return what became of each world."""
        try:
            while self._left or any(child.outcome is None for child in self._children):
                try:
                    self._look()
                    time.sleep(_LOOK_S)
                except KeyboardInterrupt:
                    self._interrupt()
        finally:
            for child in self._children:
                child.process.kill()
                child.link.close()
        ended = {child.share.world: child.outcome for child in self._children}
        return [ended.get(name) or self._none[name] for name in self._plan.worlds]

    def _look(self) -> None:
        self._start_next()
        for child in self._children:
            child.hear()
            if child.outcome is None and child.process.poll() is not None:
                child.hear()
                child.outcome, child.going = _outcome(child, interrupted=self.interrupted), False
                child.told = replace(child.told, phase=ENDED)
        if self._plan.in_turns:
            self._end_those_done()
        self._give_turns()
        if self._plan.stop_on_finding and any(child.told.new for child in self._children):
            self._end_all()
        self._watch({child.share.world: child.told for child in self._children})

    def _start_next(self) -> None:
        """Start the next one; but the first world's first execution comes before all else."""
        if not self._left:
            return
        if self._children and self._children[0].outcome is None:
            first = self._children[0].told.phase
            if self._plan.workers is None or first in ("preparing", "building"):
                return
        if self._plan.workers is None and any(c.outcome is None for c in self._children):
            return
        share = self._left.pop(0)
        if share.runs == 0:
            why = f"--runs {self._plan.runs} leaves none for it"
            self._none[share.world] = Outcome(share.world, error=why)
        else:
            self._children.append(self._start(share))

    def _start(self, share: Share) -> _Child:
        ours, theirs = socket.socketpair()
        # Files, since nobody reads a pipe while it runs; _outcome() closes them.
        out, text = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        process = subprocess.Popen(
            self._plan.command(share, theirs.fileno()),
            env=engine.environment("fuzz"),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=text,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is for this process, which passes it on
            preexec_fn=_end_with_parent,  # noqa: PLW1509 (this command has no other thread)
        )
        theirs.close()
        return _Child(share, process, ours, out, text)

    def _end_those_done(self) -> None:
        """End the campaigns that have had their share; one that cannot run leaves its own."""
        lost = sum(
            child.outcome is not None and child.outcome.summary is None for child in self._children
        )
        share_s = self._plan.share_s(max(1, len(self._plan.worlds) - lost))
        for child in self._children:
            fuzzing = child.outcome is None and child.going and child.told.phase == "fuzzing"
            if share_s is not None and fuzzing and child.told.seconds >= share_s:
                child.send(END)

    def _give_turns(self) -> None:
        going = [child for child in self._children if child.going]
        waiting = sorted(
            (child for child in self._children if child.waiting), key=lambda c: c.told.seconds
        )
        free = self._plan.at_once - len(going)
        for child in waiting[: max(0, free)]:
            child.send(GO)
        if len(waiting) <= free:
            return
        now_s = time.monotonic()
        over = [
            child
            for child in going
            if now_s - child.since_s >= self._slice_s and child.told.phase in _FUZZING
        ]
        for child in over[: len(waiting) - max(0, free)]:
            child.send(WAIT)

    def _end_all(self) -> None:
        """End every campaign: one has found something."""
        for share in self._left:
            self._none[share.world] = Outcome(share.world, error=_ENDED_FIRST)
        self._left = []
        for child in self._children:
            if child.outcome is not None:
                continue
            if child.told.phase in ("preparing", "building"):
                child.process.kill()
                child.process.wait()
                child.outcome = Outcome(child.share.world, error=_ENDED_FIRST)
            elif not child.told.new:
                child.send(END)

    def _interrupt(self) -> None:
        """Pass Ctrl-C on; the campaigns end with their summaries."""
        self.interrupted = True
        for share in self._left:
            self._none[share.world] = Outcome(share.world, error=_INTERRUPTED)
        self._left = []
        for child in self._children:
            if child.outcome is None:
                child.process.send_signal(signal.SIGINT)


def _end_with_parent() -> None:
    """Have the child end as Ctrl-C does if this process is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _outcome(child: _Child, *, interrupted: bool) -> Outcome:
    """Read what a campaign that has ended printed."""
    world, code = child.share.world, child.process.returncode
    texts = []
    for stream in (child.out, child.text):
        stream.seek(0)
        texts.append(stream.read().decode("utf-8", "replace"))
        stream.close()
    said, text = texts
    try:
        values: Any = json.loads(said)
        return Outcome(world, records.read(values, Summary), _summary_in(text))
    except ValueError as error:
        if interrupted:
            return Outcome(world, error=_INTERRUPTED)
        return Outcome(world, error=_reason(said, text, code) or f"its result: {error}")


def _reason(said: str, text: str, code: int) -> str:
    """Return why a campaign printed no result."""
    try:
        return str(json.loads(said)["error"])
    except (ValueError, KeyError, TypeError):
        lines = [line.removeprefix("pyfuzz: ") for line in text.splitlines() if line.strip()]
        return lines[-1] if code and lines else f"its process ended with {code}"


def _summary_in(text: str) -> str:
    """Return the summary in what a campaign printed on standard error, without what came before."""
    lines = text.splitlines()
    kept = [line for line in lines if not line.startswith("pyfuzz: ")]
    return "\n".join(kept)
