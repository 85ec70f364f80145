# SPDX-License-Identifier: GPL-2.0-only
"""The process of a campaign that talks to its share: ``python -m pyfuzz.share.carrier JOB``.

link.py starts and restarts it; the two talk through files.  What the campaign has (its
corpus and ``status.json``) goes to the share, what the share has goes to the folder
``corpus``, from where the campaign gives it to its workers as if a worker had found it.
Whatever the place does, only this process waits for it; if a call takes too long, it exits.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pyfuzz import files, records
from pyfuzz.corpus.entry import name_of, seeds_in
from pyfuzz.errors import HarnessError, PyfuzzError
from pyfuzz.files import write_beside
from pyfuzz.module.results import RawFinding
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.input import Encoding, Input
from pyfuzz.share import objects
from pyfuzz.share.objects import GarbageError, Host, SharedFinding
from pyfuzz.share.portable import Portable
from pyfuzz.share.store import FINDINGS, HOSTS, INPUTS, Object, Store, shown

STATUS = "status.json"
SAID = "said"
FOLLOWED = "followed.json"
LAST, NOW = "last", "now"
HUNG = 3
# A part at a time, so that a large share does not hold up our own findings.
AT_ONCE = 500
_BACK_OFF_S = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
# In units of a round's time: the place works for us at most a tenth of the time.
_REST = 9.0
# There is one that follows, and everybody waits for what it says.
_REST_FOLLOWING = 1.0
_REPLAY_S = 10.0


@dataclass(frozen=True, slots=True)
class Job:
    """What a carrier is to do.

    ``folder`` is its own, in the run folder, ``corpus`` the campaign's; ``limit_s`` is
    how long one call of the store may take; ``sanitize``: there is a sanitizer worker.
    ``follow``: tell the campaign of the findings, and of the heartbeats whose names
    begin with this.
    """

    url: str
    key: str
    host: str
    folder: str
    corpus: str
    encoding: Encoding
    flavour: str
    sanitize: bool
    target: Portable
    parent: int
    limit_s: float = 30.0
    interval_s: float = 5.0
    follow: str = ""

    def text(self) -> str:
        """Return the job as text for read()."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Job:
        """Parse the text of a job."""
        values = json.loads(text)
        return replace(
            cls(**values),
            encoding=Encoding(**values["encoding"]),
            target=Portable.of_values(values["target"]),
        )


class Carrier:
    """Carries between a campaign and its share, round by round."""

    def __init__(self, job: Job, watchdog: Watchdog) -> None:
        self._job = job
        self._watchdog = watchdog
        self._folder = Path(job.folder)
        self._inbox = self._folder / "corpus"
        self._corpus = Path(job.corpus)
        self._store: Store | None = None
        # What was looked at, of the share's; every pyfuzz has the seeds.
        self._taken = {path.name for path in seeds_in(self._corpus, job.encoding.world)}
        self._best: dict[str, tuple[bool, int]] = {}  # the share's best, by signature
        self._said: set[str] = set()
        self._runners: dict[str, Runner] = {}
        self._followed: dict[str, Host] = {}
        self._arrived: list[SharedFinding] = []
        self.received = self.sent = 0

    def round(self) -> None:
        """Exchange once.  Errors: whatever the store's driver raises."""
        with self._watchdog.limit():
            self._store = self._store or Store(self._job.url)
        # First what is read: a share that is full has still something to give.
        if self._job.follow:
            self._follow()
        own = self._findings()
        if self._arrived:
            self._follow()  # who has them said so before
        self._heartbeat()
        self._tell(own)
        self._inputs()
        self.say({"received": self.received, "sent": self.sent})

    def disconnect(self) -> None:
        """Forget the connection; the next round makes another."""
        self._store = None

    def say(self, what: dict[str, object]) -> None:
        """Write a line for the campaign, which reads it later."""
        with (self._folder / SAID).open("a", encoding="utf-8") as file:
            file.write(json.dumps(what) + "\n")

    def note(self, text: str) -> None:
        """Give the campaign a note for the user, once."""
        if text not in self._said:
            self._said.add(text)
            self.say({"note": text})

    def close(self) -> None:
        """End the children that replay."""
        for runner in self._runners.values():
            runner.close()

    def _objects(self, what: str) -> list[Object]:
        with self._watchdog.limit():
            assert self._store is not None
            return self._store.objects(self._job.key, what)

    def _read(self, what: str, name: str, limit_bytes: int) -> bytes | None:
        with self._watchdog.limit():
            assert self._store is not None
            try:
                return self._store.read(self._job.key, what, name, limit_bytes)
            except FileNotFoundError:
                return None

    def _write(self, what: str, name: str, data: bytes) -> None:
        with self._watchdog.limit():
            assert self._store is not None
            self._store.write(self._job.key, what, name, data)

    def _inputs(self) -> None:
        there = {one.name: one.size_bytes for one in self._objects(INPUTS)}
        own = set(_names(self._corpus))
        for name in sorted(set(there) - own - self._taken)[:AT_ONCE]:
            self._taken.add(name)
            data = self._read(INPUTS, name, objects.MAX_INPUT_BYTES)
            if data is None:
                continue
            try:
                one = objects.checked_input(name, data, self._job.encoding)
                self._replay(one, "fuzz")
            except GarbageError as error:
                self._garbage(f"{INPUTS}/{name}", error)
            else:
                self._keep(one)
        for name in sorted(own - self._taken)[:AT_ONCE]:
            data = _whole(self._corpus / name)
            # Another size under this name is what a full disk left of it.
            if data is not None and there.get(name) != len(data):
                self._write(INPUTS, name, data)
                self.sent += 1
            self._taken.add(name)

    def _findings(self) -> list[SharedFinding]:
        """Take in the share's findings; return the campaign's own."""
        for one in self._objects(FINDINGS):
            if one.name in self._taken:
                continue
            self._taken.add(one.name)
            data = self._read(FINDINGS, one.name, objects.MAX_RECORD_BYTES)
            if data is None:
                continue
            try:
                self._take(objects.checked_finding(one.name, data))
            except (GarbageError, PyfuzzError) as error:
                self._garbage(f"{FINDINGS}/{one.name}", error)
        return self._status()[1]

    def _take(self, finding: SharedFinding) -> None:
        """Replay a finding here, and give its sequence to the campaign if it shows it."""
        one = finding.input(self._job.encoding)
        sanitize = finding.flavour == "sanitize" and self._job.flavour != "sanitize"
        if sanitize and not self._job.sanitize:
            self.note("the share has findings that only a sanitizer shows: not counted here")
            return
        flavour = "sanitize" if sanitize else self._job.flavour
        seen = self._replay(one, flavour)
        if not any((raw.kind, raw.function) == (finding.kind, finding.function) for raw in seen):
            raise GarbageError(f"its sequence does not show {finding.title} here")
        self._remember(finding)
        self._keep(one)
        if self._job.follow:
            self._arrived.append(finding)

    def _remember(self, finding: SharedFinding) -> None:
        rank = (not finding.minimized, len(finding.operations))
        self._best[finding.signature] = min(rank, self._best.get(finding.signature, rank))

    def _tell(self, findings: list[SharedFinding]) -> None:
        """Store the campaign's findings that are new to the share, or shorter there."""
        for finding in findings:
            rank = (not finding.minimized, len(finding.operations))
            if rank < self._best.get(finding.signature, (True, sys.maxsize)):
                data = objects.pack(finding)
                self._write(FINDINGS, objects.finding_name(data), data)
                self._taken.add(objects.finding_name(data))
                self._remember(finding)

    def _heartbeat(self) -> None:
        host, _ = self._status()
        if host is not None:
            beat = replace(
                host,
                host=socket.gethostname()[:200],
                updated=time.time(),
                received=self.received,
                sent=self.sent,
            )
            self._write(HOSTS, f"{self._job.host}.json", objects.pack(beat))

    def _follow(self) -> None:
        """Read what the campaigns that are followed last said of themselves."""
        for one in self._objects(HOSTS):
            host = self._followed.get(one.name)
            if not one.name.startswith(self._job.follow) or (host is not None and host.ended):
                continue
            data = self._read(HOSTS, one.name, objects.MAX_RECORD_BYTES)
            if data is None:
                continue
            try:
                self._followed[one.name] = objects.checked_host(data)
            except GarbageError as error:
                self._garbage(f"{HOSTS}/{one.name}", error)
        values = {name: records.plain(host) for name, host in self._followed.items()}
        write_beside(self._folder / FOLLOWED, json.dumps(values).encode())
        for finding in self._arrived:
            self.say({"finding": records.plain(finding)})
        self._arrived.clear()

    def _status(self) -> tuple[Host | None, list[SharedFinding]]:
        """Return what the campaign last wrote of itself."""
        return read_status(self._folder / STATUS)

    def _replay(self, one: Input, flavour: str) -> tuple[RawFinding, ...]:
        if flavour not in self._runners:
            self._runners[flavour] = Runner(self._job.target.target(), flavour, _REPLAY_S)
        return self._runners[flavour].run(one)

    def _keep(self, one: Input) -> None:
        name = name_of(one.payload)
        self._taken.add(name)
        if not (self._corpus / name).exists():
            write_beside(self._inbox / name, one.payload)
            self.received += 1

    def _garbage(self, name: str, error: Exception) -> None:
        """Skip an invalid object; a note names the first one."""
        if not any(text.startswith("the share has garbage") for text in self._said):
            self.note(f"the share has garbage, which is left alone; the first is {name}: {error}")


class Watchdog:
    """Ends this process if the campaign is gone, or if a call of the store never ends."""

    def __init__(self, parent: int, limit_s: float) -> None:
        self._parent = parent
        self._limit_s = limit_s
        self._until_s: float | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    @contextmanager
    def limit(self) -> Iterator[None]:
        """Limit the time of what is done in the context."""
        self._until_s = time.monotonic() + self._limit_s
        try:
            yield
        finally:
            self._until_s = None

    def _watch(self) -> None:
        while True:
            time.sleep(min(0.5, self._limit_s / 4))
            if os.getppid() != self._parent:
                os._exit(0)
            until_s = self._until_s
            if until_s is not None and time.monotonic() > until_s:
                os._exit(HUNG)


def read_status(path: Path) -> tuple[Host | None, list[SharedFinding]]:
    """Return a campaign's heartbeat and findings from its file; nothing before there is one."""
    try:
        values = files.read_object(path)
    except FileNotFoundError:
        return None, []
    host = objects.checked_host(json.dumps(values["host"]).encode())
    found = [objects.record(json.dumps(one).encode()) for one in values["findings"]]
    return host, found


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in os.scandir(folder) if not entry.name.startswith(".")]


def _whole(path: Path) -> bytes | None:
    """Return an input of the campaign's; None if it was taken away, or is not whole yet."""
    try:
        data = files.read_bytes(path, objects.MAX_INPUT_BYTES)
    except (OSError, ValueError):
        return None
    return data if name_of(data) == path.name else None


def main() -> None:
    """Do the job of the command line until the campaign ends."""
    job = Job.read(sys.argv[1])
    carrier = Carrier(job, Watchdog(job.parent, job.limit_s))
    failures = 0
    last, now = Path(job.folder) / LAST, Path(job.folder) / NOW
    while True:
        began_s = time.monotonic()
        ending, asked = last.exists(), now.exists()
        if asked:
            now.unlink()
        try:
            carrier.round()
            failures = 0
            if asked:
                carrier.say({"now": True})
        except HarnessError as error:
            carrier.note(f"nothing is exchanged with the share any more: {error}")
            break
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            carrier.disconnect()
            what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            carrier.note(f"the share {shown(job.url)} failed and is tried again ({what})")
            pause_s = _BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)]
            failures += 1
        else:
            rest = _REST_FOLLOWING if job.follow else _REST
            pause_s = max(job.interval_s, rest * (time.monotonic() - began_s))
        if ending:
            break
        until_s = time.monotonic() + pause_s
        while time.monotonic() < until_s and not last.exists() and not now.exists():
            time.sleep(0.1)
    carrier.close()


if __name__ == "__main__":
    main()
