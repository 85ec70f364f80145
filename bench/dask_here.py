# SPDX-License-Identifier: GPL-2.0-only
"""A Dask cluster of this machine in processes of its own, and the processes below one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pyfuzz import paths

SLICE = "pyfuzz.cluster.slice"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(what: Callable[[], bool], limit_s: float = 300.0) -> None:
    """Wait until something is so; fail with its name."""
    until_s = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < until_s, f"{what} did not come true in {limit_s:.0f} s"
        time.sleep(0.1)


def environment(**variables: str) -> dict[str, str]:
    """Return an environment in which Python finds this checkout's package."""
    return {**os.environ, "PYTHONPATH": str(paths.ROOT), **variables}


class DaskHere:
    """A scheduler and workers of one thread each, as a cluster's administrator starts them."""

    def __init__(
        self,
        folder: Path,
        host: str = "127.0.0.1",
        scheme: str = "tcp",
        variables: dict[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self._folder = folder
        self._host = host
        self._scheme = scheme
        self._environment = environment(**(variables or {}))
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start_scheduler()

    @property
    def address(self) -> str:
        reached = "127.0.0.1" if self._host == "0.0.0.0" else self._host
        return f"{self._scheme}://{reached}:{self.port}"

    def start_scheduler(self) -> None:
        """Start it, on the same port each time, and wait for it."""
        self.scheduler = self._start(
            (), "scheduler", "--port", str(self.port), "--no-dashboard", "--host", self._bound
        )
        wait_for(self._is_open)

    @property
    def _bound(self) -> str:
        return f"{self._scheme}://{self._host}"

    def add_worker(self, own: tuple[str, ...] = (), host: str | None = None) -> None:
        """Start a worker of one thread, with a nanny; ``own`` comes before the command."""
        scratch = self._folder / f"scratch-{len(self.workers)}"
        words = ("--nthreads", "1", "--no-dashboard", "--local-directory", str(scratch))
        bound = f"{self._scheme}://{host or self._host}"
        self.workers.append(self._start(own, "worker", self.address, *words, "--host", bound))

    def close(self) -> None:
        """End all of it."""
        for one in (*self.workers, self.scheduler):
            one.terminate()
        for one in (*self.workers, self.scheduler):
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
        self.workers.clear()

    def _start(self, own: tuple[str, ...], what: str, *words: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                [*own, sys.executable, "-m", f"distributed.cli.dask_{what}", *words],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _is_open(self) -> bool:
        assert self.scheduler.poll() is None, (self._folder / "scheduler.log").read_text()
        with socket.socket() as one:
            reached = "127.0.0.1" if self._host == "0.0.0.0" else self._host
            return one.connect_ex((reached, self.port)) == 0


def parents() -> dict[int, int]:
    """Return every process's parent."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
    return found


def below(process: int) -> list[int]:
    """Return a process and its descendants."""
    of = parents()
    found = []
    for pid in of:
        above = pid
        while above in of and above != process:
            above = of[above]
        if above == process:
            found.append(pid)
    return found


def slices_below(process: int) -> dict[int, int]:
    """Return the slices among a process's descendants, each with its Dask worker's process."""
    of = parents()
    return {pid: of[pid] for pid in below(process) if pid in of and is_slice(pid)}


def is_slice(pid: int) -> bool:
    """Tell whether a process is a slice that runs."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return SLICE.encode() in words and Path(f"/proc/{pid}/exe").exists()
