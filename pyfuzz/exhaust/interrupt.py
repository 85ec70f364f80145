# SPDX-License-Identifier: GPL-2.0-only
"""Ctrl-C during a search: it ends at the next slice, with what it has found."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Slices are short: whoever asks again after so long does not want to wait for the end of one.
_PATIENCE_S = 3.0


@contextmanager
def noted() -> Iterator[list[float]]:
    """Note the signals that would raise KeyboardInterrupt; yield when each came.

    Raised in the middle of a child's answer, it would cost that answer and all after it.
    """
    came: list[float] = []
    before: dict[int, Any] = {}

    def note(number: int, frame: Any) -> None:
        came.append(time.monotonic())
        if came[-1] - came[0] > _PATIENCE_S:
            before[number](number, frame)

    if threading.current_thread() is threading.main_thread():
        before = {one: signal.getsignal(one) for one in _SIGNALS}
        # One that is ignored, or ends the process at once, stays as it is.
        before = {one: handler for one, handler in before.items() if callable(handler)}
    try:
        for one in before:
            signal.signal(one, note)
        yield came
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
