# SPDX-License-Identifier: GPL-2.0-only
"""Where the code of a module of the threads world was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfuzz.errors import HarnessError
from pyfuzz.module import builder
from pyfuzz.module.dwarf import LineTable
from pyfuzz.target import catalogue
from pyfuzz.worlds.threads.module import load


def test_places_are_those_of_the_target_alone() -> None:
    codes = load(catalogue.get("v6.15")).places.codes()
    named = {function for _, function, line in codes if line}

    assert {"pte_list_add", "rmap_lock", "rmap_unlock"} <= named
    assert not {name for name in named if name.startswith(("pyfuzz_threads", "_cffi"))}
    assert sorted(start for start, _, _ in codes) == [start for start, _, _ in codes]


def test_lines_at_an_address_without_code_are_refused() -> None:
    path: Path = builder.build(catalogue.get("v6.6"))

    with pytest.raises(HarnessError, match=r"no function in the DWARF has code at 0x1;"):
        LineTable(path, [1])
