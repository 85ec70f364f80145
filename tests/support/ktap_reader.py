# SPDX-License-Identifier: GPL-2.0-only
"""Read KTAP version 1 by the rules of the kernel's Documentation/dev-tools/ktap.rst.

Stricter than tools have to be: a line that is none of the four kinds is an error,
and so are results that contradict their subtests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

RESULT = re.compile(r"(ok|not ok) (\d+)(?: ([^#\s][^#]*?))?(?: # (.*))?")
DIRECTIVES = ("SKIP", "TODO", "XFAIL", "TIMEOUT", "ERROR")
MUST_FAIL = ("TIMEOUT", "ERROR")


@dataclass
class Read:
    """A test as it was read."""

    name: str
    ok: bool
    directive: str
    why: str
    lines: list[str] = field(default_factory=list)
    tests: list[Read] = field(default_factory=list)


def read(text: str) -> list[Read]:
    """Return the tests of a whole output; AssertionError names the rule that is broken."""
    lines = text.splitlines()
    tests, behind = _block(lines, 0, "")
    assert behind == len(lines), f"behind the last test of the plan: {lines[behind]!r}"
    return tests


def _block(lines: list[str], at: int, indent: str) -> tuple[list[Read], int]:
    assert lines[at] == f"{indent}KTAP version 1", f"a version line must come first: {lines[at]!r}"
    at += 1
    while lines[at].startswith(f"{indent}#"):
        at += 1
    plan = re.fullmatch(rf"{indent}1\.\.([1-9]\d*)", lines[at])
    assert plan, f"a plan must follow: {lines[at]!r}"
    at += 1
    tests: list[Read] = []
    notes: list[str] = []
    inner: list[Read] = []
    while len(tests) < int(plan[1]):
        assert at < len(lines), f"{len(tests)} tests, the plan says {plan[1]}"
        line = lines[at]
        if line == f"{indent}  KTAP version 1":
            assert not inner, f"two sets of subtests for one test: {line!r}"
            inner, at = _block(lines, at, f"{indent}  ")
            continue
        assert line.startswith(indent), f"not indented: {line!r}"
        at += 1
        if line.startswith(f"{indent}#"):
            notes.append(line.removeprefix(f"{indent}#").removeprefix(" "))
            continue
        tests.append(_result(line.removeprefix(indent), len(tests) + 1, notes, inner))
        notes, inner = [], []
    return tests, at


def _result(line: str, number: int, notes: list[str], inner: list[Read]) -> Read:
    match = RESULT.fullmatch(line)
    assert match, f"neither a result nor a diagnostic line: {line!r}"
    assert int(match[2]) == number, f"must have the number {number}: {line!r}"
    first, _, rest = (match[4] or "").partition(" ")
    directive = first if first in DIRECTIVES else ""
    ok = match[1] == "ok"
    assert not (ok and directive in MUST_FAIL), f"must be 'not ok' with {directive}: {line!r}"
    failed = any(not test.ok and test.directive != "SKIP" for test in inner)
    assert ok != failed or not inner, f"contradicts its subtests: {line!r}"
    return Read(match[3] or "", ok, directive, rest if directive else match[4] or "", notes, inner)
