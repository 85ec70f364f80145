# SPDX-License-Identifier: GPL-2.0-only
"""Run a sequence of the lists world step by step and record what each operation did."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyfuzz.module.results import Skip
from pyfuzz.replay.entry import Entry, ListChange, numbers, times_text
from pyfuzz.worlds.lists.binary import encode
from pyfuzz.worlds.lists.drawing import draw
from pyfuzz.worlds.lists.faults import FAULTS, NEXT_HEAD
from pyfuzz.worlds.lists.memory import SpteNames, walk
from pyfuzz.worlds.lists.operation import (
    FRAME_HEADS,
    HEADS,
    SPTES,
    Heads,
    Opcode,
    Operation,
    has_faults,
    next_head,
)
from pyfuzz.worlds.lists.text import format_operation, head_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfuzz.module.results import Step
    from pyfuzz.worlds.lists.module import ListsModule

_ADDRESS = re.compile(r"\b(?:0x)?([0-9a-f]{8,16})\b")


def trace(
    module: ListsModule, operations: list[Operation], *, look_ahead: bool = True
) -> Iterator[Entry]:
    """Yield an entry for each operation, and one for the tear-down.

    ``look_ahead`` runs the whole sequence before, to know at which steps the
    findings are; without it the entry of a repeated operation ends with the
    step that shows one.
    """
    stops: set[tuple[int, int]] = set()
    if look_ahead:
        module.run(encode(operations), faults=has_faults(operations))
        stops = {(finding.operation, finding.step) for finding in module.last().findings}
    recorder = _Recorder(module)
    for number, op in enumerate(operations):
        yield from recorder.operation(number, op, stops)
    yield recorder.end(len(operations))


class _Recorder:
    """Turns the steps of a module into entries."""

    def __init__(self, module: ListsModule) -> None:
        self._module = module
        self._names = SpteNames(module)
        self._bugged: frozenset[int] = frozenset()
        self._log_lines = 0
        self._findings = 0
        module.begin()

    def operation(self, number: int, op: Operation, stops: set[tuple[int, int]]) -> Iterator[Entry]:
        """Run all steps of an operation."""
        lists = touched_lists(op)
        entry: Entry | None = None
        before: list[str] = []
        for step in range(op.repeat):
            if entry is not None and (number, step) in stops:
                yield self._close(entry, op, lists, before)
                entry = None
            if entry is None:
                entry = Entry(number, format_operation(op), first=step, repeat=op.repeat)
                if op.opcode is Opcode.FAULT:
                    entry.facts.append(f"stands for: {FAULTS[op.fault].cause}")
                before = self._draw(lists)
            done = self._module.step(op, number, step)
            self._record(entry, done)
            if done.findings and len(self._module.last().findings) > self._findings:
                yield self._close(entry, op, lists, before)
                entry = None
        if entry is not None:
            yield self._close(entry, op, lists, before)

    def end(self, number: int) -> Entry:
        """Tear the world down."""
        entry = Entry(number, "")
        step = self._module.end(number)
        self._record(entry, step)
        self._close(entry, None, [], [])
        entry.containment = self._module.containment()
        if step.alive and not entry.findings:
            entry.skipped[Skip.HOST_DEAD] += 1
        return entry

    def _record(self, entry: Entry, step: Step) -> None:
        entry.steps += 1
        if step.skip is not Skip.RAN:
            entry.skipped[step.skip] += 1
            return
        entry.errors += step.error
        entry.recycled += step.recycled
        if step.spte is not None:
            entry.sptes.append(step.spte)
        if step.returned is not None:
            entry.returned.append(step.returned)
        entry.bugged += sorted(step.bugged - self._bugged)
        self._bugged = step.bugged
        self._log_lines += step.log_lines

    def _close(
        self,
        entry: Entry,
        op: Operation | None,
        lists: list[tuple[int, int]],
        before: list[str],
    ) -> Entry:
        after = self._draw(lists)
        entry.lists = [
            ListChange(f"vm{vm} {head_name(head)}", *pair)
            for (vm, head), *pair in zip(lists, before, after, strict=True)
        ]
        if op is not None and op.opcode is Opcode.FAULT and not entry.skipped:
            planted = self._module.containment()
            if planted is not None and planted.did:
                entry.facts.append(f"planted: {planted.did}")
        entry.chosen = numbers(entry.sptes, "s", SPTES)
        if entry.errors:
            entry.mistake = _mistake(entry)
        findings = self._module.last().findings
        entry.findings = list(findings[self._findings :])
        self._findings = len(findings)
        if self._log_lines:
            lines = self._module.log()
            entry.log = [self._readable(line) for line in lines[-self._log_lines :]]
            self._log_lines = 0
        return entry

    def _draw(self, lists: list[tuple[int, int]]) -> list[str]:
        return [draw(walk(self._module, vm, head), vm, self._names) for vm, head in lists]

    def _readable(self, line: str) -> str:
        """Write SPTEs instead of their addresses, which differ from run to run."""

        def name(found: re.Match[str]) -> str:
            spte = self._names.find(int(found[1], 16))
            return f"<vm{spte[0]} s{spte[1]}>" if spte else found[0]

        return _ADDRESS.sub(name, line.rstrip("\n"))


def touched_lists(op: Operation) -> list[tuple[int, int]]:
    """Return the lists that an operation deals with."""
    if op.opcode is Opcode.DESTROY:
        return [(op.vm, head) for head in range(HEADS)]
    if op.form.heads is Heads.NONE:
        return []
    lists = [(op.head_vm, op.head)]
    if op.opcode is Opcode.RMAP_REMOVE_OFF:
        lists.append((op.vm, (op.head + 1) % FRAME_HEADS))
    if op.opcode is Opcode.FAULT and FAULTS[op.fault].name in NEXT_HEAD:
        lists.append((op.vm, next_head(op.head)))
    return lists


def _mistake(entry: Entry) -> str:
    """Say what is wrong with what the sequence asks for, and what must happen."""
    vm = entry.text.split()[1]
    ran = entry.steps - sum(entry.skipped.values())
    # An SPTE that was asked for in another list than its own comes with both.
    here, looked_in = entry.lists[0].name, entry.lists[-1].name
    what = f"{entry.chosen} {'is' if ran == 1 else 'are'}"
    what += f" in {here}, looked for in" if here != looked_in else " not in"
    return (
        f"an error{times_text(entry.errors, ran)}: {what} {looked_in}, so {vm} must be bugged "
        "and nothing changed"
    )
