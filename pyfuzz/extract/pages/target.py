# SPDX-License-Identifier: GPL-2.0-only
"""A kernel of the user's as a target of the world ``pages``, with what a campaign says of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyfuzz.extract.pages import extractor
from pyfuzz.extract.revision import prepared
from pyfuzz.target.catalogue import EXTRACTED, Target

if TYPE_CHECKING:
    from pathlib import Path

    from pyfuzz.extract.source import Progress
    from pyfuzz.target.kernel import Kernel

_VERSION = re.compile(r"^(VERSION|PATCHLEVEL|SUBLEVEL)\s*=\s*(\d+)\s*$", re.MULTILINE)

Facts = dict[str, str | None]


def as_target(kernel: Kernel, progress: Progress | None = None) -> tuple[Target, Facts, list[str]]:
    """Return the target, what is known of the kernel, and a line for each thing made up.

    Errors: UsageError where the kernel's MMU does not compile.
    """
    found = extractor.extract(
        prepared(kernel),
        "kernel",
        bug_on_data_corruption=kernel.bug_on_data_corruption,
        progress=progress,
    )
    mmu = found.code[0]
    version = _version(mmu.parents[4])
    name = f"pages-{version or found.digest[:8]}"
    policy = "config on" if kernel.bug_on_data_corruption else "config off"
    target = Target(
        name=name,
        generation=EXTRACTED,
        policy=f"the kernel's own, CONFIG_BUG_ON_DATA_CORRUPTION {policy.removeprefix('config ')}",
        source=found.source,
        defines=found.defines,
        world="pages",
    )
    facts: Facts = {
        "path": str(kernel.absolute()),
        "mmu": str(mmu),
        "version": version,
        "sha256": found.digest,
    }
    notes = [f"made up: {name}() does nothing and returns 0" for name in found.made_up]
    return target, facts, notes


def _version(root: Path) -> str | None:
    """Read the version from a tree's Makefile, for information."""
    try:
        text = (root / "Makefile").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    parts = dict(_VERSION.findall(text))
    if "VERSION" not in parts or "PATCHLEVEL" not in parts:
        return None
    return ".".join(parts[part] for part in ("VERSION", "PATCHLEVEL", "SUBLEVEL") if part in parts)
