# SPDX-License-Identifier: GPL-2.0-only
"""A change under test: regressions, a campaign, and which of the findings are new.

- ``base``: what the user compares with, and whether it has a finding too
- ``replays``: which findings a sequence shows, on the target and on the base
- ``regressions``: the files of regression folders, held to what they expect
- ``session``: all of it within a budget; ``result`` is what comes out
- ``text``, ``plain``: the result for people and for scripts
- ``step``: one step of ``git bisect run``
"""

from __future__ import annotations
