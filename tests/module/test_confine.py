# SPDX-License-Identifier: GPL-2.0-only
"""What a process may still do once it is confined; each is seen to work before."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pyfuzz import paths
from pyfuzz.module import confine, doctor

pytestmark = [
    pytest.mark.skipif(not confine.landlock_version(), reason="this kernel has no Landlock"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter is that of x86-64"),
]

# Each tries one thing; OUT and IN are folders, only IN may be written.
ATTEMPTS = {
    "write outside": "open(OUT + '/new', 'w').close()",
    "truncate outside": "os.truncate(OUT + '/old', 0)",
    "remove outside": "os.unlink(OUT + '/old2')",
    "rename out": "os.rename(IN + '/move', OUT + '/moved')",
    "make a folder outside": "os.mkdir(OUT + '/folder')",
    "make a pipe": "os.mkfifo(IN + '/pipe')",
    "make a link": "os.symlink('/etc/passwd', IN + '/link')",
    "change a mode": "os.chmod(OUT + '/old', 0o777)",
    "change a time": "os.utime(OUT + '/old', (1, 1))",
    "use the network": "socket.socket()",
    "make a pair of sockets": "socket.socketpair()",
    "fork": "os.fork() or os._exit(0)",
    "start a program": "os.execve('/bin/true', ['true'], {}) if os.path.exists(OUT) else 0",
    "signal the parent": "os.kill(os.getppid(), 0)",
    "leave the group": "os.setpgid(0, 0)",
    "outlive the parent": "die(0)",
    # The parent is pytest: give it the limit that it has; a lower one would kill it much later.
    "limit the parent": "limit(os.getppid(), resource.RLIMIT_CPU)",
}
STILL = {
    "write inside": "open(IN + '/new', 'w').close()",
    "write to nowhere": "open('/dev/null', 'w').close()",
    "read outside": "open(OUT + '/kept').read()",
    "start a thread": "run_thread()",
    "signal itself": "os.kill(os.getpid(), 0)",
    "limit itself": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
}
PROGRAM = """
import ctypes, json, os, resource, socket, sys, threading
from pathlib import Path
from pyfuzz.module import confine, doctor
IN, OUT, attempt, confined = sys.argv[1:]
def die(signal):
    if ctypes.CDLL(None, use_errno=True).prctl(1, signal, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
def limit(pid, which):
    resource.prlimit(pid, which, resource.getrlimit(which))
def run_thread():
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
if confined == "yes":
    confine.confine([Path(IN)])
try:
    exec(attempt)
except OSError as error:
    sys.exit(f"refused {error.errno}")
"""


def attempt(folder: Path, text: str, *, confined: bool) -> str:
    inside, outside = folder / "in", folder / "out"
    for one in (inside, outside):
        one.mkdir(parents=True, exist_ok=True)
    for path in (outside / "old", outside / "old2", outside / "kept", inside / "move"):
        path.write_text("content")
    words = (str(inside), str(outside), text, "yes" if confined else "no")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env={**os.environ, "PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip() or ("done" if done.returncode == 0 else f"exit {done.returncode}")


@pytest.mark.parametrize("what", ATTEMPTS)
def test_confined_process_is_refused(tmp_path: Path, what: str) -> None:
    before = resource.getrlimit(resource.RLIMIT_CPU)
    assert "done" == attempt(tmp_path / "a", ATTEMPTS[what], confined=False)
    assert attempt(tmp_path / "b", ATTEMPTS[what], confined=True).startswith("refused ")
    assert before == resource.getrlimit(resource.RLIMIT_CPU)


@pytest.mark.parametrize("what", STILL)
def test_confined_process_still_works(tmp_path: Path, what: str) -> None:
    assert "done" == attempt(tmp_path, STILL[what], confined=True)


def test_machine_that_confines_lacks_nothing() -> None:
    assert [] == confine.lacking()


def test_machine_that_cannot_confine_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confine, "landlock_version", lambda: 0)
    monkeypatch.setattr(confine, "has_seccomp", lambda: False)
    files, calls = confine.lacking()
    assert ("no Landlock" in files, "cannot filter system calls" in calls) == (True, True)
    confine.confine([tmp_path])
    (tmp_path / "still").touch()


def test_doctor_says_what_confines_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ["ok", "ok"] == [check.state for check in doctor._confinement()]
    monkeypatch.setattr(confine, "landlock_version", lambda: 0)
    files, _ = doctor._confinement()
    assert ("optional", True) == (files.state, "container" in files.remedy)
