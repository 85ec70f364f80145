# SPDX-License-Identifier: GPL-2.0-only
"""What every child process of a Dask worker does: it ends when that is gone, or when it is told."""

from __future__ import annotations

import os
import signal
import threading
import time

_LOOK_S = 0.5
# Longer than a campaign takes to end after Ctrl-C.
_LAST_S = 15.0


def begin(parent: int) -> None:
    """From now on end as by Ctrl-C after SIGTERM, and once the process ``parent`` is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()


def _end_with_parent(parent: int) -> None:
    """End when the Dask worker is gone, which it may be since before this process could look."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_S)
    os._exit(1)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
