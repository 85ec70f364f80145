# SPDX-License-Identifier: GPL-2.0-only
"""Which fixes of the past a kernel has, judged by what its code does.

Each fix has a regression: a sequence of a few operations that a kernel without
the fix gets wrong.  Source text decides nothing: backports read differently, and
a vendor's tree may have the lines but not the effect.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyfuzz import paths
from pyfuzz.errors import HarnessError
from pyfuzz.kinds import Kind
from pyfuzz.module.results import Skip
from pyfuzz.replay.runner import Runner
from pyfuzz.replay.trace_text import SKIPPED
from pyfuzz.sequence import container, text
from pyfuzz.sequence.input import Input
from pyfuzz.worlds.pages.text import HEADER
from pyfuzz.worlds.pages.trace import GUEST_FAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyfuzz.module.results import RawFinding
    from pyfuzz.replay.entry import Entry
    from pyfuzz.target.catalogue import Target

FIXED, NOT_FIXED, CANNOT_TELL = "fixed", "not-fixed", "cannot-tell"
# No kernel gets this wrong, with or without any of the fixes.
_CONTROL = "access vm0 cpu0 read 0:0:2:0\nend vm0\n"


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix: its commit, its CVE ("" if it has none), and its regression sequence.

    ``kinds``: the kinds of finding that a kernel without it shows.  ``blind``: why no
    sequence of this world shows that it is missing, "" if one does.  ``absent``: what it
    means if the kernel cannot carry out the sequence.
    """

    commit: str
    cve: str
    subject: str
    sequence: str
    kinds: frozenset[Kind]
    blind: str = ""
    absent: str = ""

    @property
    def path(self) -> Path:
        """The file of the regression."""
        return paths.corpus() / "regressions" / f"{self.sequence}.seq"


@dataclass(frozen=True, slots=True)
class State:
    """Whether a kernel has a fix, ``fixed``, ``not-fixed`` or ``cannot-tell``, and why."""

    fix: Fix
    state: str
    why: str


def catalogue() -> tuple[Fix, ...]:
    """Return all fixes that pyfuzz knows.

    Errors: HarnessError if the table is invalid.
    """
    path = Path(__file__).with_name("fixes.toml")
    try:
        return tuple(
            Fix(
                row["commit"],
                row["cve"],
                row["subject"],
                "" if "blind" in row else row["sequence"],
                frozenset(Kind(kind) for kind in row.get("kinds", ())),
                row.get("blind", ""),
                row.get("absent", ""),
            )
            for row in tomllib.loads(path.read_text(encoding="utf-8"))["fix"]
        )
    except (OSError, ValueError, KeyError) as error:
        raise HarnessError(f"{path}: cannot be read ({error}); please report") from error


def states(target: Target, fixes: Iterable[Fix]) -> Iterator[State]:
    """Run each fix's regression on a target, and yield whether it has the fix.

    Errors: UsageError or HarnessError if the target cannot be built.
    """
    with Runner(target) as runner:
        wrong = _control(runner)
        for fix in fixes:
            why = fix.blind or wrong
            yield State(fix, CANNOT_TELL, why) if why else _state(runner, fix)


def _control(runner: Runner) -> str:
    """Return what a sequence without a trap shows: then no other says anything; "" if nothing."""
    findings = runner.run(Input.of(text.parse(f"{HEADER}\n{_CONTROL}", "the control")))
    if not findings:
        return ""
    return f"this kernel does not get through an ordinary access: {_said(findings[0])}"


def _state(runner: Runner, fix: Fix) -> State:
    file = container.read(fix.path)
    findings = runner.run(file.input)
    shown = [finding for finding in findings if finding.kind in fix.kinds]
    if shown:
        return State(fix, NOT_FIXED, _said(shown[-1]))
    if findings:
        return State(fix, CANNOT_TELL, f"the sequence shows something else: {_said(findings[0])}")
    missed = _missed(runner.trace(list(file.operations)), fix.absent)
    if missed:
        return State(fix, CANNOT_TELL, missed)
    return State(fix, FIXED, "")


def _missed(entries: Iterator[Entry], absent: str) -> str:
    """Name the first operation that did nothing: the kernel was not really tested.

    An access that faults in the guest does not come to the code either: a kernel may
    take an entry of the guest's for invalid that another one maps.
    """
    for entry in entries:
        if any(fact.endswith(GUEST_FAULT) for fact in entry.facts):
            return f"'{entry.text}' does not get that far: {GUEST_FAULT}"
        for reason in entry.skipped:
            if reason is not Skip.RAN:
                if absent:
                    return absent
                return f"'{entry.text}' did nothing: {SKIPPED[reason]}"
    return ""


def _said(finding: RawFinding) -> str:
    where = f" in {finding.function}" if finding.function else ""
    return f"{finding.kind.value}{where}: {finding.message}"
