# SPDX-License-Identifier: GPL-2.0-only
"""``make bench``: executions per second of pyfuzz and of other ways to drive the same harness."""
