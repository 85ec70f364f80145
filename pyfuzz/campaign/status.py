# SPDX-License-Identifier: GPL-2.0-only
"""What a campaign shows while it runs: a live display, or plain lines in a log."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from pyfuzz.campaign.campaign import Progress
from pyfuzz.campaign.turn import Told
from pyfuzz.text import clock, rate, short

_PLAIN_S = 10.0


class Status:
    """Shows the status; call it with the progress and the phase as often as you like."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False)
        self._live: Live | None = None
        self._said: dict[str, tuple[str, float]] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(
                console=self._console, auto_refresh=False, transient=True, redirect_stdout=False
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, progress: Progress, phase: str) -> None:
        """Show the status; without a terminal, one line from time to time."""
        if not self.live(lambda: panel(progress, phase)):
            self.plain("", phase, lambda: line(progress, phase))

    def live(self, lines: Callable[[], list[str]]) -> bool:
        """Show these lines if this is a terminal; return whether it is."""
        if self._live is None:
            return False
        self._live.update(Text("\n".join(lines()), no_wrap=True, overflow="ellipsis"))
        self._live.refresh()
        return True

    def plain(self, of: str, phase: str, text: Callable[[], str]) -> None:
        """Print a line about one of several things, in each new phase and from time to time."""
        now_s = time.monotonic()
        kind = re.sub(r"\d+", "", phase)  # "checking 7 inputs" is the phase of "checking 6 inputs"
        said = self._said.get(of)
        if said is None or kind != said[0] or now_s - said[1] >= _PLAIN_S:
            self._said[of] = kind, now_s
            self._console.print(text(), soft_wrap=True, markup=False)


def line(progress: Progress, phase: str) -> str:
    """Return the campaign's status in one line, the most important first."""
    options, counts = progress.options, progress.counts
    if phase != "fuzzing":
        return f"{options.target.name}: {phase} …"
    if counts.executions == 0:
        return f"{options.target.name}: starting {options.workers} worker(s) …"
    parts = [
        f"{options.target.name} {clock(progress.seconds)}{_of(progress)}",
        _found(progress),
        f"{short(rate(counts.executions, progress.seconds))} exec/s",
        f"{counts.edges} edges",
        f"{counts.states} states",
        f"{progress.corpus} inputs",
    ]
    return "  ".join(parts)


def panel(progress: Progress, phase: str) -> list[str]:
    """Return the full status, a few lines of at most 80 columns."""
    options, counts = progress.options, progress.counts
    if counts.executions == 0:
        return [line(progress, phase)]
    doing = "" if phase == "fuzzing" else f"  {phase} …"
    edges = f"{counts.edges} of {progress.greeting.counters}" if progress.greeting else counts.edges
    return [
        f"{options.target.name}  {clock(progress.seconds)}{_of(progress)}{_left(progress)}{doing}",
        f"  executions  {_amount(counts.executions, progress)}   operations  "
        + _amount(counts.operations, progress),
        f"  reached     {edges} edges, {counts.states} states; {progress.corpus} inputs kept",
        f"  findings    {_found(progress)}{_kinds(progress)}",
        *_workers(progress),
    ]


def _found(progress: Progress) -> str:
    new = sum(finding.known is None for finding in progress.findings)
    return f"{new} new {len(progress.findings) - new} known"


def _kinds(progress: Progress) -> str:
    """Name the kinds found so far, those of new findings first."""
    kinds = Counter(
        ("" if finding.known is None else "known ") + finding.kind.value
        for finding in progress.findings
    )
    texts = [f"{kind} x{times}" if times > 1 else kind for kind, times in kinds.items()]
    return _cut(": " + ", ".join(texts), 50) if texts else ""


def _workers(progress: Progress) -> list[str]:
    texts = []
    for worker in progress.workers:
        done = worker.counts.executions
        text = f"{worker.name} {short(rate(done, progress.seconds))}/s"
        if worker.checks:
            text = f"{worker.name} {done} of {progress.corpus}"
        texts.append(text + (f" (process {worker.started})" if worker.started > 1 else ""))
    return [_cut(f"  workers     {', '.join(texts)}", 80)] if texts else []


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _left(progress: Progress) -> str:
    seconds = progress.options.seconds
    return "" if seconds is None else f", {clock(max(0.0, seconds - progress.seconds))} left"


def _amount(number: int, progress: Progress) -> str:
    return f"{short(number)} ({short(rate(number, progress.seconds))}/s)"


def _of(progress: Progress) -> str:
    options = progress.options
    if options.seconds is not None:
        return f"/{clock(options.seconds)}"
    return f" of {short(options.runs)} runs" if options.runs is not None else ""


def told_line(name: str, told: Told) -> str:
    """Return what one of several campaigns told last, in one line that begins with its name."""
    if told.executions == 0:
        return f"{name:<8} {told.phase} …"
    parts = [
        f"{name:<8} {clock(told.seconds)}",
        f"{told.new} new {told.known} known",
        f"{short(rate(told.executions, told.seconds))} exec/s",
        f"{told.edges} edges",
        f"{told.states} states",
        f"{told.corpus} inputs",
    ]
    return "  ".join([*parts, *([] if told.phase == "fuzzing" else [f"{told.phase} …"])])
