# SPDX-License-Identifier: GPL-2.0-only
"""What a Dask worker runs of ours: functions of plain texts, which start and end children.

Nothing fuzzes in the Dask worker's own process: its event loop would stall, and a
target that ends its process would end everything else that runs there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from pyfuzz.cluster.job import MAX_ANSWER_BYTES, MAX_RESULT_BYTES, Answer, Said
from pyfuzz.module import engine

_running: dict[str, list[subprocess.Popen[bytes]]] = {}
_stopped: set[str] = set()


def run(name: str, job: str) -> str:
    """Run a slice of the campaign ``name`` as a child process; return its answer.

    Its run folder stays in the Dask worker's own folder, for the next slice.
    """
    folder = _own_folder() / f"pyfuzz-{name}"
    folder.mkdir(exist_ok=True)
    said, trouble = _child(name, "pyfuzz.cluster.slice", job, folder)
    if trouble or len(said) >= MAX_ANSWER_BYTES:
        return Answer(os.uname().nodename, trouble or "it said too much").text()
    return said


def piece(name: str, module: str, job: str) -> str:
    """Run a piece of the measurement ``name`` as a child process; return what it says."""
    with tempfile.TemporaryDirectory(prefix="pyfuzz-", dir=_own_folder()) as folder:
        said, trouble = _child(name, module, job, Path(folder))
    if trouble or len(said) >= MAX_RESULT_BYTES:
        return Said(os.uname().nodename, trouble or "it said too much").text()
    return said


def _own_folder() -> Path:
    from distributed import get_worker  # noqa: PLC0415 (an extra)

    return Path(get_worker().local_directory)


def _child(name: str, module: str, job: str, folder: Path) -> tuple[str, str]:
    """Run a child process; return what it said, or how it failed."""
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", module),
                *(str(folder / "run"), str(os.getpid())),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=engine.environment("fuzz"),
            start_new_session=True,  # Ctrl-C at a terminal is for the client, which stops it
        )
    _running.setdefault(name, []).append(child)
    if name in _stopped:  # meanwhile
        child.terminate()
    try:
        said, _ = child.communicate(job.encode())
    finally:
        _running[name].remove(child)
    if child.returncode == 0:
        return said.decode("utf-8", "replace"), ""
    words = (folder / "log").read_text(errors="replace").strip().splitlines()[-1:]
    return "", f"it ended with exit code {child.returncode}: {' '.join(words)}"[:2000]


def stop(name: str, *, forever: bool = False) -> int:
    """Have what runs in this Dask worker for a campaign end as by Ctrl-C; return how many.

    ``forever``: what is started in its name from now on ends as well.
    """
    if forever:
        _stopped.add(name)
    children = list(_running.get(name, ()))
    for child in children:
        child.send_signal(signal.SIGTERM)
    return len(children)
