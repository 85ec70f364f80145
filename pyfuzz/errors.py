# SPDX-License-Identifier: GPL-2.0-only
"""Whose fault it is: the caller's (UsageError) or ours (HarnessError).

A wrong target is neither: that is a finding, and findings are data.
"""

from __future__ import annotations


class PyfuzzError(Exception):
    """Base of the errors that end a command with one line and exit code 2."""


class UsageError(PyfuzzError):
    """The caller asked for something that cannot work; the text has the remedy."""


class HarnessError(PyfuzzError):
    """Something that pyfuzz promises about itself did not hold; please report it."""
