# SPDX-License-Identifier: GPL-2.0-only
"""Prints a trace from which a kernel developer can see what failed."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING

from pyfuzz.module.results import Skip
from pyfuzz.replay import outcome_text
from pyfuzz.replay.entry import numbers, times_text
from pyfuzz.text import WIDTH, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pyfuzz.module.results import Containment, RawFinding
    from pyfuzz.replay.entry import Entry, ListChange

# A line, and the indent of its continuation lines: None for a little more, _WHOLE: not wrapped.
_Line = tuple[str, int | None]
_WHOLE = -1
_INDENT = " " * 8
_BETWEEN = " | "
_EIO = -5

SKIPPED = {
    Skip.NO_VM: "the VM is not alive",
    Skip.VM_ALIVE: "the VM is alive already",
    Skip.EMPTY: "the list has no entry",
    Skip.NO_FREE_SPTE: "every SPTE of the VM is in a list",
    Skip.IN_OTHER_LIST: "the SPTE is in another list, which clearing it would break",
    Skip.UNSUPPORTED: "the target has no such function",
    Skip.HOST_DEAD: "the host is dead",
    Skip.NO_PLACE: "there is nothing for the fault to change",
    Skip.ASIDE: "the two kernels differ here by design",
    Skip.VM_DEAD: "the VM is bugged, and the vCPU has left it",
    Skip.NO_TABLE: "the guest has no table there",
    Skip.NO_SLOT: "there is no such memslot",
    Skip.SLOT_THERE: "there is a memslot already",
    Skip.NO_ROOT: "the vCPU's root is in no memslot",
    Skip.FIBER_FULL: "the fiber has as many operations as it can have",
    Skip.SWITCHES_FULL: "there are as many switches or delays as there can be",
}


def lines(
    entries: Iterable[Entry],
    known: Callable[[RawFinding], str | None],
    width: int = WIDTH,
    *,
    everything: bool = False,
) -> Iterator[str]:
    """Yield the lines of a trace; ``known`` gives the reason why a finding is a known one.

    ``everything``: a fiber's accesses to memory that no other one uses, as well.
    """
    for text, indent in _lines(entries, known, width, everything):
        yield from _wrapped(text, indent, width)


def _lines(
    entries: Iterable[Entry],
    known: Callable[[RawFinding], str | None],
    width: int,
    everything: bool,
) -> Iterator[_Line]:
    dead: list[Entry] = []
    ended: Containment | None = None
    for entry in entries:
        if entry.skipped[Skip.HOST_DEAD] and not entry.findings:
            dead.append(entry)
            continue
        yield from _entry_lines(entry, known, width, everything)
        ended = entry.containment
    if dead:
        yield f"     not done: {_dead_text(dead)}; {SKIPPED[Skip.HOST_DEAD]}", None
        ended = dead[-1].containment
    if ended is not None:
        yield from _containment_lines(ended)


def _containment_lines(ended: Containment) -> Iterator[_Line]:
    outcome, *facts = outcome_text.lines(ended)
    yield f"   ===  {outcome}", None
    for fact in facts:
        yield f"{_INDENT}{fact}", None


def _dead_text(dead: list[Entry]) -> str:
    numbers = [entry.operation for entry in dead if entry.text]
    parts = [f"operations {numbers[0]} to {numbers[-1]}"] if len(numbers) > 1 else []
    parts += [f"operation {numbers[0]}"] if len(numbers) == 1 else []
    parts += ["the tear-down"] if not dead[-1].text else []
    return " and ".join(parts)


def _entry_lines(
    entry: Entry, known: Callable[[RawFinding], str | None], width: int, everything: bool
) -> Iterator[_Line]:
    if entry.text:
        yield f"{entry.operation:4}  {entry.text}{_part(entry)}", _WHOLE
    else:
        yield f"      {entry.ending}", None
    for text in _facts(entry):
        yield f"{_INDENT}{text}", None
    for line in fiber_lines(entry, width, everything=everything):
        yield line, _WHOLE
    for change in entry.lists:
        yield from _change_lines(change, always=bool(entry.errors or entry.findings))
    for finding in entry.findings:
        yield from _finding_lines(finding, known(finding))


def fiber_lines(entry: Entry, width: int = WIDTH, *, everything: bool = False) -> Iterator[str]:
    """Yield what fibers did as a table with a column for each, within ``width``.

    An access's line of code is below it.  What is longer than a column goes beyond it.
    """
    fibers = entry.fibers
    if not fibers:
        return
    column = (width - len(_BETWEEN) * (len(fibers) - 1)) // len(fibers)
    titles = [
        wrapped(f"fiber {number}: {title}", "", "  ", column) for number, title in enumerate(fibers)
    ]
    for row in zip_longest(*titles, fillvalue=""):
        yield _BETWEEN.join(f"{cell[:column]:{column}}" for cell in row).rstrip()
    yield "-+-".join("-" * column for _ in fibers)
    empty = _BETWEEN.join(" " * column for _ in fibers).ljust(width)
    for access in entry.accesses:
        if access.private and not everything:
            continue
        if access.fiber is None:
            yield from wrapped(f"-- {access.text}", "", "   ", width)
            continue
        at = access.fiber * (column + len(_BETWEEN))
        yield _overlaid(empty, access.text, at)
        if access.where:
            yield _overlaid(empty, f"{access.where} {access.code}", at + 4)


def _overlaid(line: str, text: str, at: int) -> str:
    """Put a text over a line at a column, or as far to the left as it needs to fit."""
    at = max(0, min(at, len(line) - len(text)))
    return f"{line[:at]}{text}{line[at + len(text) :]}"[: len(line)].rstrip()


def _part(entry: Entry) -> str:
    """Say which of the repetitions an entry is about, if not all."""
    if entry.steps == entry.repeat:
        return ""
    if entry.steps == 1:
        return f"   (step {entry.first})"
    return f"   (steps {entry.first} to {entry.first + entry.steps - 1})"


def _facts(entry: Entry) -> Iterator[str]:
    yield from entry.facts
    yield from entry.flushes
    for reason, times in sorted(entry.skipped.items()):
        yield f"skipped{times_text(times, entry.steps)}: {SKIPPED[reason]}"
    chosen = entry.chosen
    if entry.mistake:
        yield entry.mistake
    elif chosen and (f" {chosen} " not in f"{entry.text} " or entry.repeat > 1):
        yield f"chose {chosen}"
    if entry.returned:
        yield f"returned {numbers(entry.returned)}{_meaning(entry)}"
    if entry.recycled:
        yield "recycled: the list had become too long and was zapped"
    for text, times in Counter(entry.log).items():
        yield f"logged{times_text(times, 1)}: {text or '(an empty line)'}"
    for number in entry.bugged:
        yield f"bugged: vm{number}"


def _meaning(entry: Entry) -> str:
    if entry.text.startswith("zap-all "):
        return " (flush TLBs)" if any(entry.returned) else " (no need to flush TLBs)"
    if not entry.text.startswith("enter "):
        return ""
    return " (-EIO: the VM is dead)" if entry.returned == [_EIO] else " (in the guest)"


def _change_lines(change: ListChange, *, always: bool) -> Iterator[_Line]:
    if change.before == change.after:
        if always:
            yield _list_line(f"{change.name}:", f"{change.after} (as before)")
        return
    yield _list_line(f"{change.name}:", change.before)
    yield _list_line("=>".rjust(len(change.name) + 1), change.after)


def _list_line(name: str, drawn: str) -> _Line:
    return f"{_INDENT}{name} {drawn}", len(_INDENT) + len(name) + 3


def _finding_lines(finding: RawFinding, known: str | None) -> Iterator[_Line]:
    state = "FINDING" if known is None else "known finding"
    yield f"   >>>  {state}: {finding.symptom.place}", _WHOLE
    yield f"{_INDENT}  {finding.message}", None
    if known is not None:
        yield f"{_INDENT}  known: {known}", None


def _wrapped(text: str, indent: int | None, width: int) -> Iterator[str]:
    if indent == _WHOLE:
        yield text
        return
    margin = len(text) - len(text.lstrip())
    rest = None if indent is None else " " * indent
    yield from wrapped(text.strip(), " " * margin, rest, width)
