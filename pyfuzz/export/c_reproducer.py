# SPDX-License-Identifier: GPL-2.0-only
"""A stand-alone C program that shows a finding without pyfuzz and Python.

It contains the target's source (a port, or code cut out of the user's kernel),
the small world of csrc/repro around it, the check of the one property that
failed, and the sequence as plain calls.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from pyfuzz.errors import UsageError
from pyfuzz.export import c_text, seam
from pyfuzz.export.c_operations import Stop, destroy_list, emit, predicted_recycles
from pyfuzz.export.flatten import flatten
from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.replay.replays import Replay
from pyfuzz.symptom import Shown, Symptom
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.lists.operation import Opcode, Operation

_CHECKS = {
    Kind.UNFLAGGED_ERROR: "check_flags",
    Kind.FALSE_ALARM: "check_flags",
    Kind.WRONG_VM: "check_lists",
    Kind.LOST_ENTRY: "check_lists",
    Kind.GHOST_ENTRY: "check_lists",
    Kind.SHAPE: "check_lists",
    Kind.STALE_SPTE: "check_lists",
    Kind.COUNT_CONTRACT: "check_returned",
    Kind.ITERATOR: "check_iterator",
    Kind.LEAK: "check_memory",
    Kind.LOG_FLOOD: "check_log",
    Kind.REQUEST: "check_requests",
    Kind.MISSED_FLUSH: "check_flush",
}
_SANITIZERS = "-g -fsanitize=address,bounds -fno-sanitize-recover=all"


@dataclass(frozen=True, slots=True)
class Case(Shown):
    """What a C file shows: one kind of finding, on one target, by one sequence.

    ``message`` is the harness's, empty if the target does not show the finding.
    ``stop`` is the step that shows it, None if that is the tear-down or unknown.
    ``not_recycled`` are the operations whose list should have been recycled and
    was not.  ``command`` shows the same with pyfuzz.
    """

    target: Target
    operations: tuple[Operation, ...]
    symptom: Symptom
    stop: Stop | None = None
    not_recycled: Collection[int] = ()
    command: str = ""

    @property
    def needs_sanitizers(self) -> bool:
        """Whether a sanitizer saw it, so that the plain program may not fail."""
        return re.search(r"\b(UBSan|AddressSanitizer)\b", self.message) is not None


def case_of(done: Replay, kind: Kind | None, function: str | None = None) -> Case | None:
    """Return what a replay shows: of a kind (and function), else the first new finding.

    None if it shows nothing.  If a kind is named, there is a case even then: its C
    file shows that the target does not do it.  Errors: UsageError if the sequence
    has faults, which a C file cannot plant.
    """
    if done.file.faults:
        raise UsageError(
            f"{done.file.path}: must have no faults to become a C file, has one: they damage lists "
            f"from outside; show it with: pyfuzz replay {done.file.path}"
        )
    finding = choose(done, kind, function)
    if finding is None and kind is None:
        return None
    operations = done.file.operations
    stop = None
    # If the process died, only the operation is known, not the step.
    if finding is not None and finding.function and finding.operation < len(operations):
        stop = Stop(finding.operation, finding.step)
    _, calls = seam.split(flatten(done.target))
    recycled = {entry.operation for entry in done.entries if entry.recycled}
    return Case(
        target=done.target,
        operations=operations,
        symptom=finding.symptom
        if finding is not None
        else Symptom(kind or Kind.HOST_BUG, function or ""),
        stop=stop,
        not_recycled=predicted_recycles(calls, operations) - recycled,
    )


def choose(done: Replay, kind: Kind | None, function: str | None = None) -> RawFinding | None:
    """Return the first new finding of a kind in a function, else the first known one."""
    fitting = [
        finding
        for finding in done.findings
        if kind in (None, finding.kind) and function in (None, finding.function)
    ]
    new = [finding for finding in fitting if done.known(finding) is None]
    return next(iter(new or fitting), None)


def generate(case: Case, name: str) -> bytes:
    """Return the C file; ``name`` is its future name, for its messages."""
    lines, calls = seam.split(flatten(case.target))
    own = [
        *c_text.comment(_about(case), name),
        "",
        f'#define PROPERTY "{case.kind.value}"',
        *c_text.defines(case.target),
        "",
        *c_text.fragment("declarations"),
        "",
        *c_text.title("The code under test, and what it needs from the kernel."),
    ]
    text = [*c_text.as_bytes(own), *c_text.target(lines)]
    behind = [
        "",
        *c_text.title("The world around it."),
        *c_text.fragment("world"),
        "",
        *c_text.fragment("walk"),
        "",
        *c_text.fragment("steps"),
        "",
        *c_text.title("What must hold."),
        *c_text.fragment(_CHECKS.get(case.kind, "check_nothing")),
        "",
        *destroy_list(calls),
        "",
        *c_text.title("The sequence."),
        *_main(case, calls),
    ]
    return c_text.whole(text, behind, case.target, name)


def _about(case: Case) -> c_text.About:
    flags = _SANITIZERS if case.needs_sanitizers else ""
    return c_text.About(case.symptom, case.target, case.operations, flags, case.command)


def _main(case: Case, calls: seam.Seam) -> list[str]:
    body = emit(calls, case.operations, case.kind, case.stop, case.not_recycled)
    opcodes = {op.opcode for op in case.operations}
    numbers = case.kind is Kind.COUNT_CONTRACT and opcodes & {Opcode.ADD, Opcode.COUNT}
    declared = [
        *(["\tlong long n;"] if numbers else []),
        *([f"\t{calls.iterator} iter;", "\tu64 *sptep;"] if Opcode.ITERATE in opcodes else []),
    ]
    return [
        "int main(void)",
        "{",
        *declared,
        *([""] if declared else []),
        *_sanitizer_note(case),
        "\tset_up();",
        *body,
        "",
        "\treturn tear_down();",
        "}",
    ]


def _sanitizer_note(case: Case) -> list[str]:
    if not case.needs_sanitizers:
        return []
    return [
        "#ifndef WITH_ASAN",
        '\tputs("A sanitizer saw this: build with the flags at the top of the file.");',
        "\treturn 2;",
        "#endif",
    ]
