# SPDX-License-Identifier: GPL-2.0-only
"""The oracle in Python and the one in C agree."""

from __future__ import annotations

import random
from pathlib import Path

import debian
import pytest
from plants import plant
from selection import mostly_slow
from taken_back import CAUSES, REAL

from pyfuzz.extract import pages as extraction
from pyfuzz.kinds import Kind
from pyfuzz.sequence import text
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.pages import binary, module
from pyfuzz.worlds.pages.judge import OBSERVED, Judge
from pyfuzz.worlds.pages.model import indices_of, levels_of
from pyfuzz.worlds.pages.operation import PAGES, Mode, Opcode, Operation
from pyfuzz.worlds.pages.text import HEADER

BUGS = {**REAL, **CAUSES}


def judged(loaded: module.PagesModule, operations: list[Operation]) -> set[Kind]:
    """Run a sequence until a rule is broken; return the kinds."""
    judge = Judge(loaded)
    for op in operations:
        _, broken = judge.step(op)
        if broken:
            return {one.kind for one in broken}
    return {one.kind for one in judge.end()}


@pytest.mark.parametrize("name", mostly_slow(BUGS, *REAL))
def test_mistake_is_the_same_to_both(name: str, tmp_path: Path) -> None:
    loaded = module.load(plant("pages", tmp_path, *BUGS[name].edits))

    kinds = judged(loaded, text.parse(BUGS[name].text, "made up"))
    in_c = {finding.kind for finding in loaded.last().findings}

    assert in_c
    assert in_c <= kinds, kinds


def likely(seed: int, length: int) -> list[Operation]:
    """Random operations, most of which touch pages of one VM."""
    chance = random.Random(seed)
    operations = binary.decode(chance.randbytes(4 * length))
    return [
        op
        if op.opcode is not Opcode.END and chance.random() < 0.1
        else Operation(op.opcode, **{**members(op), "vm": 0})
        for op in operations
    ]


def members(op: Operation) -> dict[str, int]:
    return {name: getattr(op, name) for name in ("vm", *op.form.operands.members)}


@pytest.mark.parametrize("seed", range(40))
def test_sequence_by_chance_shows_neither_of_them_anything(seed: int) -> None:
    loaded = module.load(catalogue.get("pages"))
    operations = likely(seed, 60)

    assert judged(loaded, operations) == set()
    assert loaded.last().findings == ()
    loaded.run(binary.encode(operations))
    assert loaded.last().findings == ()


def test_more_than_a_thousand_reverse_maps_are_seen_by_both() -> None:
    """Two huge pages in small ones, and one page beside them."""
    lines = "access vm0 cpu0 read 0:0:2:0\naccess vm0 cpu0 read 0:0:3:0\nsplit vm0 slot1 4K\n"
    lines += "access vm0 cpu0 read 0:0:1:0\n"
    loaded = module.load(catalogue.get("pages"))
    judge = Judge(loaded)
    for op in text.parse(f"{HEADER}\n{lines}", "made up"):
        _, broken = judge.step(op)
        assert [] == broken

    assert 1025 <= len(loaded.rmaps(0))
    assert () == loaded.last().findings


@pytest.mark.slow
@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_both_say_the_same_of_a_kernel(version: str) -> None:
    kernel = Kernel(debian.source(version, tarball=True), world="pages")
    loaded = module.load(extraction.extract(kernel).target)

    for seed in range(100):
        operations = likely(seed, 60)
        kinds = judged(loaded, operations)  # raises if the model and the harness disagree
        in_c = {finding.kind for finding in loaded.last().findings}
        assert bool(in_c) == bool(kinds), seed
        assert in_c <= kinds, seed


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.NONPAGING])
def test_page_has_the_same_indices_for_both(mode: Mode) -> None:
    loaded = module.load(catalogue.get("pages"))

    for page in range(PAGES):
        gva = loaded.gva(page, mode)
        levels = range(levels_of(mode))
        assert indices_of(page, mode) == tuple(gva >> 12 + 9 * n & 511 for n in levels), page


def test_observed_kinds_are_those_that_memory_cannot_tell() -> None:
    assert not OBSERVED & {Kind.ORPHAN_ENTRY, Kind.MISSING_ENTRY, Kind.WRONG_GFN}
