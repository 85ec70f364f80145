# SPDX-License-Identifier: GPL-2.0-only
"""A schedule as a table: a column for each fiber, code below its access, within a width."""

from __future__ import annotations

import pytest

from pyfuzz.replay.entry import Access, Entry
from pyfuzz.replay.trace_text import fiber_lines

CODE = "sptep = desc ? desc->sptes[0] : (u64 *)val;"


def drawn(fibers: list[str], accesses: list[Access], width: int = 80) -> list[str]:
    entry = Entry(0, "", steps=1)
    entry.fibers, entry.accesses = fibers, accesses
    return list(fiber_lines(entry, width))


def read(fiber: int, code: str = CODE) -> Access:
    return Access(fiber, "  3 read d3->sptes[0]", where="rmap_age:74", code=code, number=3)


def test_access_is_in_the_column_of_its_fiber_and_its_code_below() -> None:
    lines = drawn(["zap-all", "age"], [read(0), read(1)])

    middle = lines[0].index("|")
    first, code, second, moved = lines[2:]
    assert ("  3 read d3->sptes[0]", f"    rmap_age:74 {CODE}") == (
        first[: middle - 1].rstrip(),
        code,
    )
    assert "  3 read d3->sptes[0]" == second[middle + 2 :]
    # There is no room for it in the last column, so it begins before.
    assert f"rmap_age:74 {CODE}" == moved.strip()
    assert 80 == len(moved)


@pytest.mark.parametrize("width", [72, 80, 120])
@pytest.mark.parametrize("fibers", [1, 2, 3, 4])
def test_schedule_fits_the_width_whatever_is_long(width: int, fibers: int) -> None:
    titles = ["zap-one 39, drop 38, zap-all, free-all"] * fibers
    accesses = [read(fiber, CODE * 3) for fiber in range(fibers)]
    accesses.append(Access(None, "fiber 0 cannot go on: fiber 1 goes on; " + "s0 s1 " * 30))

    lines = drawn(titles, accesses, width)

    assert max(map(len, lines)) <= width
    assert "free-all" in " ".join(lines)
    assert any(line.startswith("-- fiber 0 cannot go on") for line in lines)
