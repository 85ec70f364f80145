# SPDX-License-Identifier: GPL-2.0-only
"""Generates sequences around one fault: lists that it can damage, the fault, ordinary use.

Every other operation is valid, so whatever goes wrong is caused by the fault.
All VMs but vm0 are innocent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyfuzz.worlds.lists.binary import ENCODABLE_REPEATS
from pyfuzz.worlds.lists.operation import (
    FRAME_HEADS,
    VMS,
    Context,
    Heads,
    Opcode,
    Operand,
    Operation,
    next_head,
)

if TYPE_CHECKING:
    from random import Random

    from pyfuzz.worlds.lists.faults import Fault

FAULTY_VM = 0
_HEADS_USED = (0, 3, FRAME_HEADS)
# What operands select: descriptors below 16, slots above (csrc/worlds/lists/faults.c).
_OPERANDS = 16 * 16

# How often the VM with the fault is replaced by a new one, which is innocent.
_REPLACED = 0.05

# Ordinary use of a list, and how often.
_USES: tuple[tuple[Opcode, int], ...] = (
    (Opcode.ADD, 4),
    (Opcode.REMOVE, 4),
    (Opcode.ZAP_ONE, 2),
    (Opcode.ZAP_ALL, 3),
    (Opcode.COUNT, 1),
    (Opcode.ITERATE, 3),
    (Opcode.PARENT_ADD, 2),
    (Opcode.PARENT_REMOVE, 2),
    (Opcode.PARENT_DROP, 2),
    (Opcode.PARENT_UNLINK, 2),
    (Opcode.RMAP_ADD, 2),
    (Opcode.RMAP_REMOVE, 2),
    (Opcode.ENTER, 1),
    (Opcode.DESTROY, 1),
    (Opcode.CREATE, 1),
)


@dataclass(frozen=True, slots=True)
class Around:
    """What to draw around: a fault, and what the target offers."""

    fault: Fault
    opcodes: frozenset[int]
    capacity: int

    def sequence(self, rng: Random) -> list[Operation]:
        """Draw a sequence: lists, the fault, and what happens to them afterwards."""
        head = rng.choice(_HEADS_USED)
        return [
            *self._lists(rng, head),
            self._fault(rng, head),
            *(op for _ in range(rng.randint(1, 5)) for op in self._uses(rng, head)),
        ]

    def mutate(self, rng: Random, operations: list[Operation]) -> list[Operation]:
        """Draw a variant of a sequence, with its fault in the same list."""
        mutated = list(operations)
        at = next(i for i, op in enumerate(mutated) if op.opcode is Opcode.FAULT)
        head = mutated[at].head
        match rng.randrange(6):
            case 0:
                mutated[at] = self._fault(rng, head)
            case 1 | 2:
                place = rng.randint(at + 1, len(mutated))
                mutated[place:place] = self._uses(rng, head)
            case 3 if len(mutated) > at + 1:
                place = rng.randrange(at + 1, len(mutated))
                mutated[place : place + 1] = self._uses(rng, head)
            case 4 if at:
                mutated[:at] = self._lists(rng, head)
            case _:
                mutated.pop(rng.randrange(len(mutated)))
        if not any(op.opcode is Opcode.FAULT for op in mutated):
            return self.sequence(rng)
        return mutated

    def _fault(self, rng: Random, head: int) -> Operation:
        operand = rng.randrange(_OPERANDS) if rng.random() < 0.7 else rng.randrange(16)
        return Operation(Opcode.FAULT, FAULTY_VM, head, FAULTY_VM, operand, fault=self.fault.number)

    def _lists(self, rng: Random, head: int) -> list[Operation]:
        """Draw lists of the VM and of innocent ones, made in any order."""
        places = [(FAULTY_VM, head)]
        if rng.random() < 0.6:
            places.append((FAULTY_VM, next_head(head)))
        places += [
            (vm, rng.choice((head, rng.choice(_HEADS_USED))))
            for vm in range(1, VMS)
            if rng.random() < 0.5
        ]
        operations = []
        for vm, at in places:
            operations.append(self._add(rng, vm, at, self._size(rng)))
            if rng.random() < 0.25:
                operations.append(self._add(rng, vm, at, self._size(rng)))
            if rng.random() < 0.25:
                operations.append(
                    Operation(Opcode.REMOVE, vm, at, vm, rng.randrange(8), rng.choice((1, 1, 2, 5)))
                )
        rng.shuffle(operations)
        # Lists come before the removes from them.
        operations.sort(key=lambda op: op.opcode is Opcode.REMOVE)
        if rng.random() < 0.3:
            operations.insert(0, self._context(rng))
        return operations

    def _size(self, rng: Random) -> int:
        """Draw how many entries: around whole descriptors, where lists change."""
        whole = self.capacity * rng.choice((0, 1, 1, 1, 2, 2, 3))
        return self._count(max(1, whole + rng.choice((-1, 0, 0, 1, 1, 2, 3))))

    def _count(self, wanted: int) -> int:
        return max(count for count in ENCODABLE_REPEATS if count <= wanted)

    def _add(self, rng: Random, vm: int, head: int, count: int) -> Operation:
        ways = [Opcode.ADD, Opcode.PARENT_ADD if head >= FRAME_HEADS else Opcode.RMAP_ADD]
        ways = [way for way in ways if way in self.opcodes]
        return Operation(rng.choice(ways), vm, head, vm, rng.randrange(8) * 100, count)

    def _context(self, rng: Random) -> Operation:
        context = rng.choice((Context.KWORKER, Context.VCPU0, Context.OWN))
        vm = rng.randrange(VMS) if context is Context.VCPU0 else 0
        return Operation(Opcode.CONTEXT, vm, 0, vm, context)

    def _uses(self, rng: Random, head: int) -> list[Operation]:
        """Draw one thing that callers do; sometimes the end of the VM, and another in its place."""
        if rng.random() >= _REPLACED:
            return [self._use(rng, head)]
        return [
            Operation(Opcode.DESTROY, FAULTY_VM, 0, FAULTY_VM),
            Operation(Opcode.CREATE, FAULTY_VM, 0, FAULTY_VM),
            self._add(rng, FAULTY_VM, head, self._size(rng)),
        ]

    def _use(self, rng: Random, head: int) -> Operation:
        """Draw one thing that callers do, mostly to the list with the fault."""
        chance = rng.random()
        vm = FAULTY_VM
        if chance < 0.2:
            head = next_head(head)
        elif chance < 0.4:
            vm = rng.randrange(1, VMS)
        uses = [
            (opcode, weight)
            for opcode, weight in _USES
            if opcode in self.opcodes and _fits(opcode, head)
        ]
        opcode = rng.choices([use for use, _ in uses], [weight for _, weight in uses])[0]
        op = Operation(opcode, vm, head, vm)
        if op.form.heads is Heads.NONE:
            op = replace(op, head=0)
        if op.form.operand in (Operand.SPTE, Operand.MEMBER):
            op = replace(op, operand=rng.choice((0, 0, 1, rng.randrange(64))))
        if op.form.repeats and op.form.operand is not Operand.NONE:
            repeat = rng.choice(
                (1, 1, 1, 2, 3, self.capacity, self.capacity + 1, 2 * self.capacity)
            )
            op = replace(op, repeat=self._count(repeat))
        return op


def _fits(opcode: Opcode, head: int) -> bool:
    heads = Operation(opcode).form.heads
    if heads is Heads.FRAME:
        return head < FRAME_HEADS
    return heads is not Heads.PARENT or head >= FRAME_HEADS
