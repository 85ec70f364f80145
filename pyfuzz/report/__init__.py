# SPDX-License-Identifier: GPL-2.0-only
"""The report of a run: one HTML page that can be mailed, or the same data as JSON.

A map, in the order in which things happen:

- ``writer``: the way from a run folder to a file
- ``run``: read the run folder, even if damaged
- ``replays``: run each finding again, look at memory around its step (its world draws it)
- ``coverage``: which lines the corpus runs, and by which input
- ``data``: all of it as one object, whose schema is docs/json.md
- ``page`` (with ``list_drawing``, ``pages_drawing``, ``chart``, ``highlight``, ``glossary``):
  the object as HTML
"""

from __future__ import annotations

from pyfuzz.report.writer import Written, write

__all__ = ["Written", "write"]
