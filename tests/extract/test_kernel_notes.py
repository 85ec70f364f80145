# SPDX-License-Identifier: GPL-2.0-only
"""A campaign on a kernel reports which parts are not fuzzed, and what was made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_process import pyfuzz
from made_up import variant
from test_extract_vendor import in_remove, in_rmap_remove


@pytest.mark.slow
def test_fuzz_summary_says_what_was_made_up_and_what_is_not_fuzzed(tmp_path: Path) -> None:
    in_need = in_remove("if (vendor_owns(spte))\n\t\treturn;")
    optional = in_rmap_remove("if (vendor_keeps(spte))\n\t\treturn;")
    mmu = variant(tmp_path, "v7", in_need, optional)

    done = pyfuzz("fuzz", "--kernel", str(mmu), "--runs", "200", "--seed", "1", folder=tmp_path)

    assert (0, "") == (done.returncode, done.stdout if done.returncode else "")
    words = " ".join(done.stdout.split())
    assert "note: made up: vendor_owns (returns 0, in pte_list_remove)" in words
    assert "note: not fuzzed: rmap-remove: rmap_remove depends on vendor_keeps" in words
