# SPDX-License-Identifier: GPL-2.0-only
"""Worlds whose sequences are schedules have their own fuzz, replay and minimize.

Such a sequence is more than a list of operations: it also says which fiber runs
when, so it does not fit the table in pyfuzz/world.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from pyfuzz.kinds import Kind
    from pyfuzz.target.catalogue import Target

_MODULES = {"threads": "pyfuzz.cli.threads"}
NAMES = tuple(_MODULES)
"""The worlds that have commands of their own."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """The options of a campaign of schedules; ``bound`` limits a systematic one."""

    systematic: bool
    bound: int | None
    seed: int
    seconds: float | None
    schedules: int | None
    stop_on_finding: bool
    out: Path | None
    as_json: bool


class Commands(Protocol):
    """The commands of one such world; ``TARGET`` is the port that it runs by default."""

    TARGET: str

    def is_sequence(self, path: Path) -> bool:
        """Tell whether a file holds a sequence of this world."""

    def campaign(self, target: Target, options: Campaign) -> int:
        """Search or fuzz a target; print the result; return the exit code."""

    def replay(
        self, path: Path, target: Target, *, everything: bool, as_json: bool, as_ktap: bool
    ) -> int:
        """Run one sequence, print what happened; return the exit code."""

    def shortest(self, path: Path, target: Target, kind: Kind | None, function: str | None) -> str:
        """Return the text of the smallest sequence that shows the same finding."""


def commands(world: str | None) -> Commands | None:
    """Return the commands of a world; None if it has none of its own."""
    module = _MODULES.get(world or "")
    return cast("Commands", import_module(module)) if module else None


def of_files(paths: Iterable[Path]) -> tuple[str, Commands] | None:
    """Return the first such world that has a sequence in these files, and its commands."""
    files = list(paths)
    for name in NAMES:
        found = commands(name)
        if found is not None and any(map(found.is_sequence, files)):
            return name, found
    return None
