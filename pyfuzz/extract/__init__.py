# SPDX-License-Identifier: GPL-2.0-only
"""Make a target of the user's own kernel: cut out what the harness calls.

A map, in the order in which things happen:

- ``source`` (with ``tarball``): find mmu.c and the headers
- ``conditions``, ``parse``, ``uses``: resolve #if, index definitions, tell what they use
- ``roles`` (with ``calls``): which function adds, removes, counts, …; ``traits``: how
- ``closure`` (with ``shim``): what to take, where the shim begins, what to stub
- ``emit``: write the target; ``check``: try it with the compiler, and what would mend it
- ``extractor`` runs it all, ``extraction`` is what comes out
"""

from __future__ import annotations

from pyfuzz.extract.extraction import Extraction, Missing, Taken
from pyfuzz.extract.extractor import extract

__all__ = ["Extraction", "Missing", "Taken", "extract"]
