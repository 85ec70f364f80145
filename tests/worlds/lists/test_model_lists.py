# SPDX-License-Identifier: GPL-2.0-only
"""The walk over raw descriptors: which broken rules of a list's shape it sees."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import pytest

from pyfuzz.worlds.lists.memory import walk

SPTES = 0x100000


@dataclass
class Layout:
    """Descriptors of 4 entries, in the form of the generation."""

    capacity: int = 4
    descriptor_size: int = 48
    more_offset: int = 0
    spte_count_offset: int = 8
    spte_count_size: int = 4
    tail_count_offset: int = 12
    tail_count_size: int = 0
    sptes_offset: int = 16
    locked_heads: bool = False


@dataclass
class Memory:
    """One head, and descriptors by their address."""

    head: int = 0
    descriptors: dict[int, bytes] = field(default_factory=dict)
    traits: Layout = field(default_factory=Layout)

    def head_value(self, vm: int, head: int) -> int:
        return self.head

    def descriptor_read(self, address: int) -> bytes | None:
        return self.descriptors.get(address)

    def spte_address(self, vm: int, spte: int) -> int:
        return SPTES + 8 * (2048 * vm + spte)


def descriptor(more: int, slots: list[int], count: int | None = None, tail: int = 0) -> bytes:
    filled = [SPTES + 8 * slot if slot >= 0 else 0 for slot in slots]
    count = len(slots) if count is None else count
    return struct.pack("<QII4Q", more, count, tail, *filled, *[0] * (4 - len(slots)))


def test_walk_empty_head_is_an_empty_list() -> None:
    assert walk(Memory(), 0, 0).sptes == ()


def test_walk_head_without_a_tag_is_the_only_entry() -> None:
    assert walk(Memory(SPTES), 0, 0).sptes == (SPTES,)


def test_walk_descriptors_gives_their_entries_in_order() -> None:
    memory = Memory(0x1001, {0x1000: descriptor(0x2000, [3, 1]), 0x2000: descriptor(0, [2])})
    seen = walk(memory, 0, 0)
    assert seen.sptes == (SPTES + 24, SPTES + 8, SPTES + 16)
    assert seen.defects == ()
    assert [len(one.sptes) for one in seen.descriptors] == [2, 1]


def test_walk_without_count_field_ends_a_descriptor_at_null() -> None:
    layout = Layout(spte_count_size=0)
    memory = Memory(0x1001, {0x1000: descriptor(0, [3, 1], count=0)}, layout)
    assert len(walk(memory, 0, 0).sptes) == 2


@pytest.mark.parametrize(
    ("descriptors", "defect"),
    [
        ({}, "descriptor 0 must be a live descriptor, is 0x1000"),
        ({0x1000: descriptor(0x1000, [1])}, "must end, descriptor 1 is one that came before"),
        ({0x1000: descriptor(0x2000, [1])}, "descriptor 1 must be a live descriptor, is 0x2000"),
        ({0x1000: descriptor(0, [])}, "descriptor 0 must hold an SPTE, holds none"),
        ({0x1000: descriptor(0, [1, 2], count=5)}, "descriptor 0's count must be at most 4, is 5"),
        ({0x1000: descriptor(0, [1, -1, 2])}, "descriptor 0's slot 1 must hold an SPTE, is NULL"),
        ({0x1000: descriptor(0, [1, 2], count=1)}, "descriptor 0's slot 1 must be NULL, is 0x"),
    ],
)
def test_walk_broken_shape_says_which_rule(descriptors: dict[int, bytes], defect: str) -> None:
    assert defect in walk(Memory(0x1001, descriptors), 0, 0).defects[0]


@pytest.mark.parametrize(
    ("first", "second", "defect"),
    [
        ((1, 4), (4, 0), None),
        ((1, 5), (4, 0), "descriptor 0's tail_count must be 4, is 5"),
        ((1, 3), (3, 0), "descriptor 1's count must be 4, is 3"),
        ((1, 4), (4, 1), "descriptor 1's tail_count must be 0, is 1"),
    ],
)
def test_walk_tail_counts_must_be_right_and_tails_full(
    first: tuple[int, int], second: tuple[int, int], defect: str | None
) -> None:
    descriptors = {
        0x1000: descriptor(0x2000, list(range(first[0])), tail=first[1]),
        0x2000: descriptor(0, list(range(4, 4 + second[0])), tail=second[1]),
    }
    memory = Memory(0x1001, descriptors, Layout(tail_count_size=4))
    assert walk(memory, 0, 0).defects[:1] == ((defect,) if defect else ())


@pytest.mark.parametrize("locked_heads", [True, False])
def test_walk_head_with_bit_1_set_is_broken(locked_heads: bool) -> None:
    seen = walk(Memory(SPTES | 2, traits=Layout(locked_heads=locked_heads)), 0, 0)
    rule = "must be unlocked" if locked_heads else "must hold an aligned address"
    assert rule in seen.defects[0]
