# SPDX-License-Identifier: GPL-2.0-only
"""The result of a change under test."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from pyfuzz.campaign.campaign import Progress
from pyfuzz.ci.base import Base
from pyfuzz.ci.compare import Fixed
from pyfuzz.errors import PyfuzzError
from pyfuzz.exhaust.verdict import Verdict
from pyfuzz.export.subject import Item, Replayed, Subject
from pyfuzz.run.options import Options


class State(Enum):
    """Whether a finding is new; ``value`` is the stable name that scripts rely on."""

    NEW = "new"
    BASE = "base"
    KNOWN = "known"


def state_of(item: Item) -> State:
    """Return the state of a finding: known first, since that does not depend on the base."""
    if item.known is not None:
        return State.KNOWN
    return State.NEW if item.base is None else State.BASE


@dataclass(slots=True)
class Result:
    """What was done and found; filled in while it runs, complete when it ends.

    ``progress`` is the campaign's, None if there was none; ``fixed`` are
    findings of the base that are gone.  ``compared`` is False if there was no
    time left to compare with the base, so that what is on it may be called new.
    """

    options: Options
    base: Base | None
    regressions: list[Replayed] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    fixed: list[Fixed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    exhaust: Verdict | None = None
    progress: Progress | None = None
    seconds: float = 0.0
    interrupted: bool = False
    compared: bool = True
    trouble: PyfuzzError | None = None
    written: dict[str, Path] = field(default_factory=dict)

    @property
    def failed(self) -> list[Replayed]:
        """The regressions that fail."""
        return [one for one in self.regressions if one.fails]

    def of(self, state: State) -> list[Item]:
        """Return the campaign's findings in a state."""
        return [item for item in self.items if state_of(item) is state]

    @property
    def verdict(self) -> str:
        """``finding`` if something is new, ``known`` if something is not, else ``clean``."""
        if self.failed or self.of(State.NEW):
            return "finding"
        unchanged = any(one.problems for one in self.regressions)
        return "known" if self.items or unchanged else "clean"

    def subject(self) -> Subject:
        """Return what is exported."""
        options, progress = self.options, self.progress
        return Subject(
            name=str(options.out),
            target=options.target,
            flavour=options.flavour,
            items=tuple(self.items),
            seconds=progress.seconds if progress else 0.0,
            executions=progress.counts.executions if progress else 0,
            regressions=tuple(self.regressions),
        )
