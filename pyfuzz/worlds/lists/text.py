# SPDX-License-Identifier: GPL-2.0-only
"""The words of an operation of the lists world, see docs/sequences.md."""

from __future__ import annotations

import re

from pyfuzz.errors import UsageError
from pyfuzz.world import LineError
from pyfuzz.worlds.lists import faults
from pyfuzz.worlds.lists.operation import (
    FORMS,
    FRAME_HEADS,
    MAX_REPEAT,
    PARENT_HEADS,
    SPTES,
    VCPUS,
    VMS,
    Context,
    Form,
    Heads,
    Opcode,
    Operand,
    Operation,
    problem,
)

HEADER = "# pyfuzz sequence 1"

_WORDS: dict[str, list[Opcode]] = {}
for _opcode, _form in FORMS.items():
    _WORDS.setdefault(_form.word, []).append(_opcode)


def head_name(head: int) -> str:
    """Name a head as the text form does: ``f0`` to ``f15``, ``p0`` to ``p3``."""
    return f"f{head}" if head < FRAME_HEADS else f"p{head - FRAME_HEADS}"


def format_operation(op: Operation) -> str:
    """Write one operation as a line of the text form, without its end."""
    form = op.form
    words = [form.word]
    if op.opcode is Opcode.CONTEXT:
        words.append(_context_text(op))
        return " ".join(words)
    words.append(f"vm{op.vm}")
    if form.heads is not Heads.NONE:
        name = head_name(op.head)
        words.append(name if op.head_vm == op.vm else f"vm{op.head_vm}:{name}")
    match form.operand:
        case Operand.SPTE:
            words.append(f"s{op.operand}")
        case Operand.MEMBER:
            words.append(f"#{op.operand}")
        case Operand.VCPU:
            words.append(f"cpu{op.operand}")
        case Operand.FAULT:
            words.append(faults.FAULTS[op.fault].name)
            words += [str(op.operand)] if op.operand else []
    if op.repeat != 1:
        words.append(f"x{op.repeat}")
    return " ".join(words)


def _context_text(op: Operation) -> str:
    if op.operand == Context.OWN:
        return "own"
    if op.operand == Context.KWORKER:
        return "kworker"
    return f"vm{op.vm} cpu{op.operand - Context.VCPU0}"


def parse_words(words: list[str]) -> Operation:
    """Read the words of one line; raises LineError if they are not an operation."""
    word, *rest = words
    opcodes = _WORDS.get(word)
    if opcodes is None:
        raise LineError(
            f"an operation must be one of {', '.join(sorted(_WORDS))}, is '{word}'; "
            "see docs/sequences.md"
        )
    if opcodes == [Opcode.CONTEXT]:
        return _context(rest)
    form = FORMS[opcodes[0]]
    vm = _number(rest, "vm", VMS, "VM", word)
    head, head_vm = 0, vm
    if form.heads is not Heads.NONE:
        head, head_vm = _head(rest, form, vm)
    if opcodes == [Opcode.FAULT]:
        return _fault(rest, vm, head, head_vm)
    opcode, operand = _operand(rest, opcodes)
    repeat = _repeat(rest, FORMS[opcode])
    if rest:
        raise LineError(_unexpected(rest[0], word))
    return _checked(Operation(opcode, vm, head, head_vm, operand, repeat))


def _checked(op: Operation) -> Operation:
    what = problem(op)
    if what is not None:
        raise LineError(f"{what}; {_example(op.form.word)}")
    return op


def _context(rest: list[str]) -> Operation:
    example = _example("context")
    match rest:
        case ["own"]:
            return Operation(Opcode.CONTEXT, operand=Context.OWN)
        case ["kworker"]:
            return Operation(Opcode.CONTEXT, operand=Context.KWORKER)
        case [str(), str()]:
            vm = _number(rest, "vm", VMS, "VM", "context")
            cpu = _number(rest, "cpu", VCPUS, "vCPU", "context")
            return Operation(Opcode.CONTEXT, vm, head_vm=vm, operand=Context.VCPU0 + cpu)
        case _:
            raise LineError(
                f"context must be followed by {Operand.CONTEXT.value}, "
                f"is followed by '{' '.join(rest)}'; {example}"
            )


def _fault(rest: list[str], vm: int, head: int, head_vm: int) -> Operation:
    """Take the fault's name, and the number of the place that it damages."""
    example = _example("fault")
    if not rest:
        raise LineError(f"the fault of fault must be a name, is missing; {example}")
    try:
        number = faults.get(rest.pop(0)).number
    except UsageError as error:
        raise LineError(str(error)) from None
    operand = _number(rest, "", SPTES, "number", "fault") if rest else 0
    if rest:
        raise LineError(_unexpected(rest[0], "fault"))
    return _checked(Operation(Opcode.FAULT, vm, head, head_vm, operand, fault=number))


def _error(word: str, part: str, rule: str, value: str) -> LineError:
    """Say that a part of an operation is not what it must be."""
    seen = f"is '{value}'" if value else "is missing"
    return LineError(f"the {part} of {word} must be {rule}, {seen}; {_example(word)}")


def _number(rest: list[str], letters: str, limit: int, part: str, word: str) -> int:
    """Take the next word, which must be the letters and a number below limit."""
    value = rest.pop(0) if rest else ""
    found = re.fullmatch(re.escape(letters) + r"(0|[1-9]\d{0,5})", value, re.ASCII)
    if not found or int(found[1]) >= limit:
        raise _error(word, part, f"{letters}0 to {letters}{limit - 1}", value)
    return int(found[1])


def _head(rest: list[str], form: Form, vm: int) -> tuple[int, int]:
    """Take the head and the VM whose head it is."""
    value = rest.pop(0) if rest else ""
    found = re.fullmatch(r"(?:vm([0-3]):)?([fp])(0|[1-9]\d?)", value, re.ASCII)
    if found:
        parent = found[2] == "p"
        number = int(found[3])
        allowed = form.heads in (Heads.ANY, Heads.PARENT if parent else Heads.FRAME)
        if allowed and number < (PARENT_HEADS if parent else FRAME_HEADS):
            head = number + (FRAME_HEADS if parent else 0)
            return head, vm if found[1] is None else int(found[1])
    raise _error(form.word, "head", form.heads.value, value)


def _operand(rest: list[str], opcodes: list[Opcode]) -> tuple[Opcode, int]:
    """Take the operand; where a word has two opcodes, its first letter decides."""
    kinds = {FORMS[opcode].operand: opcode for opcode in opcodes}
    word = FORMS[opcodes[0]].word
    if Operand.NONE in kinds:
        return opcodes[0], 0
    if Operand.VCPU in kinds:
        return opcodes[0], _number(rest, "cpu", VCPUS, "vCPU", word)
    value = rest[0] if rest else ""
    for kind, letter in ((Operand.SPTE, "s"), (Operand.MEMBER, "#")):
        if kind in kinds and value.startswith(letter):
            return kinds[kind], _number(rest, letter, SPTES, "operand", word)
    raise _error(word, "operand", " or ".join(kind.value for kind in kinds), value)


def _repeat(rest: list[str], form: Form) -> int:
    """Take the count, if there is one."""
    if not rest or not rest[0].startswith("x"):
        return 1
    value = rest.pop(0)
    if not form.repeats:
        raise LineError(f"{form.word} cannot be repeated, is '{value}'; {_example(form.word)}")
    found = re.fullmatch(r"x([1-9]\d{0,4})", value, re.ASCII)
    if not found or int(found[1]) > MAX_REPEAT:
        raise _error(form.word, "count", f"x1 to x{MAX_REPEAT}", value)
    return int(found[1])


def _unexpected(value: str, word: str) -> str:
    if value.startswith("#"):
        return (
            f"a comment must follow two spaces, '{value}' follows one; put another one before '#'"
        )
    return f"nothing more must follow {word}, '{value}' does; {_example(word)}"


def _example(word: str) -> str:
    """Show the right line for a word."""
    forms = [FORMS[opcode] for opcode in _WORDS[word]]
    shown = []
    for form in forms:
        words = [word, "vm0"]
        if form.operand is Operand.CONTEXT:
            words = [word, "kworker"]
        if form.heads is not Heads.NONE:
            words.append("p1" if form.heads is Heads.PARENT else "f3")
        operand = {
            Operand.SPTE: "s17",
            Operand.MEMBER: "#2",
            Operand.VCPU: "cpu1",
            Operand.FAULT: "count-zero 5",
        }
        words += [operand[form.operand]] if form.operand in operand else []
        shown.append(" ".join(words))
    return "write for example: " + " or: ".join(shown)
