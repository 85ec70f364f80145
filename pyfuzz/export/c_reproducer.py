# SPDX-License-Identifier: GPL-2.0-only
"""A stand-alone C program that shows a finding without pyfuzz and Python.

It contains the target's source (a port, or code cut out of the user's kernel),
the small world of csrc/repro around it, the check of the one property that
failed, and the sequence as plain calls.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pyfuzz import __version__, paths
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.export import seam
from pyfuzz.export.c_operations import Stop, destroy_list, emit, predicted_recycles
from pyfuzz.export.flatten import Line, flatten
from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.replay.replays import Replay
from pyfuzz.sequence.text import format_operation
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
_TO_SEE_IT = "To reproduce, with any compiler (with optimisation, add -fno-strict-aliasing):"
_WIDTH = 76


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
    finding = _choose(done, kind, function)
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


def _choose(done: Replay, kind: Kind | None, function: str | None) -> RawFinding | None:
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
        *_comment(case, name),
        "",
        f'#define PROPERTY "{case.kind.value}"',
        *_defines(case.target),
        "",
        *_fragment("declarations"),
        "",
        *_title("The code under test, and what it needs from the kernel."),
    ]
    text = [*_bytes(own), *_target(lines)]
    behind = [
        "",
        *_title("The world around it."),
        *_fragment("world"),
        "",
        *_fragment("walk"),
        "",
        *_fragment("steps"),
        "",
        *_title("What must hold."),
        *_fragment(_CHECKS.get(case.kind, "check_nothing")),
        "",
        *destroy_list(calls),
        "",
        *_title("The sequence."),
        *_main(case, calls),
    ]
    if case.target.extracted:
        # Up to here, #line names the user's files.
        here = sum(line.count("\n") + 1 for line in text)
        behind.insert(0, f'#line {here + 2} "{_quoted(name)}"')
    return ("\n".join([*text, *_bytes(behind)]) + "\n").encode("latin-1")


def _bytes(lines: list[str]) -> list[str]:
    """Make each character a byte, as in the target's text."""
    return [line.encode("utf-8", "surrogateescape").decode("latin-1") for line in lines]


def _comment(case: Case, name: str) -> list[str]:
    target = case.target
    where = f" in {case.function}()" if case.function else ""
    said = case.message or f"target {target.name} does not show it (any more)"
    flags = f"{_SANITIZERS} " if case.needs_sanitizers else ""
    paragraphs: list[str | list[str]] = [
        f"{case.kind.value}{where}: {said}",
        f"Target {target.name}: {target.generation}; {target.policy}.  {_TO_SEE_IT}",
        [f"\tcc {flags}-o repro {shlex.quote(name)} && ./repro"],
        "Exit status: 0 if nothing failed, 1 if this failed, 2 if something else did.",
        "The sequence (docs/sequences.md of pyfuzz), which main() has as calls:",
        [f"\t{format_operation(op)}" for op in case.operations],
    ]
    if target.extracted:
        paragraphs.append(
            "This file contains code of the kernel that it was made from, and is under its licence."
        )
    paragraphs.append(f"Made by pyfuzz {__version__}.")
    if case.command:
        paragraphs[-1:] = [
            f"Made by pyfuzz {__version__}, which shows it by:",
            [f"\t{case.command}"],
        ]
    lines: list[str] = []
    for number, paragraph in enumerate(paragraphs):
        lines += [""] if number else []
        lines += paragraph if isinstance(paragraph, list) else _wrapped(paragraph)
    starred = [f" * {line}".rstrip() if line[:1] != "\t" else f" *{line}" for line in lines]
    inside = [line.replace("*/", "* /") for line in starred]
    return ["/* SPDX-License-Identifier: GPL-2.0-only */", "/*", *inside, " */"]


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _title(text: str) -> list[str]:
    return [f"/* {'-' * 70}", f" * {text}", " */", ""]


def _defines(target: Target) -> list[str]:
    split = (define.partition("=") for define in target.defines)
    return [f"#define {name} {value or 1}" for name, _, value in split]


def _fragment(name: str) -> list[str]:
    path = paths.csrc() / "repro" / f"{name}.c"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise HarnessError(
            f"{path} cannot be read: {error.strerror}; install pyfuzz again"
        ) from error
    return text.removesuffix("\n").split("\n")[1:]  # one licence line is enough


def _target(lines: list[Line]) -> Iterator[str]:
    """Yield the target's text, with a comment where each file begins."""
    file, blank = "", True
    for line in lines:
        if line.file != file:
            file = line.file
            if file.startswith("csrc/"):
                yield from ([] if blank else [""]) + [f"/* From {file} of pyfuzz. */"]
        if blank and not line.text.strip():
            continue
        blank = not line.text.strip()
        yield line.text


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
