# SPDX-License-Identifier: GPL-2.0-only
"""The expected state: what each step must do to the lists, in plain Python.

Half of the independent oracle: the state and its rules.  pyfuzz/worlds/lists/judge.py, the
other half, compares a module with it.  Written from docs/sequences.md and the
documented behaviour of the kernel's functions, not from the harness.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from errno import EIO

from pyfuzz.module.results import Skip
from pyfuzz.worlds.lists.faults import FAULTS, WRONG_GFN
from pyfuzz.worlds.lists.operation import FRAME_HEADS, HEADS, SPTES, VMS, Context, Opcode, Operation

# A guest frame's list that held more than this before an add is zapped whole.
RECYCLE_THRESHOLD = 1000


class Effect(Enum):
    """What a step does to the lists if the target is right."""

    NOTHING = auto()
    ADD = auto()
    REMOVE = auto()
    EMPTY = auto()
    CREATE = auto()
    DESTROY = auto()


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one step must do.

    ``error`` says that the sequence makes a mistake, which must bug the
    operation's VM and change nothing; ``returned`` is the documented value,
    None if there is none; ``lists`` are the ``(vm, head)`` that the step deals
    with.
    """

    skip: Skip
    effect: Effect = Effect.NOTHING
    vm: int = 0
    head: int = 0
    spte: int | None = None
    error: bool = False
    returned: int | None = None
    recycled: bool = False
    lists: tuple[tuple[int, int], ...] = ()


_ADDS = (Opcode.ADD, Opcode.PARENT_ADD, Opcode.RMAP_ADD)
_MEMBERS = (
    Opcode.REMOVE,
    Opcode.ZAP_ONE,
    Opcode.PARENT_REMOVE,
    Opcode.PARENT_DROP,
    Opcode.RMAP_REMOVE,
    Opcode.RMAP_REMOVE_OFF,
)
_STRAYS = (
    Opcode.REMOVE_STRAY,
    Opcode.ZAP_ONE_STRAY,
    Opcode.PARENT_REMOVE_STRAY,
    Opcode.RMAP_REMOVE_STRAY,
)
_EMPTIES = (Opcode.ZAP_ALL, Opcode.PARENT_UNLINK)


@dataclass(slots=True)
class VmModel:
    """One VM: its lists in the harness's own order, and which SPTEs are in one."""

    alive: bool = True
    bugged: bool = False
    lists: list[list[int]] = field(default_factory=lambda: [[] for _ in range(HEADS)])
    used: bytearray = field(default_factory=lambda: bytearray(SPTES))

    def free_spte(self, start: int) -> int | None:
        """Return the first SPTE in no list at or after start, cyclically."""
        found = self.used.find(0, start)
        if found < 0:
            found = self.used.find(0, 0, start)
        return found if found >= 0 else None

    def add(self, head: int, spte: int) -> None:
        """Append an SPTE to a list."""
        self.lists[head].append(spte)
        self.used[spte] = 1

    def remove(self, head: int, spte: int) -> None:
        """Take an SPTE out of a list; the last one moves into its place."""
        entries = self.lists[head]
        entries[entries.index(spte)] = entries[-1]
        entries.pop()
        self.used[spte] = 0

    def empty(self, head: int) -> tuple[int, ...]:
        """Take every SPTE out of a list and return them."""
        taken = tuple(self.lists[head])
        for spte in taken:
            self.used[spte] = 0
        self.lists[head].clear()
        return taken


class Model:
    """Four VMs, and what each step must do to them.

    ``opcodes`` are the opcodes that the target supports; ``recycles`` says
    whether its rmap_add, or its caller, zaps a list that has grown too long;
    ``flushes``, whether its zap-all returns that its caller must flush TLBs.
    """

    def __init__(self, opcodes: frozenset[int], *, recycles: bool, flushes: bool = False) -> None:
        self.opcodes = opcodes
        self.recycles = recycles
        self.flushes = flushes
        self.vms = [VmModel() for _ in range(VMS)]
        self.host_dead = False
        # VMs for which the model has only what the callers believe: one has a
        # fault, others are harmed by it.
        self.tainted: set[int] = set()

    def members(self, vm: int, head: int) -> list[int]:
        """Return the SPTEs that a list must hold, in the harness's order."""
        return self.vms[vm].lists[head]

    @property
    def alive(self) -> frozenset[int]:
        """The VMs that are alive."""
        return frozenset(number for number, vm in enumerate(self.vms) if vm.alive)

    @property
    def bugged(self) -> frozenset[int]:
        """The VMs that must be bugged."""
        return frozenset(number for number, vm in enumerate(self.vms) if vm.bugged)

    def predict(self, op: Operation, step: int) -> Prediction:
        """Say what repetition ``step`` of an operation must do now."""
        vm = self.vms[op.vm]
        if self.host_dead:
            return Prediction(Skip.HOST_DEAD)
        if op.opcode not in self.opcodes and op.opcode is not Opcode.FAULT:
            return Prediction(Skip.UNSUPPORTED)
        if op.opcode is Opcode.CONTEXT and op.operand < Context.VCPU0:
            return Prediction(Skip.RAN)
        if op.opcode is Opcode.CREATE:
            if vm.alive:
                return Prediction(Skip.VM_ALIVE)
            return Prediction(Skip.RAN, Effect.CREATE, op.vm)
        if not (vm.alive and self.vms[op.head_vm].alive):
            return Prediction(Skip.NO_VM)
        if op.opcode is Opcode.DESTROY:
            return Prediction(Skip.RAN, Effect.DESTROY, op.vm)
        if op.opcode is Opcode.CONTEXT:
            return Prediction(Skip.RAN)
        if op.opcode is Opcode.ENTER:
            return Prediction(Skip.RAN, vm=op.vm, returned=-EIO if vm.bugged else 0)
        return self._predict_on_list(op, step)

    def _predict_on_list(self, op: Operation, step: int) -> Prediction:
        vm = self.vms[op.vm]
        entries = self.vms[op.head_vm].lists[op.head]
        here = (op.head_vm, op.head)
        if op.opcode is Opcode.FAULT:
            return self._predict_fault(op)
        if op.opcode in _ADDS:
            return self._predict_add(op, step)
        if op.opcode in _MEMBERS:
            if not entries:
                return Prediction(Skip.EMPTY)
            spte = entries[op.operand_at(step) % len(entries)]
            if op.opcode is Opcode.RMAP_REMOVE_OFF:
                looked_in = (op.vm, (op.head + 1) % FRAME_HEADS)
                return Prediction(
                    Skip.RAN, vm=op.vm, spte=spte, error=True, lists=(here, looked_in)
                )
            return Prediction(Skip.RAN, Effect.REMOVE, op.vm, op.head, spte, lists=(here,))
        if op.opcode in _STRAYS:
            spte = op.operand_at(step)
            if op.head_vm == op.vm and spte in entries:
                return Prediction(Skip.RAN, Effect.REMOVE, op.vm, op.head, spte, lists=(here,))
            if op.opcode is Opcode.ZAP_ONE_STRAY and vm.used[spte]:
                return Prediction(Skip.IN_OTHER_LIST)
            return Prediction(Skip.RAN, vm=op.vm, spte=spte, error=True, lists=(here,))
        if op.opcode in _EMPTIES:
            # Of an empty list, any answer will do.
            flush = op.opcode is Opcode.ZAP_ALL and self.flushes and bool(entries)
            return Prediction(
                Skip.RAN,
                Effect.EMPTY,
                op.vm,
                op.head,
                returned=1 if flush else None,
                lists=(here,),
            )
        # Count and iterate, which change nothing.
        return Prediction(Skip.RAN, vm=op.vm, returned=len(entries), lists=(here,))

    def _predict_fault(self, op: Operation) -> Prediction:
        """Say what the callers believe afterwards; only the harness knows what it does."""
        entries = self.vms[op.vm].lists[op.head]
        if FAULTS[op.fault].name not in WRONG_GFN:
            return Prediction(Skip.RAN, vm=op.vm, head=op.head)
        if not entries:
            return Prediction(Skip.NO_PLACE)
        spte = entries[op.operand % len(entries)]
        return Prediction(Skip.RAN, Effect.REMOVE, op.vm, op.head, spte)

    def _predict_add(self, op: Operation, step: int) -> Prediction:
        vm = self.vms[op.vm]
        spte = vm.free_spte(op.operand_at(step))
        if spte is None:
            return Prediction(Skip.NO_FREE_SPTE)
        before = len(vm.lists[op.head])
        recycled = op.opcode is Opcode.RMAP_ADD and self.recycles and before > RECYCLE_THRESHOLD
        recycled = recycled and op.vm not in self.tainted
        return Prediction(
            Skip.RAN,
            Effect.ADD,
            op.vm,
            op.head,
            spte,
            # The callers keep the number to themselves.
            returned=before if op.opcode is Opcode.ADD else None,
            recycled=recycled,
            lists=((op.vm, op.head),),
        )

    def apply(self, prediction: Prediction) -> tuple[int, ...]:
        """Do to the model what the prediction says; return the SPTEs taken out of lists."""
        vm = self.vms[prediction.vm]
        if prediction.error:
            vm.bugged = True
        match prediction.effect:
            case Effect.ADD:
                assert prediction.spte is not None
                vm.add(prediction.head, prediction.spte)
                return vm.empty(prediction.head) if prediction.recycled else ()
            case Effect.REMOVE:
                assert prediction.spte is not None
                vm.remove(prediction.head, prediction.spte)
                return (prediction.spte,)
            case Effect.EMPTY:
                return vm.empty(prediction.head)
            case Effect.CREATE:
                self.vms[prediction.vm] = VmModel()
                self.tainted.discard(prediction.vm)
            case Effect.DESTROY:
                self.vms[prediction.vm] = VmModel(alive=False)
                return tuple(spte for entries in vm.lists for spte in entries)
        return ()
