# SPDX-License-Identifier: GPL-2.0-only
"""``python -m pyfuzz`` is the command ``pyfuzz``."""

from __future__ import annotations

from pyfuzz.cli import main

main()
