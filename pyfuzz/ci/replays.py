# SPDX-License-Identifier: GPL-2.0-only
"""What sequences show on one target, in a child process for each flavour."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from pyfuzz.module.results import RawFinding
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.input import Input
from pyfuzz.symptom import Symptom
from pyfuzz.target.catalogue import Target
from pyfuzz.world import Operation


class Replays:
    """A target that runs sequences; a child process is started with its first sequence."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._runners: dict[str, Runner] = {}

    def run(self, operations: Iterable[Operation], flavour: str) -> tuple[RawFinding, ...]:
        """Return what a sequence shows.

        Errors: PyfuzzError if the target cannot be built or loaded.
        """
        if flavour not in self._runners:
            self._runners[flavour] = Runner(self.target, flavour)
        return self._runners[flavour].run(Input.of(operations))

    def close(self) -> None:
        """End the child processes."""
        for runner in self._runners.values():
            runner.close()
        self._runners.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def same(found: Iterable[RawFinding], symptom: Symptom, operation: int | None) -> RawFinding | None:
    """Return the finding that is this one, of those that the same sequence shows elsewhere.

    That is one of the kind in the same function, or, since a change may give a
    function another name, at the same operation.
    """
    like = [one for one in found if one.kind is symptom.kind]
    here = [one for one in like if one.function == symptom.function]
    return next(iter(here or [one for one in like if one.operation == operation]), None)
