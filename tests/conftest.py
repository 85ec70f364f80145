# SPDX-License-Identifier: GPL-2.0-only
"""What all tests share: one cache of zig's, also where a test has a build folder of its own."""

from __future__ import annotations

import os

from pyfuzz import paths

for _name in ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"):
    os.environ.setdefault(_name, str(paths.build_dir() / "zig"))
