# SPDX-License-Identifier: GPL-2.0-only
"""The shape of a sequence: what it does, without the numbers that do not matter.

It is the same for sequences that only differ in which VM, list or SPTE they use.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from pyfuzz.module.results import Skip
from pyfuzz.worlds.lists.faults import FAULTS
from pyfuzz.worlds.lists.model import Model, Prediction
from pyfuzz.worlds.lists.operation import FRAME_HEADS, Context, Heads, Opcode, Operation

Shape = tuple[str, ...]


def shape(operations: Iterable[Operation]) -> Shape:
    """Return what each step does, a line for each run of like steps.

    VMs and lists are numbered in the order of their use; an SPTE is what it is
    to the list (``a member``, ``a stray``, ``of another list``); a member that
    was chosen by its place is the same as one that was named.  Steps that do
    nothing are left out, and a count is how many like steps follow each other:

        add v0 f0 x2
        remove v0 f0 a stray
    """
    recorder = _Recorder()
    steps = [step for op in operations for step in recorder.steps(op)]
    runs = ((text, len(list(like))) for text, like in groupby(steps))
    return tuple(text if times == 1 else f"{text} x{times}" for text, times in runs)


class _Recorder:
    """Follows a sequence with the model, and names what it uses."""

    def __init__(self) -> None:
        self._model = Model(frozenset(Opcode), recycles=True)
        self._vms: dict[int, str] = {}
        self._heads: dict[tuple[int, bool], dict[int, str]] = {}

    def steps(self, op: Operation) -> Iterable[str]:
        """Yield a line for each step of an operation that does something."""
        for step in range(op.repeat):
            prediction = self._model.predict(op, step)
            if prediction.skip is Skip.RAN:
                # Before the model goes on: what the SPTE is to the list now.
                yield " ".join(self._words(op, prediction))
            self._model.apply(prediction)

    def _words(self, op: Operation, prediction: Prediction) -> Iterable[str]:
        yield op.form.word
        if op.opcode is Opcode.FAULT:
            yield FAULTS[op.fault].name
        if op.opcode is Opcode.CONTEXT:
            known = {Context.OWN: "own", Context.KWORKER: "kworker"}
            yield known.get(Context(op.operand)) or self._vm(op.vm)
            return
        yield self._vm(op.vm)
        if op.form.heads is Heads.NONE:
            return
        if op.head_vm != op.vm:
            yield f"in {self._vm(op.head_vm)}"
        yield self._head(op.head_vm, op.head)
        if prediction.spte is not None and not op.form.word.endswith("add"):
            yield self._relation(op, prediction.spte)

    def _vm(self, vm: int) -> str:
        return self._vms.setdefault(vm, f"v{len(self._vms)}")

    def _head(self, vm: int, head: int) -> str:
        names = self._heads.setdefault((vm, head < FRAME_HEADS), {})
        letter = "f" if head < FRAME_HEADS else "p"
        return names.setdefault(head, f"{letter}{len(names)}")

    def _relation(self, op: Operation, spte: int) -> str:
        if op.head_vm == op.vm and spte in self._model.members(op.vm, op.head):
            return "a member"
        return "of another list" if self._model.vms[op.vm].used[spte] else "a stray"
