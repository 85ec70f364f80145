# SPDX-License-Identifier: GPL-2.0-only
"""A mail to the maintainers about a finding: plain text, 72 columns."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyfuzz import __version__, world
from pyfuzz.export.location import locate
from pyfuzz.replay import trace_text
from pyfuzz.replay.replays import Replay
from pyfuzz.sequence.text import format_text
from pyfuzz.symptom import Shown, Symptom
from pyfuzz.target.catalogue import Target

WIDTH = 72
# The sequence has every step that led to the finding; of the trace, the last entries are enough.
_SHOWN_ENTRIES = 6
_SECURITY = (
    "If a guest can get there, do not post this to a public list: send it to security@kernel.org "
    "and to the maintainers first, as Documentation/process/security-bugs.rst says."
)


@dataclass(frozen=True, slots=True)
class Case(Shown):
    """What a mail is about: a finding, as a replay on one target showed it.

    ``others`` are replays of the same sequence on other targets.  ``first_bad``
    and ``fixes`` are the commit that a bisection found and its ``Fixes:`` line,
    empty where it is not known.  ``command`` shows it.
    """

    done: Replay
    symptom: Symptom
    others: tuple[Replay, ...] = ()
    first_bad: str = ""
    fixes: str = ""
    command: str = ""


def render(case: Case) -> bytes:
    """Return the mail, from its subject on; recipients are left to the sender."""
    lines = [f"Subject: {_subject(case)}", ""]
    for number, paragraph in enumerate(_paragraphs(case)):
        lines += [""] if number else []
        lines += paragraph
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _subject(case: Case) -> str:
    return f"[BUG] KVM: x86/mmu: {case.kind.value}{_where(case.symptom)}"


def _where(symptom: Symptom) -> str:
    return f" in {symptom.function}()" if symptom.function else ""


def _paragraphs(case: Case) -> Iterator[list[str]]:
    place = locate(case.done.target, case.function, case.line)
    yield _folded(f"[ To the sender, to be removed: {_advice(case.done)} ]")
    # What, then why it matters.
    what = f"{case.kind.value}{_where(case.symptom)}: {case.message}."
    yield [*_folded(what), f"({place.file}:{place.line})"]
    yield _folded(f"What must hold: {case.kind.must}")
    yield _folded(case.kind.means)
    yield ["The sequence, one operation per line:"]
    yield [f"  {line}" for line in format_text(case.done.file.operations).splitlines()]
    yield _folded(f"What was seen on {_named(case.done.target)}:")
    yield list(_seen(case))
    yield ["On which versions:"]
    yield list(_versions((case.done, *case.others)))
    first = case.first_bad or "not bisected"
    fixes = case.fixes or '<12 digits of the commit> ("<its subject>")'
    # A tag is one line, however long it is.
    yield [*_folded(f"First bad commit: {first}", "  "), f"Fixes: {fixes}"]
    if case.command:
        yield ["To reproduce, with the sequence in a file:"]
        yield _command(case.command)
    yield [f"Found with pyfuzz {__version__}."]


def _advice(done: Replay) -> str:
    """Say whether a guest may be able to cause this, and where to report it then."""
    if done.file.faults:
        reach = (
            "The sequence damages memory on purpose: it shows what a host does with such damage, "
            "not that a guest can cause it."
        )
    elif world.get(done.target.world).guest_driven:
        reach = (
            "The operations are accesses of a guest and calls of its VMM, so assume that a guest "
            "can get there."
        )
    elif any(entry.errors for entry in done.entries):
        reach = (
            "The sequence removes an entry that is not there, which KVM does only after another "
            "mistake; find out whether a guest can bring that about."
        )
    else:
        reach = (
            "Every operation of the sequence is correct, so assume that a guest can get there "
            "until you know better."
        )
    return f"{reach} {_SECURITY}"


def _seen(case: Case) -> Iterator[str]:
    """Yield the last steps up to the one that showed the finding."""
    entries = list(case.done.entries)
    at = next(
        number
        for number, entry in enumerate(entries)
        if any(finding.symptom == case.symptom for finding in entry.findings)
    )
    first = max(0, at + 1 - _SHOWN_ENTRIES)
    if first:
        yield f"  (after {first} earlier steps, which showed nothing)"
    shown = entries[first : at + 1]
    # Columns that were folded could not be read.
    columns = {line for entry in shown for line in trace_text.fiber_lines(entry, WIDTH)}
    for line in trace_text.lines(shown, case.done.known, WIDTH):
        yield from [line] if line in columns else _kept(line)


def _kept(line: str) -> list[str]:
    """Fold a line that is laid out already, should it be too long."""
    indent = line[: len(line) - len(line.lstrip())]
    return [line] if len(line) <= WIDTH else _folded(line.strip(), f"{indent}  ", indent)


def _versions(replays: Iterable[Replay]) -> Iterator[str]:
    for done in replays:
        found = [finding.symptom for finding in done.findings]
        said = ", ".join(dict.fromkeys(f"{one.kind.value}{_where(one)}" for one in found))
        yield from _folded(f"{_named(done.target)}: {said or 'nothing found'}", "    ", "  ")


def _named(target: Target) -> str:
    if target.extracted:
        return f"{target.name} (the kernel's own code)"
    return f"{target.name} (pyfuzz's port; {target.generation})"


def _command(command: str) -> list[str]:
    """Fold a shell command, so that it can still be pasted."""
    lines = ["  "]
    for word in (shlex.quote(word) for word in shlex.split(command)):
        if lines[-1].strip() and len(lines[-1]) + len(word) + 3 > WIDTH:
            lines[-1] += " \\"
            lines.append("    ")
        lines[-1] += word if not lines[-1].strip() else f" {word}"
    return lines


def _folded(text: str, rest: str = "", first: str = "") -> list[str]:
    clean = re.sub(r"\s+", " ", text.strip())
    return textwrap.wrap(
        clean,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
