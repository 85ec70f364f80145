# SPDX-License-Identifier: GPL-2.0-only
"""What a campaign holds of its share: a child process, and files between the two.

Nothing here waits for the share, except for a few seconds at the very end.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pyfuzz import files, records
from pyfuzz.files import write_beside
from pyfuzz.run.options import Options
from pyfuzz.share import objects, store
from pyfuzz.share.carrier import FOLLOWED, HUNG, LAST, NOW, SAID, STATUS, Job
from pyfuzz.share.identity import target_hash
from pyfuzz.share.objects import Host, SharedFinding
from pyfuzz.share.portable import Portable

if TYPE_CHECKING:
    from pyfuzz.campaign.campaign import Progress

_TELL_S = 2.0
_RESTART_S = (5.0, 15.0, 60.0)
_LAST_S = 10.0
_LAST_AFTER_CTRL_C_S = 1.0


class Link:
    """A campaign's link to its share (pyfuzz.campaign.campaign.Exchanging)."""

    def __init__(
        self,
        url: str,
        options: Options,
        *,
        limit_s: float = 30.0,
        interval_s: float = 5.0,
        label: str = "",
        follow: str = "",
        last_after_ctrl_c_s: float = _LAST_AFTER_CTRL_C_S,
    ) -> None:
        """Check the URL; ``limit_s``, ``interval_s`` and ``follow`` are those of carrier.Job.

        ``label`` is what the name of the campaign's heartbeat begins with.

        Errors: UsageError if it cannot be one of a share, or its driver is missing.
        """
        store.check(url)
        self._url = url
        self._options = options
        self._limits = (limit_s, interval_s)
        self._process: subprocess.Popen[bytes] | None = None
        self._restart_s = 0.0
        self._restarts = 0
        self._told_s = 0.0
        self._told_findings = 0
        self._read_bytes = 0
        self._started = time.time()
        self._label = label
        self._follow = follow
        self._last_after_ctrl_c_s = last_after_ctrl_c_s
        self._rounds_asked_for = 0
        self._begun = False
        self.key = target_hash(options.target, options.encoding)
        self.findings: list[SharedFinding] = []

    def begin(self, workers: Path, corpus: Path, note: Callable[[str], None]) -> Path:
        """Start to exchange; return the folder of inputs that come from the share."""
        options = self._options
        self._note = note
        self._folder = workers / "share"
        inbox = self._folder / "corpus"
        inbox.mkdir(parents=True)
        own = objects.host_name(os.uname().nodename)
        self._job = Job(
            url=self._url,
            key=self.key,
            host=f"{self._label}{own}-{os.getpid()}-{secrets.token_hex(4)}",
            folder=str(self._folder),
            corpus=str(corpus),
            encoding=options.encoding,
            flavour=options.flavour,
            sanitize=options.check or options.flavour == "sanitize",
            target=Portable.of(options.target),
            parent=os.getpid(),
            limit_s=self._limits[0],
            interval_s=self._limits[1],
            follow=self._follow,
        )
        self._begun = True
        self._start()
        return inbox

    def look(self, progress: Progress) -> None:
        """Tell the share what there is now, and the user what the share said."""
        now_s = time.monotonic()
        if now_s - self._told_s < _TELL_S:
            return
        self._told_s = now_s
        self._tell(progress, ended=False)
        if len(progress.findings) > self._told_findings:
            self._told_findings = len(progress.findings)
            (self._folder / NOW).touch()  # what is new is not kept waiting
        self._listen()
        if self._process is not None and (code := self._process.poll()) is not None:
            self._process = None
            self._restart_s = now_s + _RESTART_S[min(self._restarts, len(_RESTART_S) - 1)]
            self._restarts += 1
            why = "does not answer" if code == HUNG else f"ended its process (exit code {code})"
            self._note(f"the share {store.shown(self._url)} {why} and is tried again")
        elif self._process is None and now_s >= self._restart_s:
            self._start()

    @property
    def host_name(self) -> str:
        """The name of the campaign's heartbeat, "" before it has begun."""
        return f"{self._job.host}.json" if self._begun else ""

    def followed(self) -> dict[str, Host]:
        """Return the heartbeats that are followed, by their names; none before it has begun."""
        if not self._begun:
            return {}
        try:
            values = files.read_object(self._folder / FOLLOWED)
        except FileNotFoundError:
            return {}
        return {name: records.read(one, Host) for name, one in values.items()}

    def catch_up(self, limit_s: float) -> bool:
        """Exchange now, and wait for it; return whether that was done in time."""
        if self._process is None:
            return False
        self._listen()
        done = self._rounds_asked_for
        (self._folder / NOW).touch()
        until_s = time.monotonic() + limit_s
        while time.monotonic() < until_s and self._process.poll() is None:
            self._listen()
            if self._rounds_asked_for > done:
                return True
            time.sleep(0.1)
        return False

    def end(self, progress: Progress) -> None:
        """Give the share what is left, for a few seconds at most."""
        self._tell(progress, ended=True)
        (self._folder / LAST).touch()
        if self._process is None:
            return
        try:
            self._process.wait(self._last_after_ctrl_c_s if progress.interrupted else _LAST_S)
        except subprocess.TimeoutExpired:
            self._note("the share did not take everything in time: the next campaign with it will")
            self._process.kill()
        self._listen()

    def _start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pyfuzz.share.carrier", self._job.text()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the campaign alone
            )

    def _tell(self, progress: Progress, *, ended: bool) -> None:
        values = {
            "host": records.plain(self.beat(progress, ended=ended)),
            "findings": [records.plain(SharedFinding.of(one)) for one in progress.findings],
        }
        write_beside(self._folder / STATUS, json.dumps(values).encode())

    def beat(self, progress: Progress, *, ended: bool) -> Host:
        """Return the heartbeat of a campaign that has got this far."""
        options, counts = self._options, progress.counts
        return Host(
            pyfuzz=objects.VERSION,
            host="",
            target=options.target.name[:200],
            source=str(options.kernel or "")[:2000],
            world=options.target.world,
            faults=options.faults,
            flavour=options.flavour,
            workers=options.workers,
            started=self._started,
            updated=time.time(),
            ended=ended,
            seconds=progress.seconds,
            executions=counts.executions,
            operations=counts.operations,
            steps=counts.steps,
            edges=counts.edges,
            states=counts.states,
            corpus=progress.corpus,
            findings=tuple(f"{one.signature:016x}" for one in progress.findings),
        )

    def _listen(self) -> None:
        try:
            with (self._folder / SAID).open("rb") as file:
                file.seek(self._read_bytes)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        for line in whole.splitlines():
            said = json.loads(line)
            if "note" in said:
                self._note(str(said["note"]))
            if "finding" in said:
                self.findings.append(objects.record(json.dumps(said["finding"]).encode()))
            self._rounds_asked_for += "now" in said
