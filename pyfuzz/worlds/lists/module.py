# SPDX-License-Identifier: GPL-2.0-only
"""A compiled target of the lists world: its operations, faults, and looking into its lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyfuzz.module import compiled
from pyfuzz.module.compiled import Module
from pyfuzz.module.results import OUTCOMES, Containment, Evidence
from pyfuzz.worlds.lists.operation import SPTES, Opcode, Operation

if TYPE_CHECKING:
    from pyfuzz.target.catalogue import Target

# Inside ListsModule, ``list`` is a method.
_Pairs = list[tuple[str, str]]


class ListsModule(Module):
    """Reads csrc/worlds/lists/lists.h."""

    world = "lists"

    def _fill(self, op: Operation) -> None:
        c = self._op
        c.opcode, c.vm, c.head, c.head_vm = op.opcode, op.vm, op.head, op.head_vm
        c.operand, c.repeat, c.fault = op.operand, op.repeat, op.fault

    def set_faults(self, *, on: bool) -> None:
        """Say whether bit 7 of a record's first byte makes it a fault, for run_function."""
        self._lib.pyfuzz_set_faults(on)

    def decode(self, data: bytes) -> Operation:
        """Decode the four bytes of one operation as the C harness does, see set_faults()."""
        if len(data) != self._lib.PYFUZZ_OP_BYTES:
            raise ValueError(f"an operation has {self._lib.PYFUZZ_OP_BYTES} bytes, not {len(data)}")
        self._lib.pyfuzz_decode(data, self._op)
        return self._read_operation(self._op)

    def _read_operation(self, op: Any) -> Operation:
        return Operation(
            Opcode(op.opcode), op.vm, op.head, op.head_vm, op.operand, op.repeat, op.fault
        )

    def faults(self) -> _Pairs:
        """Return the name and the cause of each fault, in the order of their numbers."""
        names: _Pairs = []
        while (name := self._lib.pyfuzz_fault_name(len(names))) != self._ffi.NULL:
            cause = self._lib.pyfuzz_fault_cause(len(names))
            names.append((self._text(name), self._text(cause)))
        return names

    def containment(self) -> Containment | None:
        """Return the outcome of the faults in the last sequence, None if none was planted."""
        c = self._lib.pyfuzz_containment()
        if not c.faults:
            return None
        return Containment(
            outcome=OUTCOMES[c.outcome],
            fault=c.fault,
            faults=c.faults,
            mistakes=c.mistakes,
            did=self._text(c.did),
            operation=c.fault_operation,
            bugged=bool(c.bugged),
            wrong_vm=bool(c.wrong_vm),
            steps_to_flag=c.steps_to_flag if c.bugged else None,
            steps_after=c.steps_after,
            destroyed=bool(c.destroyed),
            emptied=bool(c.emptied),
            innocents_work=bool(c.innocents_work),
            leaked=c.leaked,
            stale=c.stale,
            evidence=self._read_evidence(c),
            report=self._text(c.report) if c.memory else None,
        )

    def _read_evidence(self, c: Any) -> Evidence | None:
        if not self._ffi.string(c.message):
            return None
        return Evidence(self._symptom(c), c.operation)

    def head_value(self, vm: int, head: int) -> int:
        """Return the word of a reverse-map head: 0, an SPTE's address, or a tagged one."""
        return int(self._lib.pyfuzz_head_value(vm, head))

    def spte_address(self, vm: int, spte: int) -> int:
        """Return the address of an SPTE."""
        return int(self._lib.pyfuzz_spte_address(vm, spte))

    def spte_value(self, vm: int, spte: int) -> int:
        """Return what an SPTE holds; bit 11 is its present bit."""
        return int(self._lib.pyfuzz_spte_value(vm, spte))

    def descriptor_live(self, address: int) -> bool:
        """Return whether a descriptor that was handed out and not freed starts here."""
        return bool(self._lib.pyfuzz_descriptor_live(address))

    def descriptor_read(self, address: int) -> bytes | None:
        """Return a live descriptor's bytes, None if no live one starts here."""
        size = self.traits.descriptor_size
        out = self._ffi.new("uint8_t[]", size)
        if not self._lib.pyfuzz_descriptor_read(address, out, size):
            return None
        return bytes(self._ffi.buffer(out, size))

    def list(self, vm: int, head: int) -> list[int] | None:
        """Return the SPTEs of a list in the target's order, None if it is broken."""
        cap = SPTES
        out = self._ffi.new("uint16_t[]", cap)
        length = self._lib.pyfuzz_list(vm, head, out, cap)
        return None if length < 0 else [int(out[i]) for i in range(min(length, cap))]

    def requests(self, vm: int, vcpu: int) -> int:
        """Return how many VM-dead requests a vCPU was sent."""
        return int(self._lib.pyfuzz_requests(vm, vcpu))

    @property
    def descriptors_live(self) -> int:
        """How many descriptors are neither in a cache nor freed."""
        return int(self._lib.pyfuzz_descriptors_live())


def load(target: Target, flavour: str = "fuzz") -> ListsModule:
    """Return the module of a target of the lists world, as pyfuzz.module.compiled.load() does."""
    module = compiled.load(target, flavour)
    assert isinstance(module, ListsModule), target.name
    return module


MODULE = ListsModule
