# SPDX-License-Identifier: GPL-2.0-only
"""A sequence as C: plain calls of the target's functions, with comments.

The model determines in advance which SPTE each step chooses and whether the step
is an error, so the C code has fixed numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from pyfuzz.export.seam import Seam
from pyfuzz.kinds import Kind
from pyfuzz.module.results import Skip
from pyfuzz.sequence.text import format_operation
from pyfuzz.worlds.lists.model import Model, Prediction
from pyfuzz.worlds.lists.operation import FRAME_HEADS, Context, Opcode, Operation
from pyfuzz.worlds.lists.text import head_name

_SKIPPED = {
    Skip.NO_VM: "the VM is not alive",
    Skip.VM_ALIVE: "the VM is alive",
    Skip.EMPTY: "the list is empty",
    Skip.NO_FREE_SPTE: "every SPTE is in a list",
    Skip.IN_OTHER_LIST: "the SPTE is in another list",
    Skip.UNSUPPORTED: "the target has no such function",
}
ADDS = {
    Opcode.ADD: "ADD",
    Opcode.PARENT_ADD: "PARENT_ADD",
    Opcode.RMAP_ADD: "RMAP_ADD",
}
REMOVES = {
    Opcode.REMOVE: "REMOVE",
    Opcode.REMOVE_STRAY: "REMOVE",
    Opcode.ZAP_ONE: "ZAP_ONE",
    Opcode.ZAP_ONE_STRAY: "ZAP_ONE",
    Opcode.PARENT_REMOVE: "PARENT_REMOVE",
    Opcode.PARENT_REMOVE_STRAY: "PARENT_REMOVE",
    Opcode.PARENT_DROP: "PARENT_DROP",
    Opcode.RMAP_REMOVE: "RMAP_REMOVE",
    Opcode.RMAP_REMOVE_STRAY: "RMAP_REMOVE",
    Opcode.RMAP_REMOVE_OFF: "RMAP_REMOVE",
}
_CLEARING = ("ZAP_ONE", "PARENT_DROP")
WHOLE = {Opcode.ZAP_ALL: "ZAP_ALL", Opcode.PARENT_UNLINK: "PARENT_UNLINK"}


@dataclass(frozen=True, slots=True)
class Stop:
    """The last step to emit; ``operation`` is an index."""

    operation: int
    step: int


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive steps of one operation that are alike."""

    op: Operation
    first: int
    predictions: tuple[Prediction, ...]

    @property
    def skipped(self) -> bool:
        """Whether there is nothing to do."""
        return self.predictions[0].skip is not Skip.RAN

    @property
    def sptes(self) -> list[int]:
        """The SPTEs of the steps, in their order."""
        return [p.spte for p in self.predictions if p.spte is not None]

    @property
    def error(self) -> bool:
        """Whether each step asks for what cannot be done."""
        return self.predictions[0].error

    @property
    def title(self) -> str:
        """The operation, and which of its steps if not all."""
        text = format_operation(self.op)
        if len(self.predictions) == self.op.repeat:
            return text
        last = self.first + len(self.predictions) - 1
        return f"{text}, step{f's {self.first} to {last}' if last > self.first else f' {last}'}"


def emit(
    seam: Seam,
    operations: Iterable[Operation],
    kind: Kind,
    stop: Stop | None = None,
    not_recycled: Collection[int] = (),
) -> list[str]:
    """Return main()'s lines for a sequence, up to a step, with the checks of one kind.

    ``not_recycled`` are the operations whose list the target should have
    recycled, and did not.
    """
    model = Model(seam.opcodes, recycles=seam.rmap_add_recycles or Opcode.ZAP_ALL in seam.opcodes)
    writer = _Writer(seam, kind)
    lines: list[str] = []
    for number, op in enumerate(operations):
        last = op.repeat
        if stop is not None and number >= stop.operation:
            if number > stop.operation:
                break
            last = min(last, stop.step + 1)
        for run in runs(model, op, last, recycled=number not in not_recycled):
            lines += ["", *writer.run(number + 1, run)]
    return lines


def predicted_recycles(seam: Seam, operations: Iterable[Operation]) -> set[int]:
    """Return which operations of a sequence must make the target recycle a list."""
    model = Model(seam.opcodes, recycles=seam.rmap_add_recycles or Opcode.ZAP_ALL in seam.opcodes)
    found = set()
    for number, op in enumerate(operations):
        for step in range(op.repeat):
            prediction = model.predict(op, step)
            model.apply(prediction)
            if prediction.recycled:
                found.add(number)
    return found


def destroy_list(seam: Seam) -> list[str]:
    """Return the C function that empties a list the way the target's kernel does."""
    frames = _empty(seam, "ZAP_ALL")
    parents = _empty(seam, "PARENT_UNLINK")
    return [
        "/* Empty a list as the kernel does when it destroys a VM. */",
        "static void destroy_list(unsigned int vm, unsigned int head)",
        "{",
        *([] if frames == parents else ["\tif (head < PYFUZZ_FRAME_HEADS) {"]),
        *([] if frames == parents else [f"\t{line}" for line in frames]),
        *([] if frames == parents else ["\t\treturn;", "\t}"]),
        *parents,
        "}",
    ]


def _empty(seam: Seam, name: str) -> list[str]:
    if name in seam.calls:
        call = seam.call(name, "vm", head="the_head(vm, head)", sp="the_page(vm, head)")
        return [f"\t{call};"]
    call = seam.call("REMOVE", "vm", head="the_head(vm, head)", sptep="the_spte(vm, s)")
    return [
        "\tfor (unsigned int s = 0; s < PYFUZZ_SPTES; s++) {",
        "\t\tif (in_list[vm][s] != head + 1)",
        "\t\t\tcontinue;",
        f"\t\t{call};",
        "\t\tunmap(vm, head, s);",
        "\t}",
    ]


def runs(
    model: Model, op: Operation, last: int | None = None, *, recycled: bool = True
) -> Iterator[Run]:
    """Yield what the steps of an operation do, up to the step ``last``; advances the model."""
    predictions = []
    for step in range(op.repeat if last is None else last):
        prediction = model.predict(op, step)
        if prediction.recycled and not recycled:
            prediction = replace(prediction, recycled=False)
        model.apply(prediction)
        predictions.append(prediction)
    first = 0
    for _, alike in groupby(predictions, key=lambda p: (p.skip, p.error)):
        run = tuple(alike)
        yield Run(op, first, run)
        first += len(run)


class _Writer:
    """Writes runs of steps as C, with the checks that one kind needs."""

    def __init__(self, seam: Seam, kind: Kind) -> None:
        self._seam = seam
        self._kind = kind

    def run(self, number: int, run: Run) -> Iterator[str]:
        """Yield the lines of a run; ``number`` is its operation's, from 1."""
        op = run.op
        skip = run.predictions[0].skip
        if skip is not Skip.RAN:
            yield f"\t/* {number}. {run.title}: skipped, {_SKIPPED[skip]} */"
            return
        yield f"\t/* {number}. {run.title}{_meaning(run)} */"
        if op.opcode is Opcode.CONTEXT:
            yield f"\t{_context(op)}"
            return
        yield f'\tbegin({op.vm}, "{number}. {run.title}");'
        if op.opcode in (Opcode.CREATE, Opcode.DESTROY):
            yield f"\t{op.form.word}_vm({op.vm});"
            return
        if op.opcode is Opcode.ENTER:
            if self._kind is Kind.REQUEST:
                yield f"\tenter({op.vm}, {op.operand});"
        else:
            yield from self._steps(run)
            yield f"\tprint_list({op.head_vm}, {op.head});"
        yield f"\tend({op.vm}, {'true' if run.error else 'false'});"

    def _steps(self, run: Run) -> Iterator[str]:
        sptes, count = run.sptes, len(run.predictions)
        if count == 1:
            yield from (f"\t{line}" for line in self._step(run, str(sptes[0]) if sptes else ""))
            return
        body = [f"\t\t{line}" for line in self._step(run, "s")]
        if not sptes:
            yield f"\tfor (unsigned int i = 0; i < {count}; i++) {{"
        elif sptes == list(range(sptes[0], sptes[0] + count)):
            yield f"\tfor (unsigned int s = {sptes[0]}; s < {sptes[0] + count}; s++) {{"
        else:
            yield from _table(sptes)
            body = ["\t\tunsigned int s = chosen[i];", "", *body]
            yield f"\tfor (unsigned int i = 0; i < {count}; i++) {{"
        yield from body
        yield "\t}"
        if sptes and sptes != list(range(sptes[0], sptes[0] + count)):
            yield "\t}"

    def _step(self, run: Run, spte: str) -> Iterator[str]:
        """Yield the lines of one step, not indented; ``spte`` is C for its SPTE."""
        op = run.op
        at = f"{op.vm}, {op.head}"
        if op.opcode in ADDS:
            yield from self._add(op, spte)
        elif op.opcode in REMOVES:
            yield from self._remove(run, spte)
        elif op.opcode in WHOLE:
            call = self._call(WHOLE[op.opcode], op)
            if op.opcode is Opcode.ZAP_ALL and self._kind is Kind.MISSED_FLUSH:
                call = f"expect_flush({call}, entries[{op.vm}][{op.head}])"
            yield f"{call};"
            yield f"zapped({at});"
        elif op.opcode is Opcode.COUNT:
            yield from self._returned(self._call("COUNT", op), f"entries[{op.vm}][{op.head}]")
        elif op.opcode is Opcode.ITERATE:
            yield from self._iterate(op)

    def _call(self, name: str, op: Operation, spte: str = "") -> str:
        return self._seam.call(
            name,
            str(op.vm),
            head=f"the_head({op.head_vm}, {op.head})",
            sp=f"the_page({op.vm}, {op.head})",
            sptep=f"the_spte({op.vm}, {spte})",
            gfn=str(op.head),
        )

    def _add(self, op: Operation, spte: str) -> Iterator[str]:
        at = f"{op.vm}, {op.head}"
        call = self._call(ADDS[op.opcode], op, spte)
        yield f"map({at}, {spte});"
        if op.opcode is Opcode.ADD:
            yield from self._returned(call, f"entries[{op.vm}][{op.head}]")
        elif op.opcode is Opcode.RMAP_ADD and not self._seam.rmap_add_recycles:
            # The kernel's caller looks at the number.
            zap = self._call("ZAP_ALL", op) if "ZAP_ALL" in self._seam.calls else ""
            yield from (f"if ({call} > 1000)", f"\t{zap};") if zap else (f"(void){call};",)
        else:
            yield f"{call};"
        yield f"model_add({at}, {spte});"
        if op.opcode is Opcode.RMAP_ADD:
            yield f"recycled({at});"

    def _remove(self, run: Run, spte: str) -> Iterator[str]:
        op = run.op
        name = REMOVES[op.opcode]
        if name == "RMAP_REMOVE":
            off = op.opcode is Opcode.RMAP_REMOVE_OFF
            gfn = (op.head + off) % FRAME_HEADS
            why = "wrong, and so is the list that it is looked for in" if off else "as recorded"
            yield f"pyfuzz_gfns[{op.vm}][{spte}] = {gfn};\t/* {why} */"
        yield f"{self._call(name, op, spte)};"
        if name in _CLEARING:
            yield f"check_cleared({op.vm}, {spte});"
        if not run.error:
            yield f"unmap({op.vm}, {op.head}, {spte});"

    def _returned(self, call: str, expected: str) -> Iterator[str]:
        if self._kind is Kind.COUNT_CONTRACT:
            yield f"n = {call};"
            yield f"expect_returned(n, {expected});"
        else:
            yield f"(void){call};"

    def _iterate(self, op: Operation) -> Iterator[str]:
        head = f"the_head({op.vm}, {op.head})"
        first = self._seam.call("ITER_FIRST", str(op.vm), head=head, iter="&iter")
        following = self._seam.call("ITER_NEXT", str(op.vm), iter="&iter")
        checked = self._kind is Kind.ITERATOR
        yield from ["begin_yielding();"] if checked else []
        yield f"for (sptep = {first}; sptep; sptep = {following})"
        yield f"\tyields({op.vm}, {op.head}, sptep);" if checked else "\t;"
        yield from [f"end_yielding({op.vm}, {op.head});"] if checked else []


def _meaning(run: Run) -> str:
    """Explain what a run asks for, where its words do not say it."""
    op, sptes = run.op, run.sptes
    if run.error:
        where = f"vm{op.head_vm} {head_name(op.head)}"
        if op.opcode is Opcode.RMAP_REMOVE_OFF:
            where = f"vm{op.vm} {head_name((op.head + 1) % FRAME_HEADS)}"
        which = f"s{sptes[0]} is" if len(sptes) == 1 else f"s{sptes[0]} and so on are"
        return f": {which} not in {where}, so vm{op.vm} must be bugged and nothing else change"
    if len(sptes) == 1 and f"s{sptes[0]}" not in run.title.split():
        return f": that is s{sptes[0]}"
    return ""


def _context(op: Operation) -> str:
    match op.operand:
        case Context.OWN:
            return "set_context(ON_OWN_VCPU, 0, 0);"
        case Context.KWORKER:
            return "set_context(IN_KWORKER, 0, 0);\t/* no vCPU is running */"
        case _:
            return f"set_context(ON_VCPU, {op.vm}, {op.operand - Context.VCPU0});"


def _table(sptes: list[int]) -> Iterator[str]:
    yield "\t{"
    yield "\tstatic const unsigned short chosen[] = {"
    for at in range(0, len(sptes), 12):
        yield "\t\t" + ", ".join(map(str, sptes[at : at + 12])) + ","
    yield "\t};"
    yield ""
