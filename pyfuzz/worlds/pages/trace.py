# SPDX-License-Identifier: GPL-2.0-only
"""Run a sequence of the pages world step by step and record what each operation did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfuzz.module.results import Skip
from pyfuzz.replay.entry import Entry, ListChange
from pyfuzz.worlds.pages import drawing, flush
from pyfuzz.worlds.pages.operation import VMS, Mode, Opcode, Operation
from pyfuzz.worlds.pages.text import MODES, format_operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfuzz.worlds.pages.module import PagesModule, PagesStep

GUEST_FAULT = "the guest gets a page fault"
RESULTS = (
    "mapped",
    GUEST_FAULT,
    "emulated: MMIO, or a write to a guest table that is tracked",
    "to be retried",
    "an error that ends KVM_RUN",
)
_ENTRIES = {1: "PTE", 2: "PDE", 3: "PDPTE", 4: "PML4E", 5: "PML5E"}
_BITS = ((0x2, "w"), (0x4, "u"), (0x20, "a"), (0x40, "d"), (0x80, "large"), (1 << 63, "nx"))
_NOT_THERE = "(none)"
# Lines of a replay for a VM that is created at its start and torn down at its end.
_MANY = 12


def trace(
    module: PagesModule, operations: list[Operation], *, look_ahead: bool = True
) -> Iterator[Entry]:
    """Yield an entry for each operation, and one for the tear-down.

    No operation is repeated in this world, so this needs no lookahead.
    """
    del look_ahead
    recorder = _Recorder(module)
    for number, op in enumerate(operations):
        yield recorder.operation(number, op)
    yield recorder.end(len(operations))


class _Recorder:
    """Turns the steps of a module into entries."""

    def __init__(self, module: PagesModule) -> None:
        self._module = module
        self._names = drawing.Names()
        self._bugged: frozenset[int] = frozenset()
        self._findings = 0
        self._shown: dict[int, drawing.Drawing] = {vm: {} for vm in range(VMS)}
        module.begin()

    def operation(self, number: int, op: Operation) -> Entry:
        """Run one operation."""
        entry = Entry(number, format_operation(op))
        step = self._module.step(op, number)
        self._record(entry, step)
        if step.skip is Skip.RAN:
            entry.facts += _facts(op, step, self._module.mode_of(op.vm, op.vcpu))
        if op.opcode is Opcode.END:
            # An end removes everything.
            self._shown[op.vm] = {}
        else:
            entry.lists = self._changes(op.vm)
        return entry

    def end(self, number: int) -> Entry:
        """Tear the world down."""
        entry = Entry(number, "")
        step = self._module.end(number)
        self._record(entry, step)
        if step.alive and not entry.findings:
            entry.skipped[Skip.HOST_DEAD] += 1
        return entry

    def _record(self, entry: Entry, step: PagesStep) -> None:
        entry.steps = 1
        entry.flushes = list(flush.lines(*self._module.flushes(), self._module.requests()))
        if step.skip is not Skip.RAN:
            entry.skipped[step.skip] += 1
        entry.bugged += sorted(step.bugged - self._bugged)
        self._bugged = step.bugged
        findings = self._module.last().findings
        entry.findings = list(findings[self._findings :])
        self._findings = len(findings)
        if step.log_lines:
            entry.log = self._module.log()[-step.log_lines :]

    def _changes(self, vm: int) -> list[ListChange]:
        before, after = self._shown[vm], drawing.draw(self._module, vm, self._names)
        self._shown[vm] = after
        changed = [
            ListChange(name, before.get(name, _NOT_THERE), after.get(name, _NOT_THERE))
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        ]
        gone = [change for change in changed if change.after == _NOT_THERE]
        if len(changed) <= _MANY or len(gone) < len(changed):
            return changed
        return [ListChange(f"vm{vm}", f"{len(gone)} pages and reverse maps", _NOT_THERE)]


def _facts(op: Operation, step: PagesStep, mode: int) -> list[str]:
    facts: list[str] = []
    if op.opcode is Opcode.ACCESS:
        facts.append(f"{MODES[Mode(mode)]} address {step.gva:#x}: {RESULTS[step.result]}")
    elif op.opcode is Opcode.INVLPG:
        facts.append(f"address {step.gva:#x}")
    elif step.entry is not None:
        level, gpa, old, new = step.entry
        told = "KVM is told" if op.opcode is Opcode.WRITE else "behind KVM's back"
        facts.append(
            f"{_ENTRIES[level]} {gpa % 4096 // 8} of the guest's table at gfn {gpa >> 12:#x}: "
            f"{entry_text(old)} => {entry_text(new)}, {told}"
        )
    elif len(step.gfns):
        facts.append(f"gfns {step.gfns.start:#x} to {step.gfns.stop - 1:#x}")
    return facts


def entry_text(entry: int) -> str:
    """Format an entry of a guest's table: ``gfn 0x203 wuad``."""
    if not entry & 1:
        return "not present" if entry else "0"
    flags = [word for bit, word in _BITS if entry & bit]
    letters = "".join(word for word in flags if len(word) == 1)
    return " ".join(
        [f"gfn {entry >> 12 & 0xFFFFFFFFFF:#x}", letters, *flags[len(letters) :]]
    ).strip()
