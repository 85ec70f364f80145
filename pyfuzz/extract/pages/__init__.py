# SPDX-License-Identifier: GPL-2.0-only
"""A kernel as a target of the world ``pages``: its own mmu.c, compiled whole.

For the lists a few functions are cut out.  Here the code under test is most of
``arch/x86/kvm/mmu``, so that is compiled as it is, against the kernel's own
headers; what it calls outside is stood in for by ``csrc/worlds/pages/kernel``.
"""

from pyfuzz.extract.pages.extraction import PagesExtraction
from pyfuzz.extract.pages.extractor import extract

__all__ = ["PagesExtraction", "extract"]
