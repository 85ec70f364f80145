# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel's WARN_ONCE does in the world pages."""

from __future__ import annotations

import debian
import pytest

from pyfuzz.extract import pages as extraction
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence import text as sequence_text
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.pages.text import HEADER


@pytest.mark.kernels
@pytest.mark.slow
@pytest.mark.parametrize("flavour", ["fuzz", "sanitize"])
def test_vm_that_is_bugged_warns_once_and_is_torn_down(flavour: str) -> None:
    kernel = Kernel(debian.source("6.12", tarball=True), world="pages")
    text = f"{HEADER}\nbug vm0\nbug vm0\naccess vm1 cpu0 read 0:0:0:0\n"

    with Runner(extraction.extract(kernel).target, flavour) as runner:
        entries = list(runner.trace(list(sequence_text.parse(text, "a test"))))

    assert [one for entry in entries for one in entry.findings] == []
    assert sum("WARNING" in line for entry in entries for line in entry.log) == 1
