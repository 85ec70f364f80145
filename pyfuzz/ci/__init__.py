# SPDX-License-Identifier: GPL-2.0-only
"""A change under test; ``step`` is one step of ``git bisect run``."""

from __future__ import annotations
