# SPDX-License-Identifier: GPL-2.0-only
"""Compares a module's lists, SPTEs and descriptors with the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pyfuzz.kinds import Kind
from pyfuzz.worlds.lists.memory import PRESENT, Memory, ReverseMap, SpteNames, walk
from pyfuzz.worlds.lists.operation import HEADS
from pyfuzz.worlds.lists.text import head_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyfuzz.module.results import Step, Traits
    from pyfuzz.worlds.lists.model import Model
    from pyfuzz.worlds.lists.operation import Operation

# What the shim and the guard see happen, for which there is no second opinion.
DEATHS = tuple(kind for kind in Kind if kind.death)
OBSERVED = (*DEATHS, Kind.DOUBLE_FREE)


class World(Memory, Protocol):
    """What the judge needs of a Module, so that a fake serves unit tests."""

    @property
    def traits(self) -> Traits: ...
    def begin(self) -> None: ...
    def step(self, op: Operation, operation: int, step: int = 0) -> Step: ...
    def end(self, operation: int) -> Step: ...
    def spte_value(self, vm: int, spte: int) -> int: ...
    def requests(self, vm: int, vcpu: int) -> int: ...
    @property
    def descriptors_live(self) -> int: ...
    def log(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken property, as the judge sees it: its kind and ``subject, rule, value``."""

    kind: Kind
    message: str
    # The rest of the sequence must be skipped, whatever the kind.
    ends: bool = False

    @property
    def destructive(self) -> bool:
        """Whether the host is dead, or what is left of it cannot be trusted."""
        return self.ends or self.kind.destructive


class ListJudge:
    """The part of the judge that reads the target's memory."""

    def __init__(self, world: World, model: Model) -> None:
        self.world = world
        self.model = model
        self._names = SpteNames(world)

    def lists(self, op_vm: int, *, faulted: bool = False) -> Iterator[Broken]:
        """Compare every list of every VM, up to the first broken one.

        Then compare the descriptors in the lists with those that are allocated.
        After a fault, only VMs that are not tainted are compared: one with a
        broken list is harmed, and not looked at again.
        """
        if faulted:
            yield from self._innocents(op_vm)
            return
        linked = 0
        for vm in sorted(self.model.alive, key=lambda vm: (vm != op_vm, vm)):
            for head in range(HEADS):
                expected = self.model.members(vm, head)
                if not expected and not self.world.head_value(vm, head):
                    continue
                seen = walk(self.world, vm, head)
                linked += len(seen.descriptors)
                found = list(self._compare(vm, head, seen, expected))
                if found and vm != op_vm:
                    what = f"an operation of vm{op_vm} must not change vm{vm}"
                    yield Broken(Kind.WRONG_VM, f"{what}: {found[0].message}", ends=True)
                elif found:
                    yield from found
                if found:
                    return
        live = self.world.descriptors_live
        if linked != live:
            yield Broken(Kind.LEAK, f"{linked} descriptors are in lists, {live} are allocated")

    def _innocents(self, op_vm: int) -> Iterator[Broken]:
        for vm in sorted(self.model.alive - self.model.tainted):
            for head in range(HEADS):
                found = list(
                    self._compare(
                        vm, head, walk(self.world, vm, head), self.model.members(vm, head)
                    )
                )
                if found:
                    kind = found[0].kind if vm == op_vm else Kind.WRONG_VM
                    yield Broken(kind, f"vm{vm} is harmed: {found[0].message}")
                    self.model.tainted.add(vm)
                    break

    def _compare(
        self, vm: int, head: int, seen: ReverseMap, expected: list[int]
    ) -> Iterator[Broken]:
        name = list_name(vm, head)
        for defect in seen.defects:
            yield Broken(Kind.SHAPE, f"{name}: {defect}")
        missing = {self._names.address(vm, spte): spte for spte in expected}
        for address in seen.sptes:
            spte = missing.pop(address, None)
            if spte is None:
                yield Broken(
                    Kind.GHOST_ENTRY, f"{name} must not hold {self._names.name(address)}, does"
                )
            elif not self.world.spte_value(vm, spte) & PRESENT:
                yield Broken(Kind.STALE_SPTE, f"{name} holds s{spte}, which must be present")
        for spte in sorted(missing.values()):
            yield Broken(Kind.LOST_ENTRY, f"{name} must hold s{spte}, does not")

    def cleared(self, vm: int, sptes: Iterable[int]) -> Iterator[Broken]:
        """SPTEs that were taken out of a list are clear."""
        for spte in sptes:
            if self.world.spte_value(vm, spte) & PRESENT:
                yield Broken(
                    Kind.STALE_SPTE, f"vm{vm} s{spte} is in no list and must be clear, is not"
                )

    def destroyed(self, vm: int) -> Iterator[Broken]:
        """A VM that was destroyed has empty heads."""
        for head in range(HEADS):
            if self.world.head_value(vm, head):
                yield Broken(
                    Kind.TEARDOWN, f"{list_name(vm, head)} must be empty after tear-down, is not"
                )


def list_name(vm: int, head: int) -> str:
    """Name a list as the text form does: ``vm0 f3``."""
    return f"vm{vm} {head_name(head)}"
