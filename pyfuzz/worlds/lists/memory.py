# SPDX-License-Identifier: GPL-2.0-only
"""Walk a target's reverse map from its raw bytes, and say which rules it breaks.

This is the second walk: the C oracle has its own.  All that it knows of the head
word and the descriptors is this, and the offsets in the target's traits:

    head word   0: empty; bit 0 clear: the only SPTE; bit 0 set: a descriptor
    descriptor  sptes[capacity], more, and in some generations two counts
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Protocol

from pyfuzz.worlds.lists.operation import SPTES, VMS

_TAG = 1
_LOCK = 2
_WORD = 8
# The present bit of an SPTE, which the shim chooses as the kernel does.
PRESENT = 1 << 11


class Layout(Protocol):
    """The traits that a walk needs; see struct pyfuzz_traits for each."""

    @property
    def capacity(self) -> int: ...
    @property
    def descriptor_size(self) -> int: ...
    @property
    def more_offset(self) -> int: ...
    @property
    def sptes_offset(self) -> int: ...
    @property
    def spte_count_offset(self) -> int: ...
    @property
    def spte_count_size(self) -> int: ...
    @property
    def tail_count_offset(self) -> int: ...
    @property
    def tail_count_size(self) -> int: ...
    @property
    def locked_heads(self) -> bool: ...


class Memory(Protocol):
    """What a walk reads: the Module, or a fake in a unit test."""

    @property
    def traits(self) -> Layout: ...
    def head_value(self, vm: int, head: int) -> int: ...
    def descriptor_read(self, address: int) -> bytes | None: ...
    def spte_address(self, vm: int, spte: int) -> int: ...


class SpteNames:
    """Which SPTE is at an address: each VM's are one array of words."""

    def __init__(self, memory: Memory) -> None:
        self._bases = [memory.spte_address(vm, 0) for vm in range(VMS)]

    def address(self, vm: int, spte: int) -> int:
        """Return the address of an SPTE."""
        return self._bases[vm] + _WORD * spte

    def find(self, address: int) -> tuple[int, int] | None:
        """Return the VM and the number of an SPTE, None if none is there."""
        for vm, base in enumerate(self._bases):
            spte, rest = divmod(address - base, _WORD)
            if not rest and 0 <= spte < SPTES:
                return vm, spte
        return None

    def name(self, address: int) -> str:
        """Name what is at an address: ``vm0 s3``, or the address itself."""
        found = self.find(address)
        return f"vm{found[0]} s{found[1]}" if found else f"{address:#x}"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One descriptor as it is: the addresses in its used slots, and its counts.

    A count that the target's descriptors do not have is None.
    """

    address: int
    sptes: tuple[int, ...]
    spte_count: int | None
    tail_count: int | None


@dataclass(frozen=True, slots=True)
class ReverseMap:
    """One list as it is.

    ``sptes`` are the addresses in the list in the target's order, however
    broken the list is; ``defects`` says which rules of its shape it breaks, as
    ``subject, rule, value``.
    """

    value: int
    descriptors: tuple[Descriptor, ...]
    sptes: tuple[int, ...]
    defects: tuple[str, ...]


def walk(memory: Memory, vm: int, head: int) -> ReverseMap:
    """Read one list from the head word on."""
    traits = memory.traits
    value = memory.head_value(vm, head)
    defects: list[str] = []
    word = value
    if traits.locked_heads and word & _LOCK:
        defects.append(f"the head must be unlocked, is {value:#x}")
        word &= ~_LOCK
    if not word & _TAG:
        if word % _WORD:
            defects.append(f"the head must hold an aligned address, is {value:#x}")
        return ReverseMap(value, (), (word,) if word else (), tuple(defects))
    descriptors = _descriptors(memory, word & ~_TAG, defects)
    _check_tails(traits, descriptors, defects)
    sptes = tuple(spte for descriptor in descriptors for spte in descriptor.sptes)
    return ReverseMap(value, tuple(descriptors), sptes, tuple(defects))


def _descriptors(memory: Memory, address: int, defects: list[str]) -> list[Descriptor]:
    """Follow the descriptors from the first one until NULL or nonsense."""
    traits = memory.traits
    seen: set[int] = set()
    found: list[Descriptor] = []
    while True:
        name = f"descriptor {len(found)}"
        if address in seen:
            defects.append(f"the descriptors must end, {name} is one that came before")
            return found
        data = memory.descriptor_read(address)
        if data is None:
            defects.append(f"{name} must be a live descriptor, is {address:#x}")
            return found
        seen.add(address)
        found.append(_descriptor(traits, address, data, name, defects))
        address = _number(data, traits.more_offset, _WORD)
        if not address:
            return found


def _descriptor(
    traits: Layout, address: int, data: bytes, name: str, defects: list[str]
) -> Descriptor:
    slots = struct.unpack_from(f"<{traits.capacity}Q", data, traits.sptes_offset)
    spte_count = _field(data, traits.spte_count_offset, traits.spte_count_size)
    tail_count = _field(data, traits.tail_count_offset, traits.tail_count_size)
    if spte_count is None:
        used = slots.index(0) if 0 in slots else len(slots)
    else:
        used = min(spte_count, traits.capacity)
        if spte_count > traits.capacity:
            defects.append(
                f"{name}'s count must be at most {traits.capacity}, is {spte_count}",
            )
    if not used:
        defects.append(f"{name} must hold an SPTE, holds none")
    defects += [
        f"{name}'s slot {slot} must hold an SPTE, is NULL"
        for slot in range(used)
        if not slots[slot]
    ]
    # The iterator stops at the first NULL and does not look at the counts.
    defects += [
        f"{name}'s slot {slot} must be NULL, is {slots[slot]:#x}"
        for slot in range(used, traits.capacity)
        if slots[slot]
    ]
    sptes = tuple(spte for spte in slots[:used] if spte)
    return Descriptor(address, sptes, spte_count, tail_count)


def _check_tails(traits: Layout, descriptors: list[Descriptor], defects: list[str]) -> None:
    """Where tails are counted, they are full and the counts are right."""
    if not traits.tail_count_size:
        return
    behind = 0
    for number in reversed(range(len(descriptors))):
        descriptor = descriptors[number]
        count = descriptor.spte_count or 0
        if number and count != traits.capacity:
            defects.append(f"descriptor {number}'s count must be {traits.capacity}, is {count}")
        if descriptor.tail_count != behind:
            defects.append(
                f"descriptor {number}'s tail_count must be {behind}, is {descriptor.tail_count}"
            )
        behind += count


def _field(data: bytes, offset: int, size: int) -> int | None:
    return _number(data, offset, size) if size else None


def _number(data: bytes, offset: int, size: int) -> int:
    return int.from_bytes(data[offset : offset + size], "little")
