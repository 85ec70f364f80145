# SPDX-License-Identifier: GPL-2.0-only
"""Who made the mistake: the caller (UsageError) or pyfuzz (HarnessError).

A bug in a target is neither: that is a finding, and findings are data.
"""

from __future__ import annotations


class PyfuzzError(Exception):
    """Base of the errors that end a command with one line and exit code 2."""


class UsageError(PyfuzzError):
    """The caller asked for something that cannot work; the message has the remedy."""


class HarnessError(PyfuzzError):
    """pyfuzz broke a promise of its own; please report it."""
