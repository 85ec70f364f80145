# SPDX-License-Identifier: GPL-2.0-only
"""One operation of a sequence, and the rules that each opcode sets for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, ClassVar

from pyfuzz import tables
from pyfuzz.errors import UsageError
from pyfuzz.worlds.lists.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable

VMS = 4
VCPUS = 2
FRAME_HEADS = 16
PARENT_HEADS = 4
HEADS = FRAME_HEADS + PARENT_HEADS
SPTES = 2048
# What an Operation may hold; encode() splits what one record cannot.
MAX_REPEAT = 65535


class Opcode(IntEnum):
    """What an operation does; in the order of csrc/worlds/lists/operations.def."""

    ADD = 0
    REMOVE = 1
    REMOVE_STRAY = 2
    ZAP_ONE = 3
    ZAP_ONE_STRAY = 4
    ZAP_ALL = 5
    COUNT = 6
    ITERATE = 7
    PARENT_ADD = 8
    PARENT_REMOVE = 9
    PARENT_REMOVE_STRAY = 10
    PARENT_DROP = 11
    PARENT_UNLINK = 12
    RMAP_ADD = 13
    RMAP_REMOVE = 14
    RMAP_REMOVE_STRAY = 15
    RMAP_REMOVE_OFF = 16
    ENTER = 17
    CONTEXT = 18
    CREATE = 19
    DESTROY = 20
    FAULT = 21


class Heads(Enum):
    """Which heads an opcode can be aimed at; the value is for messages."""

    NONE = "no head"
    ANY = "f0 to f15 or p0 to p3"
    FRAME = "f0 to f15"
    PARENT = "p0 to p3"


class Operand(Enum):
    """What an opcode's operand means; the value is for messages."""

    NONE = "no operand"
    SPTE = "an SPTE (s0 to s2047)"
    MEMBER = "an entry (#0 to #2047)"
    VCPU = "a vCPU (cpu0 or cpu1)"
    CONTEXT = "own, kworker, or a VM and its vCPU"
    FAULT = "a fault, and the number of the place that it damages (0 to 2047)"


class Context(IntEnum):
    """In which context the operations after a context operation run."""

    OWN = 0
    KWORKER = 1
    VCPU0 = 2
    VCPU1 = 3


@dataclass(frozen=True, slots=True)
class Form:
    """What one opcode looks like: its word, which fields it uses, its share of 32 codes.

    ``call`` is the function of a target that it needs, "" if it needs none.
    """

    word: str
    heads: Heads
    operand: Operand
    repeats: bool
    share: int
    call: str


FORMS: dict[Opcode, Form] = {
    Opcode[name]: Form(
        word,
        Heads[heads],
        Operand[operand],
        bool(int(repeats)),
        int(share),
        "" if call == "vm_init" else call,
    )
    for name, word, heads, operand, repeats, share, call in tables.rows(
        "worlds/lists/operations.def", "OP", 7
    )
}

_OPERAND_LIMIT: dict[Operand, int] = {
    Operand.NONE: 1,
    Operand.SPTE: SPTES,
    Operand.MEMBER: SPTES,
    Operand.VCPU: VCPUS,
    Operand.CONTEXT: len(Context),
    Operand.FAULT: SPTES,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a sequence.

    ``vm`` is 0 to 3, ``head`` 0 to 15 for a guest frame and 16 to 19 for a
    shadow page's parents; ``head_vm`` is ``vm`` but for a remove aimed at
    another VM's head; ``operand`` is 0 to 2047: an SPTE, a member of the list,
    a vCPU, a Context, or which one of what a fault can damage; ``fault`` is the
    number of a fault.  Fields that the opcode does not use are 0 (``repeat``
    is 1, ``head_vm`` is ``vm``).  Source: csrc/worlds/lists/lists.h.
    """

    world: ClassVar[str] = "lists"

    opcode: Opcode
    vm: int = 0
    head: int = 0
    head_vm: int = 0
    operand: int = 0
    repeat: int = 1
    fault: int = 0

    @property
    def form(self) -> Form:
        """The opcode's word and the fields that it uses."""
        return FORMS[self.opcode]

    def operand_at(self, step: int) -> int:
        """Return the operand of one repetition: it advances by one each time."""
        if self.form.operand in (Operand.SPTE, Operand.MEMBER):
            return (self.operand + step) % SPTES
        return self.operand


def problem(op: Operation) -> str | None:
    """Say which rule an operation breaks, as ``rule, value``; None if it is valid."""
    form = op.form
    if not 0 <= op.vm < VMS:
        return f"the VM must be 0 to {VMS - 1}, is {op.vm}"
    low, high = {
        Heads.NONE: (0, 0),
        Heads.ANY: (0, HEADS - 1),
        Heads.FRAME: (0, FRAME_HEADS - 1),
        Heads.PARENT: (FRAME_HEADS, HEADS - 1),
    }[form.heads]
    if not low <= op.head <= high:
        return f"the head of {form.word} must be {low} to {high}, is {op.head}"
    if op.head_vm != op.vm:
        if op.opcode is not Opcode.REMOVE_STRAY:
            return f"{form.word} cannot name another VM's head, names vm{op.head_vm}"
        if not (0 <= op.head_vm < VMS and op.head < VMS):
            return (
                f"another VM's head must be f0 to f3 of vm0 to vm3, is {op.head} of vm{op.head_vm}"
            )
    if not 0 <= op.operand < _OPERAND_LIMIT[form.operand]:
        limit = _OPERAND_LIMIT[form.operand] - 1
        return f"the operand of {form.word} must be 0 to {limit}, is {op.operand}"
    if op.opcode is Opcode.CONTEXT and op.operand < Context.VCPU0 and op.vm != 0:
        return f"a context without a vCPU must have vm 0, is {op.vm}"
    if not 0 <= op.fault < (len(FAULTS) if op.opcode is Opcode.FAULT else 1):
        return f"{form.word} must have a fault of 0 to {len(FAULTS) - 1}, others 0, is {op.fault}"
    limit = MAX_REPEAT if form.repeats else 1
    if not 1 <= op.repeat <= limit:
        return f"{form.word} must repeat 1 to {limit} times, is {op.repeat}"
    return None


def check(op: Operation) -> Operation:
    """Return the operation, or raise UsageError if it is not a valid one."""
    what = problem(op)
    if what is not None:
        raise UsageError(f"{op!r} is not an operation: {what}; see docs/sequences.md")
    return op


def next_head(head: int) -> int:
    """Return the head of the same sort that a number one too high leads to."""
    if head < FRAME_HEADS:
        return (head + 1) % FRAME_HEADS
    return FRAME_HEADS + (head + 1 - FRAME_HEADS) % PARENT_HEADS


def has_faults(operations: Iterable[Operation]) -> bool:
    """Tell whether a sequence plants faults, and must be run with faults enabled."""
    return any(op.opcode is Opcode.FAULT for op in operations)
