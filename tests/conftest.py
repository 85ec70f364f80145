# SPDX-License-Identifier: GPL-2.0-only
"""Shared by all tests: one zig cache, even for build folders of their own; no deadlines; Ctrl-C."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

from pyfuzz import paths

# No test depends on the clock: a busy machine must not fail one.
settings.register_profile("pyfuzz", deadline=None)
settings.load_profile("pyfuzz")

for _name in ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"):
    os.environ.setdefault(_name, str(paths.build_dir() / "zig"))

# A shell that starts the tests in the background has it ignored, and so would every child.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
