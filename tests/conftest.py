# SPDX-License-Identifier: GPL-2.0-only
"""Shared by all tests: one zig cache, even if a test has a build folder of its own."""

from __future__ import annotations

import os

from pyfuzz import paths

for _name in ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"):
    os.environ.setdefault(_name, str(paths.build_dir() / "zig"))
