# SPDX-License-Identifier: GPL-2.0-only
"""Campaigns that take turns: how one learns that its turn has come, and says how it gets on.

The command that runs them holds the other end of a socket.  It sends bytes, and
gets a line of JSON for each status.
"""

from __future__ import annotations

import json
import select
import socket
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyfuzz.campaign.campaign import Progress

GO, WAIT, END = b"g", b"w", b"e"
WAITING = "waiting for its turn"
_TOLD_S = 0.5


@dataclass(frozen=True, slots=True)
class Told:
    """What a campaign says of itself; ``new`` and ``known`` are distinct findings."""

    phase: str = "preparing"
    seconds: float = 0.0
    executions: int = 0
    edges: int = 0
    states: int = 0
    corpus: int = 0
    new: int = 0
    known: int = 0


class Turn:
    """A campaign's end of the socket."""

    def __init__(self, descriptor: int) -> None:
        """Take over an open socket."""
        self._socket = socket.socket(fileno=descriptor)
        self._go = False
        self._phase = ""
        self._told_s = 0.0
        self.ended = False

    def mine(self) -> bool:
        """Tell whether the campaign may go on: it has its turn, or has to end."""
        while not self.ended and select.select([self._socket], [], [], 0)[0]:
            said = self._socket.recv(1)
            self.ended = said in (END, b"")  # nobody is left to give turns
            self._go = said == GO
        return self._go or self.ended

    def __call__(self, progress: Progress, phase: str) -> None:
        """Say how the campaign gets on, now and then, and whenever the phase changes."""
        now_s = time.monotonic()
        if phase == self._phase and now_s - self._told_s < _TOLD_S:
            return
        self._phase, self._told_s = phase, now_s
        new = sum(finding.known is None for finding in progress.findings)
        counts = progress.counts
        told = Told(
            phase=phase,
            seconds=round(progress.seconds, 3),
            executions=counts.executions,
            edges=counts.edges,
            states=counts.states,
            corpus=progress.corpus,
            new=new,
            known=len(progress.findings) - new,
        )
        try:
            self._socket.sendall(json.dumps(asdict(told)).encode() + b"\n")
        except OSError:
            self.ended = True
