# SPDX-License-Identifier: GPL-2.0-only
"""What a sequence file says it shows on which target, in its comments.

    # shows: a wrong remove drops the only entry of a list
    # expect bug: host-bug pte_list_remove
    # expect rfc-v2, rfc-v3: lost-entry
    # expect rfc-v4: nothing

See docs/sequences.md for the rules.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyfuzz.module.results import RawFinding
    from pyfuzz.target.catalogue import Target

NOTHING = "nothing"
_KEYS = ("expect", "shows")
_COMMENT = re.compile(r"\s*#\s*([A-Za-z-]+)\b(.*)")
_EXPECT = re.compile(r"\s+(?P<targets>[^:]+):\s*(?P<items>\S.*?)\s*")
_SHOWS = re.compile(r":\s*(\S.*?)\s*")


@dataclass(frozen=True, slots=True)
class Expected:
    """One finding that must be seen; an empty function is any function."""

    kind: Kind
    function: str = ""

    def fits(self, finding: RawFinding, *, any_function: bool = False) -> bool:
        """Tell whether a finding is this one."""
        same = any_function or self.function in ("", finding.function)
        return finding.kind is self.kind and same

    def __str__(self) -> str:
        return Symptom(self.kind, self.function).expectation


@dataclass(slots=True)
class Expectations:
    """What a file says: ``shows`` for people, and the findings by target.

    A target that has no entry must be clean but for its known findings; one
    with an empty entry (``nothing``) must be clean.
    """

    shows: str = ""
    targets: dict[str, tuple[Expected, ...]] = field(default_factory=dict)

    def hold(self, target: Target, *, faults: bool, like: str | None = None) -> bool:
        """Tell whether the file says anything about a target; ``faults``: it plants some.

        What damaged memory leads to is not a kernel's mistake, so what is expected
        of ports is expected only of them.
        """
        return not faults or not target.extracted or self._of(target, like) is not None

    def missing(
        self, target: Target, findings: Iterable[RawFinding], like: str | None = None
    ) -> list[Expected]:
        """Return what must be found on a target and is not."""
        findings = list(findings)
        return [
            one
            for one in self._of(target, like) or ()
            if not any(one.fits(finding, any_function=like is not None) for finding in findings)
        ]

    def unexpected(
        self, target: Target, findings: Iterable[RawFinding], like: str | None = None
    ) -> list[RawFinding]:
        """Return the findings that are neither expected nor, where those may be seen, known."""
        expected = self._of(target, like)
        return [
            finding
            for finding in findings
            if not any(one.fits(finding, any_function=like is not None) for one in expected or ())
            and (expected == () or not _is_known(target, finding))
        ]

    def problems(
        self, target: Target, findings: Iterable[RawFinding], like: str | None = None
    ) -> list[str]:
        """Say what differs from what is expected on a target, one line each.

        ``like`` holds the target to what is expected of another one; functions
        may then have other names.
        """
        findings = list(findings)
        problems = [f"{one} must be found, is not" for one in self.missing(target, findings, like)]
        for finding in self.unexpected(target, findings, like):
            what = "known finding" if _is_known(target, finding) else "finding"
            problems.append(f"{what} that is not expected: {finding.title}: {finding.message}")
        return problems

    def _of(self, target: Target, like: str | None) -> tuple[Expected, ...] | None:
        """Return what is expected of a target; a kernel is not a port, whatever its name."""
        return self.targets.get(like or ("" if target.extracted else target.name))


def _is_known(target: Target, finding: RawFinding) -> bool:
    return target.known_reason(finding.symptom) is not None


def parse_expectations(text: str, name: str) -> Expectations:
    """Read the expectations in a text; ``name`` is what the errors call it.

    Raises UsageError ``name:line: …`` for a key, target or kind that does not
    exist, and for two expectations of one target.
    """
    found = Expectations()
    for number, line in enumerate(text.split("\n"), 1):
        comment = _COMMENT.fullmatch(line.rstrip())
        if comment is None:
            continue
        key, rest = comment[1], comment[2]
        where = f"{name}:{number}"
        near = difflib.get_close_matches(key.lower(), _KEYS, cutoff=0.75)
        if key in _KEYS:
            near = [key]
        if not near:
            continue  # a comment for people
        if key not in _KEYS:
            raise UsageError(f"{where}: a key must be one of {', '.join(_KEYS)}, is '{key}'")
        if key == "shows":
            _add_shows(found, rest, where)
        else:
            _add_expected(found, rest, where)
    return found


def _add_shows(found: Expectations, rest: str, where: str) -> None:
    match = _SHOWS.fullmatch(rest)
    if match is None or found.shows:
        raise UsageError(f"{where}: '# shows: TEXT' must occur once, with a text")
    found.shows = match[1]


def _add_expected(found: Expectations, rest: str, where: str) -> None:
    match = _EXPECT.fullmatch(rest)
    if match is None:
        raise UsageError(
            f"{where}: an expectation must be '# expect TARGET: KIND [FUNCTION], …', "
            f"is '# expect{rest}'"
        )
    items = tuple(_item(item.split(), where) for item in match["items"].split(","))
    if None in items and len(items) > 1:
        raise UsageError(f"{where}: '{NOTHING}' must be alone, is in '{match['items']}'")
    for target in (target.strip() for target in match["targets"].split(",")):
        _check_target(target, where)
        if target in found.targets:
            raise UsageError(f"{where}: a target may be named only once, '{target}' is named twice")
        found.targets[target] = tuple(item for item in items if item is not None)


def _check_target(name: str, where: str) -> None:
    try:
        target = catalogue.get(name)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    if not target.builds:
        raise UsageError(f"{where}: a target must be one that compiles, '{name}' does not")


def _item(words: list[str], where: str) -> Expected | None:
    """Read one expected finding; None stands for ``nothing``."""
    if words == [NOTHING]:
        return None
    kinds = {kind.value: kind for kind in Kind}
    if not words or words[0] not in kinds:
        near = difflib.get_close_matches(words[0] if words else "", kinds, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(kinds)}"
        raise UsageError(
            f"{where}: an expected finding must begin with a kind, is '{' '.join(words)}': {hint}"
        )
    if len(words) > 2:
        raise UsageError(
            f"{where}: an expected finding must be a kind and a function, is '{' '.join(words)}'; "
            "put a comma between two"
        )
    return Expected(kinds[words[0]], *words[1:])
