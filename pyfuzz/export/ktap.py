# SPDX-License-Identifier: GPL-2.0-only
"""KTAP version 1, the kernel's own format of test results (Documentation/dev-tools/ktap.rst).

A test passes if nothing was found, fails with a new finding, and is expected to
fail (XFAIL) with known ones only.  What could not be decided, or was not searched
to its end, is skipped: it is not a result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyfuzz.kinds import Kind
from pyfuzz.sequence.text import format_operation

if TYPE_CHECKING:
    from pyfuzz.export.subject import Item, Replayed, Subject
    from pyfuzz.replay.replays import Replay

_SHOWN_OPERATIONS = 40


@dataclass(frozen=True, slots=True)
class Point:
    """One test: its result, why (after a directive), what to know, and its subtests.

    A test with subtests fails if one of them does.
    """

    name: str
    passed: bool = True
    directive: str = ""
    why: str = ""
    lines: tuple[str, ...] = ()
    tests: tuple[Point, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it and its subtests pass, or need not."""
        return self.passed and all(test.ok for test in self.tests)


def render(tests: Sequence[Point]) -> str:
    """Return the results as KTAP, without a newline at the end."""
    return "\n".join(_block(tests, ""))


def _block(tests: Sequence[Point], indent: str, of: str = "") -> Iterator[str]:
    yield f"{indent}KTAP version 1"
    if of:
        # KUnit's parser names a test with subtests by this.
        yield f"{indent}# Subtest: {of}"
    yield f"{indent}1..{len(tests)}"
    for number, test in enumerate(tests, 1):
        name = _name(test.name)
        if test.tests:
            yield from _block(test.tests, f"{indent}  ", name)
        for line in test.lines:
            yield f"{indent}# {_line(line)}".rstrip()
        why = " ".join(word for word in (test.directive, _line(test.why).strip()) if word)
        yield f"{indent}{'ok' if test.ok else 'not ok'} {number} {name}{f' # {why}' if why else ''}"


def _name(text: str) -> str:
    """Return a text as a test's name, which must not contain a '#'."""
    return re.sub(r"^[-\s]+", "", re.sub(r"\s+", " ", text.replace("#", "_"))).strip() or "_"


def _line(text: str) -> str:
    """Return a text as one line that means nothing to a parser."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    clean = clean.replace("# SKIP", "SKIP")
    return f" {clean}" if clean.lower().startswith("subtest:") else clean


def of_replays(replays: Iterable[Replay]) -> list[Point]:
    """Return a test for each target, with one for each sequence file."""
    by_target: dict[str, list[Point]] = {}
    for done in replays:
        by_target.setdefault(done.target.name, []).append(_replay(done))
    return [Point(name, tests=tuple(tests)) for name, tests in by_target.items()]


def _replay(done: Replay) -> Point:
    name = str(done.file.path)
    if done.verdict == "clean":
        return Point(name, lines=(done.note,) if done.note else ())
    known = done.verdict == "known"
    reasons = dict.fromkeys(reason for one in done.findings if (reason := done.known(one)))
    return Point(
        name,
        passed=known,
        directive="XFAIL" if known else "",
        why="; ".join(reasons) if known else "",
        lines=tuple(done.lines()),
    )


def of_subject(subject: Subject) -> list[Point]:
    """Return the result of a campaign: a test for each kind, and for each regression."""
    tests = tuple(point for kind in Kind for point in _kind(subject, kind))
    points = [Point("findings", tests=tests)]
    if subject.regressions:
        replayed = tuple(_regression(one) for one in subject.regressions)
        points.insert(0, Point("regressions", tests=replayed))
    return points


def _kind(subject: Subject, kind: Kind) -> list[Point]:
    items = [item for item in subject.items if item.kind is kind]
    return [_item(item, items) for item in items] or [Point(kind.value)]


def _item(item: Item, among: list[Item]) -> Point:
    lines = (item.message, *_operations(item.operations), item.command)
    point = Point(item.title_among(among), passed=not item.fails, lines=tuple(filter(None, lines)))
    if item.fails:
        return point
    why = item.known if item.known is not None else f"on the base: {item.base}"
    return replace(point, directive="XFAIL", why=why)


def _regression(one: Replayed) -> Point:
    if not one.problems:
        return Point(one.name)
    point = Point(one.name, passed=not one.fails, lines=(*one.problems, one.command))
    return point if one.fails else replace(point, directive="XFAIL", why=f"on the base: {one.base}")


def _operations(operations: Sequence[object]) -> Iterator[str]:
    yield from (f"  {format_operation(one)}" for one in operations[:_SHOWN_OPERATIONS])
    if len(operations) > _SHOWN_OPERATIONS:
        yield f"  … and {len(operations) - _SHOWN_OPERATIONS} more operations"
