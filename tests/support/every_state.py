# SPDX-License-Identifier: GPL-2.0-only
"""Sequences that, by construction, drive the lists into every distinguished state.

The state feedback of csrc/worlds/lists/states.c distinguishes an operation on a
list of some length (error or not, VM bugged or not), the number of descriptors with
the fill of the first and of the last one, and the descriptor and slot of a removed
entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyfuzz.sequence.binary import encode
from pyfuzz.sequence.text import parse
from pyfuzz.worlds.lists.model import Effect, Model
from pyfuzz.worlds.lists.operation import Opcode, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

# On a list of f0 that has s0 or is empty; each leaves the list as long as it was.
_FRAME = (
    "count vm0 f0",
    "iterate vm0 f0",
    "remove vm0 f0 #0",
    "remove vm0 f0 s0",
    "zap-one vm0 f0 #0",
    "zap-one vm0 f0 s0",
    "rmap-remove vm0 f0 #0",
    "rmap-remove vm0 f0 s0",
    "add vm0 f0 s1500",
    "rmap-add vm0 f0 s1500",
)
_PARENT = (
    "parent-remove vm0 p0 #0",
    "parent-remove vm0 p0 s0",
    "parent-drop vm0 p0 #0",
    "parent-add vm0 p0 s1500",
)
_LAST = ("zap-all vm0 f0", "parent-unlink vm0 p0")
_WRONG_FRAME = (
    "remove vm0 f0 s2040",
    "zap-one vm0 f0 s2041",
    "rmap-remove vm0 f0 s2042",
    "rmap-remove-off vm0 f0 #0",
)
_WRONG_PARENT = ("parent-remove vm0 p0 s2043",)
_BUG_VM0 = "remove vm0 f9 s2047"
# Long lists are not checked after every step, see csrc/worlds/lists/oracle.c.
# Steps on an empty list raise the budget for a check at the next step.
_LOOK = "iterate vm1 f0 x200"


class Script:
    """A sequence that grows, and what it has done so far."""

    def __init__(self, *lines: str) -> None:
        self.operations: list[Operation] = []
        self._model = Model(frozenset(Opcode), recycles=True)
        self.run(*lines)

    def run(self, *lines: str) -> None:
        """Append operations."""
        for op in parse("\n".join(lines), "every state"):
            self.operations.append(op)
            for step in range(op.repeat):
                self._model.apply(self._model.predict(op, step))

    def run_and_undo(self, line: str) -> None:
        """Append an operation, and one that restores the list's length.

        Operations that would be errors are left out.
        """
        op = parse(line, "every state")[0]
        prediction = self._model.predict(op, 0)
        if prediction.error or prediction.recycled:
            return
        self.run(line)
        name = line.split()[2]
        if prediction.effect is Effect.REMOVE:
            self.run(f"add vm0 {name} s{prediction.spte}")
        elif prediction.effect is Effect.ADD:
            self.run(f"remove vm0 {name} s{prediction.spte}")


def _lengths(capacity: int) -> list[int]:
    """Return a length of each class."""
    near = [n * capacity + d for n in (1, 2) for d in (-1, 0, 1)]
    far = [4 * capacity, 8 * capacity, 16 * capacity, 300, 1000, 1001, 1002]
    return sorted({0, 1, 2, 3, *near, *far})


def _build(head: str, length: int) -> tuple[str, ...]:
    return (f"add vm0 {head} s0 x{length}",) if length else ()


def _operations(capacity: int) -> Iterator[Script]:
    """Every operation on a list of every length, correct and not, bugged and not."""
    parts = (("f0", _FRAME, _LAST[0], _WRONG_FRAME), ("p0", _PARENT, _LAST[1], _WRONG_PARENT))
    for head, right, last, wrong in parts:
        for length in _lengths(capacity):
            for before in ((), (_BUG_VM0,)):
                script = Script(*before, *_build(head, length))
                for line in right:
                    script.run_and_undo(line)
                script.run(last)
                yield script
            yield Script(_BUG_VM0, *_build(head, length), *wrong)
            # If errors kill the host, each needs a sequence of its own.
            for line in wrong:
                yield Script(*_build(head, length), line)
                if length == 1:
                    yield Script(_BUG_VM0, *_build(head, length), line)
    for length in (1001, 1002):
        yield Script(*_build("f0", length), "rmap-add vm0 f0 s0")
        yield Script(_BUG_VM0, *_build("f0", length), "rmap-add vm0 f0 s0")


def _shapes(capacity: int) -> Iterator[Script]:
    """Every number of descriptors, with every fill of the first one and of the last."""
    for descriptors in (1, 2, 3, 4, 5, 9, 33):
        total = capacity * descriptors
        for first in (0, total - capacity):
            script = Script(*_build("f0", total))
            look = [_LOOK] if descriptors == 33 else []
            script.run(*look, "iterate vm0 f0")
            for spte in range(first, first + capacity):
                script.run(*look, f"remove vm0 f0 s{spte}")
            yield script
    for holes in (0, 1, 2, 3, 4):
        script = Script(*_build("f0", capacity * 5))
        script.run(*(f"remove vm0 f0 s{capacity * hole}" for hole in range(holes)))
        script.run(f"remove vm0 f0 s{capacity * 4} x{capacity}")
        yield script


def _places(capacity: int) -> Iterator[Script]:
    """Every slot of the first eight descriptors, from the front and from the back."""
    build = _build("f0", capacity * 8)
    for first in range(0, capacity * 8, capacity):
        slots = range(first, first + capacity)
        yield Script(*build, *(f"remove vm0 f0 s{spte}" for spte in slots))
        yield Script(*build, *(f"remove vm0 f0 s{spte}" for spte in reversed(slots)))


def _worlds() -> Iterator[Script]:
    """Other contexts and other VMs, creation and destruction."""
    for length in (0, 1, 2):
        build = _build("f0", length)
        wrong = ["remove vm0 f0 s9", "remove vm1 vm0:f0 s9", "remove vm0 f0 s9"]
        for context in ("own", "kworker", "vm0 cpu0", "vm1 cpu1"):
            yield Script(*build, f"context {context}", *wrong, "enter vm0 cpu0", "enter vm1 cpu1")
        yield Script(*build, wrong[0], "context vm1 cpu0", *wrong)
    lists = ("add vm0 f0 s0", "add vm0 f1 s10 x40", "add vm0 p0 s60", "add vm0 p1 s70 x40")
    yield Script(*lists, "destroy vm0", "add vm0 f0 s0", "create vm0", *lists)
    yield Script(*lists, _BUG_VM0, "destroy vm0", "create vm0", "enter vm0 cpu0", *lists)
    yield Script(*lists, "create vm1", "rmap-add vm0 f2 s200", "zap-one vm0 f1 s0")


def every_state() -> list[bytes]:
    """Return the sequences as engine inputs."""
    scripts = list(_worlds())
    scripts += [
        script
        for capacity in (3, 14)
        for part in (_operations, _shapes, _places)
        for script in part(capacity)
    ]
    return list(dict.fromkeys(encode(script.operations) for script in scripts))
