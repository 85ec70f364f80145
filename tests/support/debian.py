# SPDX-License-Identifier: GPL-2.0-only
"""The kernel sources that Debian packages: there after ``make kernels``, on CI always."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from pyfuzz.extract import Extraction, extract
from pyfuzz.target.kernel import Kernel

KERNELS = Path(__file__).parents[2] / "kernels"


def source(version: str, *, tarball: bool = False) -> Path:
    """Return the tree (or tarball) of linux-source-``version``; skips where it is absent."""
    name = f"linux-source-{version}"
    path = KERNELS / (f"{name}.tar.xz" if tarball else name)
    if not path.exists():
        reason = f"kernels/{path.name} is not there: run make kernels"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def extracted(version: str, *, config: bool = False) -> Extraction:
    """Return linux-source-``version`` made into a target; each is extracted once per process."""
    return _extracted(source(version), config)


@cache
def _extracted(tree: Path, config: bool) -> Extraction:
    return extract(Kernel(tree, config))
