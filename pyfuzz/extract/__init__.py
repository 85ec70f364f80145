# SPDX-License-Identifier: GPL-2.0-only
"""Make a target from the user's own kernel: cut out what the harness calls.

The modules, in the order of the steps:

- ``source`` (with ``tarball``): find mmu.c and the headers
- ``conditions``, ``parse``, ``uses``: resolve #if, index definitions, find what they use
- ``roles`` (with ``calls``): which function adds, removes, counts, …; ``traits``: how
- ``closure`` (with ``shim``): what to take, what the shim provides, what to stub
- ``emit``: write the target; ``check``: compile it, and find fixes for errors
- ``extractor`` runs all steps, ``extraction`` is the result
"""

from __future__ import annotations

from pyfuzz.extract.extraction import Extraction, Missing, Taken
from pyfuzz.extract.extractor import extract

__all__ = ["Extraction", "Missing", "Taken", "extract"]
