# SPDX-License-Identifier: GPL-2.0-only
"""The region in which a worker counts and records: ``struct pyfuzz_shared``.

It is a file mapped by both sides, so that a worker that is killed loses
nothing, and it needs no compiled target to be read: cffi takes the layout from
the same header that the target is compiled with.
"""

from __future__ import annotations

import mmap
import os
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import cffi

from pyfuzz.errors import UsageError
from pyfuzz.kinds import ORDER
from pyfuzz.module.header import declarations
from pyfuzz.symptom import Shown, Symptom
from pyfuzz.text import printable

if TYPE_CHECKING:
    from pathlib import Path

_READ_TRIES = 200


@dataclass(frozen=True, slots=True)
class Counts:
    """What one worker has done so far."""

    executions: int = 0
    operations: int = 0
    steps: int = 0
    edges: int = 0
    states: int = 0
    slots_lost: int = 0


@dataclass(frozen=True, slots=True)
class Slot(Shown):
    """One distinct finding of a worker, and the shortest input that has it."""

    symptom: Symptom
    signature: int
    count: int
    first_execution: int
    first_ns: int
    best: bytes


@cache
def _ffi() -> cffi.FFI:
    ffi = cffi.FFI()
    ffi.cdef(declarations())
    return ffi


def size_bytes() -> int:
    """Return how large a region is."""
    size: int = _ffi().sizeof("struct pyfuzz_shared")
    return size


def mapped(path: Path) -> mmap.mmap:
    """Map a region for a module to count into, which checks its size (Module.attach)."""
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), 0)


class Shared:
    """A region, seen from the side that reads it."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Map the region in a file; ``create`` makes the file, all zero.

        Errors: OSError if the file cannot be made, a full disk included;
        UsageError if another version of pyfuzz made it.
        """
        flags = os.O_RDWR | (os.O_CREAT | os.O_TRUNC if create else 0)
        fd = os.open(path, flags, 0o666)
        try:
            if create:
                # Allocated now: a hole that the disk has no room for later
                # would kill the worker that writes to it.
                os.posix_fallocate(fd, 0, size_bytes())
            elif os.fstat(fd).st_size != size_bytes():
                raise UsageError(
                    f"{path} was written by another version of pyfuzz: its findings are in the run "
                    "folder's findings/"
                )
            self.buffer = mmap.mmap(fd, size_bytes())
        finally:
            os.close(fd)
        self._c: Any = _ffi().from_buffer("struct pyfuzz_shared *", self.buffer)

    def close(self) -> None:
        """Unmap the region; the file stays."""
        _ffi().release(self._c)
        self.buffer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def running(self) -> bool:
        """Whether the worker is inside the target's run function."""
        return bool(self._c.running)

    @property
    def input(self) -> bytes:
        """The input of the last run that was begun."""
        c = self._c
        return bytes(_ffi().buffer(c.input, min(c.input_size, len(c.input))))

    def counts(self) -> Counts:
        """Return the counts as they are now."""
        c = self._c
        return Counts(c.executions, c.operations, c.steps, c.edges, c.states, c.slots_lost)

    def count(self, operations: int, steps: int) -> None:
        """Count an execution, for a driver that does not call the run function in C."""
        self._c.executions += 1
        self._c.operations += operations
        self._c.steps += steps

    def slots(self, *, ended: bool = False) -> list[Slot]:
        """Return the complete findings; one that is being written is left for next time.

        If the process has ``ended``, it is returned as well: it was about the input
        that the process was running.
        """
        c = self._c
        found = (self._slot(c.slots[i], ended) for i in range(min(c.slots_len, len(c.slots))))
        return [slot for slot in found if slot is not None]

    def _slot(self, c: Any, ended: bool) -> Slot | None:
        ffi = _ffi()
        for _ in range(_READ_TRIES):
            before = c.lock
            half = ended and before % 2 == 1
            slot = Slot(
                symptom=Symptom(
                    kind=ORDER[min(c.kind, len(ORDER) - 1)],
                    function=_text(c.function),
                    message=_text(c.message),
                    line=c.line,
                ),
                signature=c.signature,
                count=c.count,
                first_execution=c.first_execution,
                first_ns=c.first_ns,
                best=self.input
                if half
                else bytes(ffi.buffer(c.best, min(c.best_size, len(c.best)))),
            )
            if half or (before % 2 == 0 and c.lock == before):
                return slot
            time.sleep(0.0001)
        return None


def _text(c: Any) -> str:
    raw = _ffi().string(c)
    return printable(raw if isinstance(raw, str) else raw.decode("utf-8", "replace"))
