# SPDX-License-Identifier: GPL-2.0-only
"""Huge pages of 1G: of the host, in a memslot of their own, and of the guest."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import debian
import pytest
from plants import Edit, plant

from pyfuzz.errors import UsageError
from pyfuzz.extract import pages as extraction
from pyfuzz.kinds import Kind
from pyfuzz.sequence import text
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.pages import binary, module
from pyfuzz.worlds.pages.judge import Judge
from pyfuzz.worlds.pages.operation import BIG_SLOT, FRAMES, SMALL_FRAMES, Opcode, Operation
from pyfuzz.worlds.pages.text import HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from pyfuzz.target.catalogue import Target

RESIZED = "".join(
    f"host-size vm0 {place}\n" for place in ("0x40400 4K", "0x40000 1G", "0x40000 2M")
)
MAPPED = "slot-create vm0 slot4\npoke vm0 cpu0 0:0 large 0x40000\naccess vm0 cpu0 read 0:0:2:0\n"


def run(target: Target, lines: str) -> tuple[module.PagesModule, set[Kind], set[Kind]]:
    """Return what the oracle in Python says and what the one in C, at the first mistake."""
    loaded = module.load(target)
    judge = Judge(loaded)
    broken = set()
    for op in text.parse(f"{HEADER}\n{lines}", "a test"):
        broken = {one.kind for one in judge.step(op)[1]}
        if broken:
            break
    return loaded, broken, {finding.kind for finding in loaded.last().findings}


def sizes(loaded: module.PagesModule) -> set[tuple[int, int]]:
    """Return level and gfn of the reverse maps in use of the slot of 1G."""
    return {(rmap.level, rmap.gfn) for rmap in loaded.rmaps(0) if rmap.slot == BIG_SLOT}


def test_page_of_1g_is_mapped_in_one_piece() -> None:
    loaded, *found = run(catalogue.get("pages"), MAPPED)

    assert (sizes(loaded), found) == ({(3, 0x40000)}, [set(), set()])


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ("host-size vm0 0x40400 2M\naccess vm0 cpu0 read 0:0:2:0\n", {(2, 0x40400)}),
        ("host-size vm0 0x40400 4K\naccess vm0 cpu0 read 0:0:2:0\n", {(1, 0x40400)}),
        ("access vm0 cpu0 fetch 0:0:1:1\n", {(1, 0x40201)}),
        ("dirty-log vm0 slot4 on\nunmap vm0 0x40000 4K\n", set()),
        ("host-size vm0 0x40400 4K\nhost-size vm0 0x40000 1G\n", set()),
        (
            f"{RESIZED}access vm0 cpu0 read 0:0:2:0\n",
            {(2, 0x40400)},
        ),
        ("slot-move vm0 slot4 away\n", set()),
    ],
)
def test_page_of_1g_is_split_unmapped_and_gone(lines: str, left: set[tuple[int, int]]) -> None:
    loaded, *found = run(catalogue.get("pages"), MAPPED + lines)

    assert (sizes(loaded), found) == (left, [set(), set()])


def test_split_of_1g_stops_at_2m() -> None:
    loaded, *found = run(catalogue.get("pages"), f"{MAPPED}split vm0 slot4 4K\n")

    assert sizes(loaded) == {(2, 0x40000 + 512 * i) for i in range(512)}
    assert found == [set(), set()]


# A loop over all sizes, and one that leaves out the largest.
EVERY_SIZE = (
    "\tfor_each_level(1, level)\n\t\tfor_each_head(slot, level, start, end, head)\n\t\t\tkvm_zap"
)
UP_TO_2M = EVERY_SIZE.replace("for_each_level(1, level)", "for (int level = 1; level < 3; level++)")


@pytest.mark.parametrize(
    ("edit", "lines", "kind"),
    [
        (
            Edit(
                "ports/pages/fault.h", "host < PAGES_LEVELS ? host : PAGES_LEVELS", "PAGES_LEVELS"
            ),
            "unmap vm0 0x40000 slot\nhost-size vm0 0x40400 2M\naccess vm0 cpu0 read 0:0:2:0\n",
            Kind.WRONG_GFN,
        ),
        (
            Edit("ports/pages/host.h", EVERY_SIZE, UP_TO_2M),
            "unmap vm0 0x40400 4K\n",
            Kind.STALE_SPTE,
        ),
        (
            Edit("ports/pages/host.h", "(u64)i * pages_per(level)", "(u64)i * pages_per(1)"),
            "split vm0 slot4 2M\n",
            Kind.WRONG_GFN,
        ),
    ],
    ids=["larger than the host's", "unmapped up to 2M", "split into the wrong frames"],
)
def test_mistake_with_1g_is_seen_by_both(
    edit: Edit, lines: str, kind: Kind, tmp_path: Path
) -> None:
    _, in_python, in_c = run(plant("pages", tmp_path, edit), MAPPED + lines)

    assert kind in in_c
    assert in_c <= in_python


def in_1g(seed: int) -> list[Operation]:
    """Random operations on a VM with the slot of 1G, half of them on it."""
    chance = random.Random(seed)
    raw = bytearray(chance.randbytes(4 * 40))
    for at in range(0, len(raw), 4):
        raw[at] &= 0x3F
        if chance.random() < 0.5:
            raw[at + 2] |= 0xE0
            raw[at + 1] |= 0x38 if chance.random() < 0.5 else 0
    end = [op for op in binary.decode(bytes(raw)) if op.opcode is not Opcode.END]
    return [*text.parse(f"{HEADER}\n{MAPPED}", "a test"), *end]


@pytest.mark.parametrize("seed", range(10))
def test_sequence_by_chance_shows_neither_of_them_anything(seed: int) -> None:
    loaded = module.load(catalogue.get("pages"))
    judge, operations = Judge(loaded), in_1g(seed)

    assert [one for op in operations for one in judge.step(op)[1]] == []
    assert (judge.end(), loaded.last().findings) == ([], ())
    loaded.run(binary.encode(operations))
    assert loaded.last().findings == ()


@pytest.mark.kernels
@pytest.mark.slow
@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_kernel_maps_and_splits_1g_as_both_oracles_expect(version: str) -> None:
    target = extraction.extract(Kernel(debian.source(version, tarball=True), world="pages")).target
    split = "host-size vm0 0x40400 2M\naccess vm0 cpu0 read 0:0:2:0\n"

    assert sizes(run(target, MAPPED)[0]) == {(3, 0x40000)}
    loaded, *found = run(target, MAPPED + split)

    assert (sizes(loaded), found) == ({(2, 0x40400)}, [set(), set()])


def test_slot_of_1g_is_not_there_at_first() -> None:
    loaded = module.load(catalogue.get("pages"))
    loaded.begin()
    slot = loaded.slot(0, 0, BIG_SLOT)

    assert slot is not None
    assert not slot.present


def test_bytes_mean_what_they_did_unless_all_free_bits_are_set() -> None:
    """A byte's free bits were ignored; now all of them together name the slot of 1G."""
    plain = bytes([40, 0x32, 0xD3, 1])  # slot-delete
    (frame,) = binary.decode(bytes([16, 0, 0xC5, 0]))

    assert binary.decode(plain)[0].slot == 1
    assert binary.decode(bytes([40, 0x3A, 0xD3, 1]))[0].slot == BIG_SLOT
    assert frame.frame == 5
    assert binary.decode(bytes([16, 0, 0xE5, 0]))[0].frame == SMALL_FRAMES + 5


def test_size_of_1g_is_refused_where_no_such_page_can_be() -> None:
    with pytest.raises(UsageError, match="must be 4K or 2M, is '1G'"):
        text.parse(f"{HEADER}\nhost-size vm0 0x203 1G\n", "a test")
    (op,) = text.parse(f"{HEADER}\nhost-size vm0 {FRAMES[SMALL_FRAMES]:#x} 1G\n", "a test")

    assert binary.decode(binary.encode([op])) == [op]
