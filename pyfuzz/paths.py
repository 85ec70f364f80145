# SPDX-License-Identifier: GPL-2.0-only
"""Where things are: in a checkout, or in the data of an installed package."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _root() -> Path:
    checkout = _PACKAGE.parent
    if (checkout / "csrc" / "harness").is_dir() and (checkout / "build.py").is_file():
        return checkout
    return _PACKAGE / "_data"


ROOT = _root()
"""The folder that has ``csrc``, ``corpus`` and ``build.py``."""


def csrc() -> Path:
    """Return the folder of the C sources: shim, ports, harness."""
    return ROOT / "csrc"


def corpus() -> Path:
    """Return the folder of the shipped corpus: ``seeds`` and ``regressions``."""
    return ROOT / "corpus"


@cache
def build_dir() -> Path:
    """Return the folder for everything built; it exists and can be written.

    ``$PYFUZZ_BUILD_DIR``, else ``build/`` of the checkout, else (an installed
    package, a checkout of somebody else's) the user's cache folder.
    """
    named = os.environ.get("PYFUZZ_BUILD_DIR")
    if named:
        folder = Path(named).expanduser().resolve()
    elif ROOT != _PACKAGE / "_data" and os.access(ROOT, os.W_OK):
        folder = ROOT / "build"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        folder = Path(base).expanduser() / "pyfuzz"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
