# SPDX-License-Identifier: GPL-2.0-only
"""Runs sequences in a child process, so that a crash or hang affects one sequence only.

The harness contains what it can.  This is for what it cannot contain: an abort by
a sanitizer, a stuck process, a target that overwrites Python itself.
"""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from pyfuzz import processes
from pyfuzz.errors import HarnessError, PyfuzzError, UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module import engine
from pyfuzz.module.results import RawFinding
from pyfuzz.replay.answers import receive
from pyfuzz.replay.entry import Entry
from pyfuzz.sequence.text import format_operation
from pyfuzz.symptom import Symptom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from pyfuzz.sequence.input import Input
    from pyfuzz.target.catalogue import Target
    from pyfuzz.world import Operation

# Far longer than any sequence of 4 KiB takes, even with a sanitizer on a busy machine.
DEFAULT_LIMIT_S = 60.0
# The target may have to be compiled first.
_LOAD_LIMIT_S = 600.0
# How long a process may take to end once its pipe is closed.
_ENDING_S = 5.0
# How often a child's memory is checked while it runs a sequence.
_LOOK_S = 0.05


class ChildDiedError(Exception):
    """The child ended or hung while it ran a sequence; ``finding`` says how."""

    def __init__(self, finding: RawFinding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class Runner:
    """A target in a child process of its own, which is replaced when it dies.

    It dies if it runs a sequence for longer than ``limit_s``, or has more than
    ``memory_mb`` MiB in memory.  It may write only to ``writable``.
    Raises UsageError or HarnessError, as loading the target does.
    """

    def __init__(
        self,
        target: Target,
        flavour: str = "fuzz",
        limit_s: float = DEFAULT_LIMIT_S,
        memory_mb: int | None = None,
        writable: Sequence[Path] = (),
    ) -> None:
        self._target = target
        self._flavour = flavour
        self._limit_s = limit_s
        self._memory_mb = memory_mb
        self._writable = tuple(map(str, writable))
        self._start()

    def run(self, one: Input) -> tuple[RawFinding, ...]:
        """Run a sequence at once; the death of the child is a finding too.

        Errors: UsageError if it is of another world than the target.
        """
        if one.payload:
            self._check_world(one.encoding.world)
        self._send(("run", one))
        try:
            findings: tuple[RawFinding, ...] = self._receive()
        except ChildDiedError as died:
            self._start()
            return (died.finding,)
        return findings

    def _check_world(self, name: str) -> None:
        """Refuse a sequence of another world."""
        if name != self._target.world:
            raise UsageError(
                f"the sequence is of the world {name}, {self._target.name} is a target of "
                f"{self._target.world}: name a target of its own world"
            )

    def call(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Return what ``function(module, *arguments)`` does in the child.

        The function is at the top level of its module, so that it can be pickled.
        Errors: ChildDiedError if the child did not survive it.
        """
        self.ask(function, *arguments)
        return self.answer()

    def ask(self, function: Callable[..., Any], *arguments: object) -> None:
        """Begin what ``call`` does; ``answer`` returns the result."""
        self._send(("call", function, arguments))

    def answer(self) -> Any:
        """Return what the function of the last ``ask`` returned; errors: as ``call``."""
        try:
            return self._receive()
        except ChildDiedError:
            self._start()
            raise

    def trace(self, operations: list[Operation]) -> Iterator[Entry]:
        """Yield what a sequence does, step by step (pyfuzz/worlds/NAME/trace.py).

        If the child dies, it is run again without looking ahead, and the last
        entry is about the operation that it died in.  Errors: UsageError if the
        sequence is of another world than the target.
        """
        if operations:
            self._check_world(operations[0].world)
        try:
            entries = list(self._trace(operations, look_ahead=True))
        except ChildDiedError:
            yield from self._trace_to_death(operations)
        else:
            yield from entries

    def _trace_to_death(self, operations: list[Operation]) -> Iterator[Entry]:
        operation = 0
        try:
            for entry in self._trace(operations, look_ahead=False):
                operation = entry.operation + (entry.first + entry.steps >= entry.repeat)
                yield entry
        except ChildDiedError as died:
            text = format_operation(operations[operation]) if operation < len(operations) else ""
            finding = replace(died.finding, operation=operation)
            yield Entry(operation, text, findings=[finding])

    def _trace(self, operations: list[Operation], *, look_ahead: bool) -> Iterator[Entry]:
        self._send(("trace", operations, look_ahead))
        try:
            while (entry := self._receive()) is not None:
                yield entry
        except ChildDiedError:
            self._start()
            raise

    def _send(self, request: tuple[object, ...]) -> None:
        """Send a request; to a new child if the old one has ended since the last request."""
        try:
            self._connection.send(request)
        except (BrokenPipeError, ConnectionResetError):
            self._start()
            self._connection.send(request)

    def close(self) -> None:
        """End the child process."""
        self._connection.close()
        self._process.kill()
        self._process.wait()
        self._stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> None:
        if hasattr(self, "_process"):
            self.close()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._connection, theirs = multiprocessing.Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "pyfuzz.replay.child"),
                    *(str(theirs.fileno()), *self._writable),
                ],
                env=engine.environment(self._flavour),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
            )
        try:
            self._connection.send((self._target, self._flavour))
            self._receive(_LOAD_LIMIT_S)
        except ChildDiedError as died:
            self.close()
            raise self._cannot_load(died) from None
        except BaseException:
            self.close()
            raise

    def _cannot_load(self, died: ChildDiedError) -> PyfuzzError:
        what = f"{self._target.name} cannot be loaded in a child process: {died}"
        if self._target.extracted:
            return UsageError(
                f"{what}; code of the kernel's ran before it was called: look for constructors"
            )
        return HarnessError(f"{what}; please report it")

    def _receive(self, limit_s: float | None = None) -> Any:
        """Return the child's next answer; an error of the child's is raised here."""
        limit_s = self._limit_s if limit_s is None else limit_s
        deadline_s = time.monotonic() + limit_s
        look_s = _LOOK_S if self._memory_mb else limit_s
        while not self._connection.poll(look_s):
            if time.monotonic() >= deadline_s - _LOOK_S:
                self._process.kill()
                raise ChildDiedError(_death(Kind.HANG, f"did not end within {limit_s:g} s"))
            self._check_memory()
        self._check_memory()
        try:
            answer = receive(self._connection)
        except (EOFError, ConnectionResetError):
            raise ChildDiedError(_death(Kind.HOST_FAULT, self._how_it_ended())) from None
        if isinstance(answer, PyfuzzError):
            raise answer
        return answer

    def _check_memory(self) -> None:
        """End the child if it uses more memory than it may."""
        if self._memory_mb and processes.usage(self._process.pid).resident_mb > self._memory_mb:
            self._process.kill()
            how = f"used more than {self._memory_mb:,} MiB of memory"
            raise ChildDiedError(_death(Kind.HOST_FAULT, how))

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            # Its end of the pipe is closed, so nothing more is heard of it.
            self._process.kill()
            return "closed its files and went on"
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
        self._stderr.seek(0)
        lines = self._stderr.read().decode("utf-8", "replace").splitlines()
        # The sanitizer's verdict if there is one, else the last line.
        told = [line for line in lines if "ERROR:" in line] or lines[-1:]
        return f"{how}: {told[0].strip()}" if told else how


def _death(kind: Kind, how: str) -> RawFinding:
    return RawFinding(Symptom(kind, message=f"the process that ran the sequence {how}"), 0)
