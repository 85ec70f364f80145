# SPDX-License-Identifier: GPL-2.0-only
"""Turns a finding into a sequence file that pytest runs on every target.

The syntax of the comments is that of pyfuzz/regression/expectation.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import world
from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.finding.shape import shape
from pyfuzz.module.results import RawFinding
from pyfuzz.regression.expectation import parse_expectations
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence import binary, container
from pyfuzz.sequence.container import SequenceFile
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import format_text
from pyfuzz.symptom import Shown, Symptom
from pyfuzz.target.catalogue import Target, everything
from pyfuzz.world import Operation

LICENCE = "# SPDX-License-Identifier: GPL-2.0-only"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*", re.IGNORECASE)
_SANITIZER = re.compile(r"\b(UBSan|AddressSanitizer)\b")

Seen = Mapping[str, tuple[RawFinding, ...]]


@dataclass(frozen=True, slots=True)
class Case(Shown):
    """A finding, and the sequence that shows it.

    ``where`` is the target that it was seen on: a port, or a kernel of the user's.
    """

    symptom: Symptom
    where: str
    operations: tuple[Operation, ...]
    operation: int


def see(sequences: Iterable[tuple[Operation, ...]]) -> list[dict[str, tuple[RawFinding, ...]]]:
    """Run sequences on every port of their worlds that builds, each in a child process.

    Returns for each sequence what was found, by the port's name.
    """
    asked = [Input.of(one) for one in sequences]
    seen: list[dict[str, tuple[RawFinding, ...]]] = [{} for _ in asked]
    for target in everything():
        mine = [
            (one, found)
            for one, found in zip(asked, seen, strict=True)
            if one.encoding.world == target.world
        ]
        if not target.builds or not mine:
            continue
        with Runner(target) as runner:
            for one, found in mine:
                found[target.name] = runner.run(one)
    return seen


def case_of(
    findings: Iterable[RawFinding], target: Target, operations: tuple[Operation, ...]
) -> Case | None:
    """Return the first new finding on a target as a case, else the first, else None."""
    found = list(findings)
    new = [f for f in found if target.known_reason(f.symptom) is None]
    for finding in new or found:
        return Case(finding.symptom, target.name, operations, finding.operation)
    return None


def name_of(case: Case) -> str:
    """Return a file's name, without its suffix, that says what is shown and by what.

    For example lost-entry-remove-a-stray-from-single: the list held one entry.
    """
    if case.operation >= len(case.operations):
        return f"{case.kind.value}-tear-down"
    own = world.of(case.operations)
    return "-".join([case.kind.value, *own.naming(case.operations, case.operation)])


def check_name(name: str) -> str:
    """Return a name that was given for a file, without its suffix.

    Raises UsageError if a file cannot have it.
    """
    stem = name.removesuffix(".seq")
    if not _NAME.fullmatch(stem):
        raise UsageError(
            f"--name must be letters, digits, '-', '_' and '.', is '{name}'; "
            "write for example: remove-other-from-single"
        )
    return stem


def text_of(case: Case, seen: Seen, *, shows: str = "", licence: bool = False) -> str:
    """Return the file's text: what is shown, what is expected on which target, the sequence."""
    said = " ".join((shows or f"{case.title} of {case.where}: {case.message}").split())
    lines = [world.of(case.operations).header, *([LICENCE] if licence else []), f"# shows: {said}"]
    if shows:
        lines.append(f"# first seen on {case.where}: {case.title}: {case.message}")
    elif case.where not in seen:
        lines.append(f"# first seen on {case.where}, which does not ship with pyfuzz")
    if _SANITIZER.search(case.message):
        lines.append("# an AddressSanitizer build sees it: pyfuzz replay --sanitize")
    for items, targets in _by_items(seen).items():
        lines.append(f"# expect {', '.join(targets)}: {items}")
    return "\n".join(lines) + "\n" + format_text(case.operations)


def _by_items(seen: Seen) -> dict[str, list[str]]:
    """Group the targets that show the same; one that shows nothing needs no line."""
    grouped: dict[str, list[str]] = {}
    for target, findings in seen.items():
        items = dict.fromkeys(one.symptom.expectation for one in findings)
        if items:
            grouped.setdefault(", ".join(items), []).append(target)
    return grouped


def read_folder(folder: Path, warn: Callable[[str], None]) -> list[SequenceFile]:
    """Return the sequences in a regression folder; none if it does not exist yet."""
    return container.read_folder(folder, warn) if folder.exists() else []


def duplicate_of(case: Case, files: Iterable[SequenceFile]) -> Path | None:
    """Return the file that has this sequence, or shows the same by one of the same shape."""
    payload, wanted = binary.encode(case.operations), shape(case.operations)
    for file in files:
        if file.payload == payload:
            return file.path
        if shape(file.operations) == wanted and _expects(file, case):
            return file.path
    return None


def _expects(file: SequenceFile, case: Case) -> bool:
    try:
        expected = parse_expectations(file.text or "", str(file.path))
    except UsageError:
        return False  # pytest says what is wrong with it
    return any(
        one.kind is case.kind and one.function in ("", case.function)
        for items in expected.targets.values()
        for one in items
    )


def write(folder: Path, stem: str, text: str) -> Path:
    """Write the file under a free name: ``stem.seq``, ``stem-2.seq`` and so on.

    Raises UsageError if the folder cannot be written.
    """
    path = folder / f"{stem}.seq"
    number = 2
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while path.exists():
            path = folder / f"{stem}-{number}.seq"
            number += 1
        write_beside(path, text.encode())
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be written: {error.strerror or error}; name another folder"
        ) from error
    return path
