# SPDX-License-Identifier: GPL-2.0-only
"""What a child process answers, written there and read here without trusting it.

The target runs in that process and may write to the same pipe.  Unpickling can
call anything, so only plain values and our own records are accepted.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import is_dataclass
from enum import Enum
from multiprocessing.connection import Connection
from pathlib import Path, PosixPath
from typing import Any

from pyfuzz.errors import HarnessError, PyfuzzError

_LIMIT_BYTES = 1 << 30
_PLAIN = {
    *(("builtins", name) for name in ("set", "frozenset", "bytearray", "complex")),
    *(("collections", name) for name in ("Counter", "deque")),
    # By the module that defines it, which from Python 3.13 on is not pathlib itself.
    *((kind.__module__, kind.__name__) for kind in (Path, PosixPath)),
}


class _Answers(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return a class of ours that only holds values; refuse everything else."""
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.startswith("pyfuzz.") and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and (
                is_dataclass(found) or issubclass(found, Enum | PyfuzzError | tuple)
            ):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not part of an answer")


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: object) -> Any:
        """Write a member of an Enum as its value: up to 3.11.3 Enum writes calls of getattr()."""
        if isinstance(value, Enum):
            return type(value), (value.value,)
        return NotImplemented


def send(connection: Connection[Any, Any], answer: object) -> None:
    """Send an answer from a child.

    Errors: as pickle and the connection raise them.
    """
    written = io.BytesIO()
    _Pickler(written, pickle.HIGHEST_PROTOCOL).dump(answer)
    connection.send_bytes(written.getbuffer())


def receive(connection: Connection[Any, Any]) -> Any:
    """Return the next answer of a child.

    Errors: EOFError and ConnectionResetError if it has ended, HarnessError if what
    it sent is not an answer.
    """
    try:
        data = connection.recv_bytes(_LIMIT_BYTES)
    except (EOFError, ConnectionResetError):
        raise
    except OSError as error:
        raise HarnessError(f"the target's process sent too much at once: {error}") from error
    try:
        return _Answers(io.BytesIO(data)).load()
    except Exception as error:  # a stranger's bytes may raise any
        raise HarnessError(
            f"the target's process sent no valid answer ({error}): its code writes to the pipe"
        ) from error
