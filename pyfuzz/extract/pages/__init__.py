# SPDX-License-Identifier: GPL-2.0-only
"""A kernel as a target of the world ``pages``: its complete mmu.c.

For the lists a few functions are cut out.  Here most of ``arch/x86/kvm/mmu`` is
under test, so it is compiled as it is, against the kernel's own headers;
``csrc/worlds/pages/kernel`` provides what it calls outside.
"""

from pyfuzz.extract.pages.extraction import PagesExtraction
from pyfuzz.extract.pages.extractor import extract

__all__ = ["PagesExtraction", "extract"]
