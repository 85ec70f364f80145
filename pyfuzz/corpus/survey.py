# SPDX-License-Identifier: GPL-2.0-only
"""Measure what each input reaches on its own, in a child process.

The unit is the engine's own *feature*: a counter of the target's coverage or
of a list's state, and how often it was hit, in libFuzzer's eight classes.
Edges and states alone would drop inputs that libFuzzer kept for more iterations
of a loop, such as one that fills a descriptor.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyfuzz.errors import HarnessError
from pyfuzz.module.results import RawFinding
from pyfuzz.module.shared import Shared
from pyfuzz.replay.runner import ChildDiedError, Runner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyfuzz.module.compiled import Module
    from pyfuzz.sequence.input import Input
    from pyfuzz.target.catalogue import Target

# A child that dies loses at most this, and a time limit is overrun by at most this.
_BATCH_S = 0.5
_BATCH_INPUTS = 512
# The harness ends an operation that hangs; this ends a process that hangs.
HANG_LIMIT_S = 20.0

_attached: list[Shared] = []


@dataclass(frozen=True, slots=True)
class Reached:
    """What one input reaches.

    ``covers`` is a number with eight bits per counter, the target's counters first.
    ``findings`` are those of the run itself, in the order seen; ``steps`` are
    those that reached the target.
    """

    covers: int
    operations: int
    steps: int
    findings: tuple[RawFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """What many inputs reach.

    ``results`` has an entry per input: what it reaches; the finding if it killed
    the process; None if there was no time for it.
    """

    results: tuple[Reached | RawFinding | None, ...]
    edge_counters: int
    state_counters: int

    def edges(self, covers: int) -> int:
        """Return how many of the target's counters are hit in ``covers``."""
        return _bytes_set(covers & ((1 << 8 * self.edge_counters) - 1), self.edge_counters)

    def states(self, covers: int) -> int:
        """Return how many states are met in ``covers``."""
        return _bytes_set(covers >> 8 * self.edge_counters, self.state_counters)


def survey(
    target: Target,
    flavour: str,
    inputs: Sequence[Input],
    *,
    limit_s: float | None = None,
    hang_limit_s: float = HANG_LIMIT_S,
) -> Survey:
    """Run every input on its own, in the given order, until the time is up.

    An input that kills or hangs the child process affects only itself and costs the
    start of another process.  Errors: UsageError or HarnessError as loading the
    target does; OSError if there is no room for a temporary file.
    """
    end_s = None if limit_s is None else time.monotonic() + limit_s
    results: list[Reached | RawFinding | None] = [None] * len(inputs)
    with (
        tempfile.TemporaryDirectory(prefix="pyfuzz-") as folder,
        Shared(region := Path(folder) / "region", create=True) as shared,
        Runner(target, flavour, hang_limit_s, writable=[region]) as runner,
    ):
        edge_counters, state_counters = runner.call(_counters)
        waiting = list(range(len(inputs)))
        while waiting and (end_s is None or time.monotonic() < end_s):
            batch = waiting[:_BATCH_INPUTS]
            before = shared.counts().executions
            try:
                done = runner.call(_run, str(region), [inputs[i] for i in batch], _BATCH_S)
            except ChildDiedError as died:
                at = shared.counts().executions - before - 1
                if at < 0:
                    raise HarnessError(
                        f"{target.name}: a child process ended before it ran an input: {died}; "
                        "please report it"
                    ) from None
                results[batch[at]] = died.finding
                # Earlier results were lost with the process: run them again.
                del waiting[at]
                continue
            for place, reached in zip(batch, done, strict=False):
                results[place] = reached
            del waiting[: len(done)]
    return Survey(tuple(results), edge_counters, state_counters)


def _counters(module: Module) -> tuple[int, int]:
    return module.traits.counters, module.traits.states


def _run(module: Module, region: str, inputs: list[Input], limit_s: float) -> list[Reached]:
    """Run inputs in the child until the time is up, at least one."""
    if not _attached:
        _attached.append(Shared(Path(region)))
        module.attach(_attached[0].buffer)
    end_s = time.monotonic() + limit_s
    done = []
    for one in inputs:
        module.set_faults(on=one.faults)
        covers = int.from_bytes(module.coverage(one.payload), "little")
        last = module.last()
        done.append(Reached(covers, last.operations, last.steps, last.findings))
        if time.monotonic() >= end_s:
            break
    return done


def _bytes_set(number: int, length: int) -> int:
    return length - number.to_bytes(length, "little").count(0)
