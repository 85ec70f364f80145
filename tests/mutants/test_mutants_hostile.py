# SPDX-License-Identifier: GPL-2.0-only
"""What the native program of a trial may do; each is seen to work where it is not confined."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hostile import at_load, call
from plants import plant

from pyfuzz import paths
from pyfuzz.module import confine, launcher
from pyfuzz.mutants import trial

pytestmark = [
    pytest.mark.skipif(not confine.landlock_version(), reason="this kernel has no Landlock"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter is that of x86-64"),
]

_CREATE = "0101"
_TEXT = '"{}\\n"'
_FORK = f"({{ long p = {call(57)}; if (!p) {call(60)}; p; }})"
_SHELL = '(const char *[]){"sh", "-c", "echo done", (const char *)0}'
ATTEMPTS = {
    "write outside": call(2, '"OUT/new"', _CREATE, "0600"),
    "remove outside": call(87, '"OUT/old"'),
    "use the network": call(41, "2", "1"),
    "fork": _FORK,
    "start a program": call(59, '"/bin/sh"', _SHELL),
    "signal the parent": call(62, call(110)),
    "outlive the parent": call(157, "1"),
}
STILL = {
    "write inside": call(2, '"IN/new"', _CREATE, "0600"),
    "read outside": call(2, '"OUT/old"'),
    "signal itself": call(62, call(39)),
}


def program(folder: Path, attempt: str) -> Path:
    """A trial's program that prints when it is loaded whether it could do something."""
    inside, outside = folder / "in", folder / "out"
    for one in (inside, outside):
        one.mkdir()
    (outside / "old").touch()
    tried = attempt.replace("OUT", str(outside)).replace("IN", str(inside))
    said = f"if ({tried} >= 0) {call(1, '1', _TEXT.format('done'), '5')}; "
    said += f"else {call(1, '1', _TEXT.format('no..'), '5')}"
    return trial.build(plant("v6.6", folder / "src", at_load(said)))


def confined(folder: Path, attempt: str) -> str:
    built = program(folder, attempt)
    try:
        before = subprocess.run([built, "digest"], capture_output=True, text=True, check=False)
        assert "done\n" == before.stdout
        for path in (folder / "in/new", folder / "out/new"):
            path.unlink(missing_ok=True)
        (folder / "out/old").touch()
        done = launcher.run([str(built), "digest"], writable=[folder / "in"], timeout_s=300)
    finally:
        built.unlink()
    return done.stdout


@pytest.mark.parametrize("what", ATTEMPTS)
def test_constructor_of_a_trial_is_refused(tmp_path: Path, what: str) -> None:
    assert "no..\n" == confined(tmp_path, ATTEMPTS[what])


@pytest.mark.parametrize("what", STILL)
def test_trial_can_still(tmp_path: Path, what: str) -> None:
    assert "done\n" == confined(tmp_path, STILL[what])


def test_trial_cannot_fill_the_memory_of_whoever_started_it(tmp_path: Path) -> None:
    flood = call(1, "1", '"0123456789abcdef0123456789abcdef"', "32")
    floods = trial.build(plant("v6.6", tmp_path, at_load(f"for (;;) {flood}")))
    try:
        done = launcher.run([str(floods), "digest"], timeout_s=300)
    finally:
        floods.unlink()
    assert (-signal.SIGXFSZ, 1 << 20) == (done.returncode, len(done.stdout))


def test_machine_that_cannot_confine_runs_trials_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confine, "landlock_version", lambda: 0)
    monkeypatch.setattr(confine, "has_seccomp", lambda: False)
    built = program(tmp_path, ATTEMPTS["write outside"])
    try:
        assert "done\n" == launcher.run([str(built), "digest"], timeout_s=300).stdout
    finally:
        built.unlink()


def running(program: Path) -> bool:
    """Whether some process executes this program."""
    for link in Path("/proc").glob("[0-9]*/exe"):
        with suppress(OSError):  # it has ended
            if link.readlink() == program:
                return True
    return False


def test_trial_dies_with_whoever_started_it(tmp_path: Path) -> None:
    waits = trial.build(plant("v6.6", tmp_path, at_load(f"for (;;) {call(34)}")))
    code = f"from pyfuzz.module import launcher; launcher.run(['{waits}', 'digest'], timeout_s=300)"
    environment = {**os.environ, "PYTHONPATH": str(paths.ROOT)}
    starter = subprocess.Popen([sys.executable, "-c", code], env=environment)
    try:
        wait_for(lambda: running(waits))
        starter.kill()
        wait_for(lambda: not running(waits))
    finally:
        starter.kill()
        starter.wait()
        waits.unlink()


def wait_for(condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until_s
        time.sleep(0.05)
