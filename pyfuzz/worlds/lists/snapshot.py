# SPDX-License-Identifier: GPL-2.0-only
"""The lists before and after one step of a sequence, slot by slot."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyfuzz.replay.drawing import DescriptorPicture, Drawing, ListEntry, ListPicture
from pyfuzz.worlds.lists.memory import SpteNames, walk
from pyfuzz.worlds.lists.operation import HEADS, VMS, Operation
from pyfuzz.worlds.lists.text import head_name
from pyfuzz.worlds.lists.trace import touched_lists

if TYPE_CHECKING:
    from pyfuzz.worlds.lists.module import ListsModule

# The tear-down may touch more lists than a drawing can show.
_MAX_LISTS = 8


@dataclass(frozen=True, slots=True)
class WorldPicture:
    """Every list that is not empty or that the operation deals with, and the bugged VMs."""

    lists: dict[str, ListPicture]
    bugged: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The world around one step; ``spte`` is what the step chose, ``touched`` its lists."""

    before: WorldPicture
    after: WorldPicture
    spte: str | None
    touched: tuple[str, ...]


def drawing(
    module: ListsModule, operations: list[Operation], operation: int, step: int
) -> Drawing | None:
    """Run a sequence up to and including one step; return the lists that it touches or changes.

    None if the sequence has no such step; ``operation`` may be its length: the tear-down.
    """
    taken = _snapshots(module, operations, operation, step)
    if taken is None:
        return None
    before, after = taken.before.lists, taken.after.lists
    names = [*taken.touched, *sorted({*before, *after})]
    shown = [
        name
        for name in dict.fromkeys(names)
        if (name in before or name in after)
        and (name in taken.touched or before.get(name) != after.get(name))
        and _anything(before.get(name), after.get(name), taken.touched)
    ]
    shown = (shown or list(before))[:_MAX_LISTS]
    nothing = {name: ListPicture(name, (), (), ()) for name in shown}
    return Drawing(
        spte=taken.spte,
        bugged_before=list(taken.before.bugged),
        bugged_after=list(taken.after.bugged),
        lists=[
            ListEntry(name, before.get(name, nothing[name]), after.get(name, nothing[name]))
            for name in shown
        ],
        other_lists=len({*before, *after} - set(shown)),
        vms=VMS,
    )


def _anything(
    before: ListPicture | None, after: ListPicture | None, touched: tuple[str, ...]
) -> bool:
    """Whether to show a list: not the empty ones of a VM that is destroyed."""
    return len(touched) <= 2 or bool((before and before.entries) or (after and after.entries))


def _snapshots(
    module: ListsModule, operations: list[Operation], operation: int, step: int
) -> Snapshots | None:
    names = SpteNames(module)
    bugged: frozenset[int] = frozenset()
    module.begin()
    for number, op in enumerate(operations):
        for repetition in range(op.repeat):
            if (number, repetition) != (operation, step):
                bugged = module.step(op, number, repetition).bugged
                continue
            touched = touched_lists(op)
            before = _world(module, names, touched, bugged)
            done = module.step(op, number, repetition)
            after = _world(module, names, touched, done.bugged)
            spte = None if done.spte is None else f"s{done.spte}"
            module.end(len(operations))
            return Snapshots(before, after, spte, tuple(_name(*place) for place in touched))
    if operation != len(operations):
        return None
    before = _world(module, names, [], bugged)
    done = module.end(operation)
    return Snapshots(before, _world(module, names, [], done.bugged), None, ())


def _world(
    module: ListsModule, names: SpteNames, touched: list[tuple[int, int]], bugged: frozenset[int]
) -> WorldPicture:
    places = [(vm, head) for vm in range(VMS) for head in range(HEADS)]
    lists = [
        _list(module, names, vm, head)
        for vm, head in places
        if module.head_value(vm, head) or (vm, head) in touched
    ]
    return WorldPicture({picture.name: picture for picture in lists}, tuple(sorted(bugged)))


def _name(vm: int, head: int) -> str:
    return f"vm{vm} {head_name(head)}"


def _list(module: ListsModule, names: SpteNames, vm: int, head: int) -> ListPicture:
    traits, rmap = module.traits, walk(module, vm, head)

    def name(address: int) -> str:
        found = names.find(address)
        if found is None:
            return f"{address:#x}"
        return f"s{found[1]}" if found[0] == vm else f"vm{found[0]}:s{found[1]}"

    descriptors = []
    for descriptor in rmap.descriptors:
        data = module.descriptor_read(descriptor.address)
        if data is None:
            continue
        slots = struct.unpack_from(f"<{traits.capacity}Q", data, traits.sptes_offset)
        descriptors.append(
            DescriptorPicture(
                slots=tuple(name(slot) if slot else None for slot in slots),
                spte_count=descriptor.spte_count,
                tail_count=descriptor.tail_count,
            )
        )
    return ListPicture(
        name=_name(vm, head),
        entries=tuple(name(spte) for spte in rmap.sptes),
        descriptors=tuple(descriptors),
        broken=rmap.defects,
    )
