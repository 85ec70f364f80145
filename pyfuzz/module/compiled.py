# SPDX-License-Identifier: GPL-2.0-only
"""The one importer and the one typed wrapper of compiled targets."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.kinds import ORDER, Kind
from pyfuzz.module import builder, engine
from pyfuzz.module.results import (
    OUTCOMES,
    Containment,
    Evidence,
    RawFinding,
    Result,
    Skip,
    Step,
    Traits,
)
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.lists.operation import Opcode, Operation

ABI = 5
NONE = 65535
"""No SPTE, no head, no VM: PYFUZZ_NONE."""

# Inside Module, list is a reverse map's.
_Lines = list[str]
_Numbers = list[int]
_Pairs = list[tuple[str, str]]


class Module:
    """A compiled target.  A module has one world, so it serves one user at a time."""

    def __init__(self, flavour: str, path: Path, compiled: Any) -> None:
        self.flavour = flavour
        self.path = path
        self._ffi = compiled.ffi
        self._lib = compiled.lib
        if self._lib.PYFUZZ_ABI != ABI:
            raise HarnessError(
                f"{path.name} has interface {self._lib.PYFUZZ_ABI}, pyfuzz needs {ABI}: "
                "run 'make clean setup'"
            )
        self._op = self._ffi.new("struct pyfuzz_op *")
        self._step = self._ffi.new("struct pyfuzz_step *")
        self._attached: Any = None
        self.traits = self._read_traits()

    def run(self, data: bytes, *, faults: bool = False) -> int:
        """Run one sequence with all checks; return how many signatures were new.

        ``faults`` says whether bit 7 of a record's first byte makes it a fault.
        """
        self._lib.pyfuzz_set_faults(faults)
        return int(self._lib.pyfuzz_run(data, len(data)))

    @property
    def run_function(self) -> Any:
        """The C function for an engine's loop: run(), and what csrc/harness/probe.c adds."""
        return self._lib.pyfuzz_fuzz

    def coverage(self, data: bytes) -> bytes:
        """Run one sequence for what it reaches by itself, whatever ran before.

        Returns a byte for each of the target's counters, then one for each
        state: 0, or the bit that says how often it was hit (8 classes).
        """
        size = self.traits.counters + self.traits.states
        out = self._ffi.new("uint8_t[]", size)
        self._lib.pyfuzz_coverage(data, len(data), out)
        return bytes(self._ffi.buffer(out, size))

    def begin(self) -> None:
        """Start a sequence that is given step by step, in a fresh world."""
        self._lib.pyfuzz_begin()

    def step(self, op: Operation, operation: int, step: int = 0) -> Step:
        """Run repetition ``step`` of an operation, the ``operation``-th of its sequence."""
        c = self._op
        c.opcode, c.vm, c.head, c.head_vm = op.opcode, op.vm, op.head, op.head_vm
        c.operand, c.repeat, c.fault = op.operand, op.repeat, op.fault
        self._lib.pyfuzz_step(c, operation, step, self._step)
        return self._read_step()

    def end(self, operation: int) -> Step:
        """Tear the world down with the final checks; ``operation`` is the sequence's length."""
        self._lib.pyfuzz_end(operation, self._step)
        return self._read_step()

    def last(self) -> Result:
        """Return what the last run(), or the steps since begin(), did."""
        c = self._lib.pyfuzz_last()
        findings = tuple(self._read_finding(c.findings[i]) for i in range(c.findings_len))
        return Result(c.operations, c.steps, findings)

    def decode(self, data: bytes) -> Operation:
        """Decode the four bytes of one operation as the C harness does, see set_faults()."""
        if len(data) != self._lib.PYFUZZ_OP_BYTES:
            raise ValueError(f"an operation has {self._lib.PYFUZZ_OP_BYTES} bytes, not {len(data)}")
        c = self._op
        self._lib.pyfuzz_decode(data, c)
        return Operation(Opcode(c.opcode), c.vm, c.head, c.head_vm, c.operand, c.repeat, c.fault)

    def set_faults(self, *, on: bool) -> None:
        """Say whether bit 7 of a record's first byte makes it a fault, for run_function."""
        self._lib.pyfuzz_set_faults(on)

    def faults(self) -> _Pairs:
        """Return the name and the cause of each fault, in the order of their numbers."""
        names: _Pairs = []
        while (name := self._lib.pyfuzz_fault_name(len(names))) != self._ffi.NULL:
            cause = self._lib.pyfuzz_fault_cause(len(names))
            names.append((self._text(name), self._text(cause)))
        return names

    def containment(self) -> Containment | None:
        """Return what came of the faults in the last sequence, None if none was planted."""
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
        return Evidence(
            ORDER[c.kind], c.operation, c.line, self._text(c.function), self._text(c.message)
        )

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
        cap = self._lib.PYFUZZ_SPTES
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

    def log(self) -> _Lines:
        """Return the lines that the target logged since begin()."""
        lines: _Lines = []
        while (text := self._lib.pyfuzz_log_line(len(lines))) != self._ffi.NULL:
            lines.append(self._text(text))
        return lines

    def attach(self, buffer: Any) -> None:
        """Count into this writable buffer (struct pyfuzz_shared) from now on."""
        size = self._ffi.sizeof("struct pyfuzz_shared")
        view = self._ffi.from_buffer("uint8_t[]", buffer, require_writable=True)
        if len(view) < size:
            raise HarnessError(f"a shared region has {size} bytes, this one {len(view)}")
        self._lib.pyfuzz_attach(view)
        self._attached = view  # C keeps the address

    def set_hang_limit(self, milliseconds: int) -> None:
        """Set after how long an operation that does not end is a hang."""
        self._lib.pyfuzz_set_hang_limit(milliseconds)

    def block_addresses(self) -> _Numbers:
        """Return where the target's basic blocks begin in the module's file.

        Errors: HarnessError in a flavour other than lines.
        """
        self._need_lines()
        return [
            int(self._lib.pyfuzz_lines_address(block))
            for block in range(self._lib.pyfuzz_lines_blocks())
        ]

    def take_block_counts(self) -> _Numbers:
        """Return how often each basic block ran, and count from 0 again.

        Errors: HarnessError in a flavour other than lines.
        """
        self._need_lines()
        counts = self._ffi.unpack(self._lib.pyfuzz_lines_counts(), self._lib.pyfuzz_lines_blocks())
        self._lib.pyfuzz_lines_reset()
        return [int(count) for count in counts]

    def _need_lines(self) -> None:
        if self.flavour != "lines":
            raise HarnessError(
                f"basic blocks are counted in the lines flavour, this is {self.flavour}; "
                "please report"
            )

    def _text(self, c: Any) -> str:
        return bytes(self._ffi.string(c)).decode("utf-8", "replace")

    def _read_step(self) -> Step:
        c = self._step
        return Step(
            skip=Skip(c.skip),
            error=bool(c.error),
            returned=c.returned if c.has_returned else None,
            expected=c.expected,
            recycled=bool(c.recycled),
            spte=None if c.spte == NONE else c.spte,
            expected_bugged=_bits(c.expected_bugged),
            bugged=_bits(c.bugged),
            alive=_bits(c.alive),
            findings=_kinds(c.findings),
            log_lines=c.log_lines,
        )

    def _read_finding(self, c: Any) -> RawFinding:
        return RawFinding(
            kind=ORDER[c.kind],
            operation=c.operation,
            step=c.step,
            line=c.line,
            signature=c.signature,
            function=self._text(c.function),
            message=self._text(c.message),
        )

    def _read_traits(self) -> Traits:
        c = self._lib.pyfuzz_traits()
        numbers = {
            name: int(getattr(c, name))
            for name in Traits.__dataclass_fields__
            if name not in ("name", "opcodes", "locked_heads", "rmap_add_recycles", "sanitized")
        }
        return Traits(
            name=self._text(c.name),
            opcodes=frozenset(Opcode(bit) for bit in _bits(c.opcodes)),
            locked_heads=bool(c.locked_heads),
            rmap_add_recycles=bool(c.rmap_add_recycles),
            sanitized=bool(c.sanitized),
            **numbers,
        )


@cache
def _kinds(mask: int) -> tuple[Kind, ...]:
    return tuple(ORDER[bit] for bit in sorted(_bits(mask)))


@cache
def _bits(mask: int) -> frozenset[int]:
    return frozenset(bit for bit in range(32) if mask >> bit & 1)


def load(target: Target, flavour: str = "fuzz") -> Module:
    """Build a target if need be, and return it.  One target gives one module.

    Errors: UsageError if an extracted target does not compile or lacks a
    function, or if the sanitize flavour is asked for in a process without its
    runtime; HarnessError if one of ours does not compile.
    """
    engine.load(flavour)
    path = builder.build(target, flavour)
    try:
        return open_module(path, flavour)
    except ImportError as error:
        family = UsageError if target.extracted else HarnessError
        raise family(f"{target.name} cannot be loaded: {error}") from error


@cache
def open_module(path: Path, flavour: str) -> Module:
    """Return the module in a file that build.py made; libFuzzer must be loaded.

    Errors: ImportError if the file cannot be loaded.
    """
    name = path.name.split(".")[0]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise HarnessError(f"{path} is no extension module; please report")
    compiled = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compiled)
    sys.modules[name] = compiled
    return Module(flavour, path, compiled)
