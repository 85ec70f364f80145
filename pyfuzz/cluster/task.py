# SPDX-License-Identifier: GPL-2.0-only
"""What a Dask worker runs of ours: two functions of plain texts, which start and end children.

Nothing fuzzes in the Dask worker's own process: its event loop would stall, and a
target that ends its process would end everything else that runs there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from pyfuzz.cluster.job import MAX_ANSWER_BYTES, Answer

_running: dict[str, list[subprocess.Popen[bytes]]] = {}


def run(name: str, job: str) -> str:
    """Run a slice of the campaign ``name`` as a child process; return its answer.

    Its run folder stays in the Dask worker's own folder, for the next slice.
    """
    from distributed import get_worker  # noqa: PLC0415 (an extra)

    folder = Path(get_worker().local_directory) / f"pyfuzz-{name}"
    folder.mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "pyfuzz.cluster.slice"),
                *(str(folder / "run"), str(os.getpid())),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C at a terminal is for the client, which stops it
        )
    _running.setdefault(name, []).append(child)
    try:
        said, _ = child.communicate(job.encode())
    finally:
        _running[name].remove(child)
    if child.returncode == 0 and len(said) < MAX_ANSWER_BYTES:
        return said.decode("utf-8", "replace")
    words = (folder / "log").read_text(errors="replace").strip().splitlines()[-1:]
    how = f"it ended with exit code {child.returncode}: {' '.join(words)}"
    return Answer(os.uname().nodename, how[:2000]).text()


def stop(name: str) -> int:
    """Have the slices of a campaign in this Dask worker end as by Ctrl-C; return how many."""
    children = list(_running.get(name, ()))
    for child in children:
        child.send_signal(signal.SIGTERM)
    return len(children)
