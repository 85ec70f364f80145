# SPDX-License-Identifier: GPL-2.0-only
"""One side of a comparison, as a word on the command line names it."""

from __future__ import annotations

from pathlib import Path

from pyfuzz import world as worlds
from pyfuzz.cli.options import extraction_of
from pyfuzz.errors import UsageError
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel


def kernel_of(name: str, patches: tuple[Path, ...] = (), world: str | None = None) -> Kernel | None:
    """Return the kernel that a word names, None if it is a target's name.

    Errors: UsageError if it is neither, or if a target is to be patched.
    """
    known = {**catalogue.TARGETS, **catalogue.OTHER_WORLDS}
    if name in known:
        if patches:
            raise UsageError(f"--patch applies to a kernel, '{name}' is a target: name a path")
        return None
    path = Path(name)
    if "/" not in name and "@" not in name and not path.exists():
        catalogue.get(name)  # says which names there are
    return Kernel(path, patches=patches, world=world or worlds.DEFAULT)


def target_of_side(name: str, kernel: Kernel | None) -> Target:
    """Return the target of a name, or of the kernel that it names."""
    return catalogue.get(name) if kernel is None else extraction_of(kernel).target
