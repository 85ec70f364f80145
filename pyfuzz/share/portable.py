# SPDX-License-Identifier: GPL-2.0-only
"""A target as plain data, for another process or machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pyfuzz.target.catalogue import Target


@dataclass(frozen=True, slots=True)
class Portable:
    """A target without what is known of it; ``source`` is its C file."""

    name: str
    generation: str
    policy: str
    source: str
    defines: tuple[str, ...]
    world: str

    @classmethod
    def of(cls, target: Target) -> Self:
        """Take a target apart."""
        return cls(
            target.name,
            target.generation,
            target.policy,
            str(target.source.absolute()),
            target.defines,
            target.world,
        )

    @classmethod
    def of_values(cls, values: dict[str, Any]) -> Self:
        """Read what asdict() made of one."""
        return cls(**{**values, "defines": tuple(values["defines"])})

    def target(self) -> Target:
        """Put the target together again."""
        return Target(
            name=self.name,
            generation=self.generation,
            policy=self.policy,
            source=Path(self.source),
            defines=self.defines,
            world=self.world,
        )
