# SPDX-License-Identifier: GPL-2.0-only
"""Whether the base has a finding too, and which of its findings are gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from pyfuzz.ci.base import RUN, Base
from pyfuzz.ci.replays import Replays, same
from pyfuzz.export.subject import Item, item_of
from pyfuzz.finding.shape import same_bug
from pyfuzz.module.results import RawFinding
from pyfuzz.symptom import Shown, Symptom
from pyfuzz.target.catalogue import Target
from pyfuzz.world import Operation


@dataclass(frozen=True, slots=True)
class Fixed(Shown):
    """A finding of the base that the target does not show; ``where`` is what shows it there."""

    symptom: Symptom
    where: str


class Comparison:
    """A target compared with a base; without a base, no finding is on it.

    ``fixed`` are findings of the base that are gone, ``still`` those of a run
    folder that a replay shows on the target, by their signature there.
    Errors: PyfuzzError from whatever runs a sequence, if a target cannot be built.
    """

    def __init__(self, target: Target, base: Base | None) -> None:
        self.target = Replays(target)
        self.base = base
        self._base = Replays(base.target) if base is not None and base.target else None
        self.fixed: list[Fixed] = []
        self.still: dict[int, Item] = {}

    def replay_findings_of_base(self) -> None:
        """Run what a run folder has found on the target: it is fixed, or still there."""
        if self.base is None:
            return
        for item in self.base.items:
            found = self.target.run(item.operations, item.flavour)
            now = same(found, item.symptom, None)
            if now is None:
                where = item.stem or self.base.name
                self.fixed.append(Fixed(item.symptom, where))
            else:
                again = item_of(now, self.target.target, item.operations, item.stem, item.command)
                why = f"found by {self.base.name}, and a replay of that shows it"
                self.still.setdefault(now.signature, replace(again, base=why))

    def on_base(
        self, operations: Iterable[Operation], flavour: str
    ) -> tuple[RawFinding, ...] | None:
        """Return what a sequence shows on the base's code, None if the base is not code."""
        return None if self._base is None else self._base.run(operations, flavour)

    def why(
        self,
        item: Item,
        signature: int,
        operation: int | None,
        on_base: Iterable[RawFinding] | None,
    ) -> str | None:
        """Say how it is known that the base has a finding too, None if it does not.

        ``operation`` is where the item's sequence shows it on the target, and
        ``on_base`` what that sequence shows on the base.
        """
        if self.base is None:
            return None
        if self.base.what == RUN:
            there = signature in self.still or any(
                same_bug(item, earlier) for earlier in self.base.items
            )
            return f"found by {self.base.name}" if there else None
        shown = same(on_base or (), item.symptom, operation)
        return None if shown is None else self.shows_too

    @property
    def shows_too(self) -> str:
        """What to say of a finding that the base's code shows."""
        return f"{self.base.name} shows it too" if self.base else ""

    def close(self) -> None:
        """End the child processes."""
        self.target.close()
        if self._base is not None:
            self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
