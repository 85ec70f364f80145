# SPDX-License-Identifier: GPL-2.0-only
"""A finding of a campaign."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pyfuzz.symptom import Shown, Symptom
from pyfuzz.world import Operation


@dataclass(slots=True)
class Finding(Shown):
    """One broken property of the target, and a sequence that shows it.

    ``first_execution`` counts in the worker that saw it first, from 1;
    ``by_worker`` is how often each worker saw it, the first to do so first.
    ``known`` is the reason why it is a known finding, None if it is new.
    ``flavour`` is one that shows it; ``also`` are the signatures of findings
    that turned out to be the same bug.
    """

    symptom: Symptom
    signature: int
    count: int
    first_execution: int
    first_seconds: float
    operations: list[Operation]
    known: str | None
    minimized: bool = False
    artifact: Path | None = None
    by_worker: dict[str, int] = field(default_factory=dict)
    flavour: str = "fuzz"
    also: set[int] = field(default_factory=set)

    @property
    def stem(self) -> str:
        """The name of its artifacts, without the suffix; the same in every campaign."""
        function = self.function or "unknown"
        return f"{self.kind.value}-{function}-{self.signature >> 32:08x}"
