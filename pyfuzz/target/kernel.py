# SPDX-License-Identifier: GPL-2.0-only
"""Which kernel of the user's is to be made into a target, and built how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from pyfuzz import world

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_BUG = "CONFIG_BUG_ON_DATA_CORRUPTION"


@dataclass(frozen=True, slots=True)
class Kernel:
    """What ``--kernel`` and the options that go with it ask for.

    ``path`` is a kernel tree, a source tarball, one mmu.c, or ``REPOSITORY@REV``;
    ``patches`` are applied to a copy of it, in their order; ``world`` is the
    world that it is made a target of.
    """

    path: Path
    bug_on_data_corruption: bool = False
    patches: tuple[Path, ...] = ()
    world: str = world.DEFAULT

    def __str__(self) -> str:
        return str(self.path)

    @property
    def defines(self) -> tuple[str, ...]:
        """The kernel's options that its code is compiled with, as ``NAME=VALUE``."""
        return (f"{CONFIG_BUG}=1",) if self.bug_on_data_corruption else ()

    def options(self) -> list[str]:
        """Return the options that ask for this kernel, in any command; ``--world`` is the caller's.

        A sequence names its world, so the commands that take one have no such option.
        """
        options = ["--kernel", str(self.path)]
        if self.bug_on_data_corruption:
            options.append("--bug-on-data-corruption")
        for patch in self.patches:
            options += ["--patch", str(patch)]
        return options

    def absolute(self) -> Self:
        """Return it with absolute paths."""
        patches = tuple(patch.absolute() for patch in self.patches)
        return replace(self, path=self.path.absolute(), patches=patches)
