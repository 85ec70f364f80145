# SPDX-License-Identifier: GPL-2.0-only
"""What is exported: the findings of a run folder, or those of one sequence file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyfuzz import files
from pyfuzz.errors import UsageError
from pyfuzz.finding.artifact import replay_command
from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.regression.expectation import Expected
from pyfuzz.replay.replays import Replay
from pyfuzz.run import provenance
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Shown, Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel
from pyfuzz.target.known_findings import Known
from pyfuzz.worlds.lists.operation import Operation

SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True)
class Item(Shown):
    """One finding.

    ``known`` is the reason why it is a known one, None if it is new; ``expired``
    then is the entry that declared it and holds no longer.  ``base`` says how it
    is known that what the user compares with has it too, None if that has not.
    ``command`` shows it, in the flavour ``flavour``.
    """

    symptom: Symptom
    operations: tuple[Operation, ...]
    known: str | None
    expired: Known | None = None
    count: int = 1
    first_seconds: float = 0.0
    stem: str = ""
    command: str = ""
    base: str | None = None
    flavour: str = "fuzz"

    @property
    def fails(self) -> bool:
        """Whether it is new, so that a test fails on it."""
        return self.known is None and self.base is None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A file of a regression folder, and what is otherwise than it expects.

    ``items`` are findings that it does not expect, ``missing`` those that it
    expects and that are not there.  ``base`` says how it is known that the same
    is so on what the user compares with, None if not, or if nothing is wrong.
    """

    name: str
    operations: tuple[Operation, ...]
    items: tuple[Item, ...] = ()
    missing: tuple[Expected, ...] = ()
    base: str | None = None
    command: str = ""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is otherwise than expected, a line each."""
        missing = [f"{one} must be found, is not" for one in self.missing]
        return (*missing, *(f"{item.title}: {item.message}" for item in self.items))

    @property
    def fails(self) -> bool:
        """Whether something is otherwise than expected, and not so on the base."""
        return bool(self.problems) and self.base is None


@dataclass(frozen=True, slots=True)
class Subject:
    """The findings of one target; ``name`` is the run folder's or file's."""

    name: str
    target: Target
    flavour: str
    items: tuple[Item, ...]
    seconds: float = 0.0
    executions: int = 1
    regressions: tuple[Replayed, ...] = ()


def is_run(path: Path) -> bool:
    """Tell whether a path is meant as a run folder."""
    return path.is_dir()


def of_replay(done: Replay, kernel: Kernel | None = None) -> Subject:
    """Return what one sequence showed on one target; ``kernel`` is None for a port."""
    target, file, flavour = done.target, done.file, done.flavour
    command = replay_command(file.path, target, kernel, flavour)
    items = tuple(
        item_of(one, target, file.operations, file.path.stem, command, flavour)
        for one in done.findings
    )
    return Subject(str(file.path), target, done.flavour, items)


def item_of(
    finding: RawFinding,
    target: Target,
    operations: tuple[Operation, ...],
    stem: str,
    command: str,
    flavour: str = "fuzz",
) -> Item:
    """Return what one sequence showed once."""
    return Item(
        symptom=finding.symptom,
        operations=operations,
        known=target.known_reason(finding.symptom),
        expired=target.expired(finding.symptom),
        stem=stem,
        command=command,
        flavour=flavour,
    )


def of_run(folder: Path, known: Iterable[Known] = (), target: Target | None = None) -> Subject:
    """Read a run folder's result.

    ``target`` is needed where the folder itself does not say what was fuzzed.
    Raises UsageError about the file and what is wrong with it.
    """
    summary = _Json(folder / SUMMARY)
    name = summary.text("target")
    campaigns, _ = provenance.read(folder)
    if target is None and campaigns:
        target = provenance.target_of(folder, campaigns[-1])
    if target is None:
        target = catalogue.TARGETS.get(name)
    if target is None:
        raise UsageError(
            f"{folder}: the source of its target {name} is not there any more; "
            "give the kernel with --kernel PATH"
        )
    entries = [entry for entry in known if entry.is_about(target.name)]
    kernel = provenance.kernel_of(campaigns[-1]) if campaigns else None
    flavour = summary.text("flavour")
    items = tuple(
        _item(one, target.knowing(entries), folder, kernel, flavour)
        for one in summary.objects("findings")
    )
    return Subject(
        str(folder),
        target,
        flavour,
        items,
        seconds=summary.number("seconds"),
        executions=int(summary.number("executions")),
    )


def _item(one: _Json, target: Target, folder: Path, kernel: Kernel | None, flavour: str) -> Item:
    symptom = Symptom(
        one.kind(), one.text("function"), one.text("message"), int(one.number("line"))
    )
    reason = one.values.get("reason")
    text = "\n".join(one.texts("operations"))
    known = target.known_reason(symptom)
    artifact = one.values.get("artifact")
    # A sanitizer worker's findings are in a run of the plain flavour, too.
    flavour = one.text("flavour") if "flavour" in one.values else flavour
    # The folder may have been moved since.
    path = folder / "findings" / Path(str(artifact)).name if artifact else folder
    return Item(
        symptom=symptom,
        operations=tuple(parse(text, one.name)),
        known=str(reason) if reason is not None else known,
        expired=target.expired(symptom),
        count=int(one.number("count")),
        first_seconds=one.number("first_seconds"),
        stem=path.stem if artifact else f"{symptom.kind.value}-{symptom.function or 'unknown'}",
        command=replay_command(path, target, kernel, flavour) if artifact else "",
        flavour=flavour,
    )


class _Json:
    """An object of a JSON file, whose values are checked when they are read."""

    def __init__(self, path: Path, values: dict[str, Any] | None = None, where: str = "") -> None:
        self.name = f"{path}{where}"
        self._path = path
        self.values: dict[str, Any] = self._load() if values is None else values

    def _load(self) -> dict[str, Any]:
        remedy = "name the run folder of a campaign that has ended"
        try:
            values = files.read_json(self._path)
        except FileNotFoundError:
            raise UsageError(
                f"{self._path.parent}: a run folder with a result must have {SUMMARY}, has none; "
                f"{remedy}"
            ) from None
        except OSError as error:
            raise UsageError(f"{self._path}: cannot be read: {error.strerror}; {remedy}") from None
        except ValueError as error:
            raise UsageError(f"{self._path}: must be JSON: {error}; {remedy}") from None
        if not isinstance(values, dict):
            raise UsageError(f"{self._path}: must be a JSON object, is none; {remedy}")
        return values

    def text(self, key: str) -> str:
        """Return a value that must be a text."""
        return str(self._value(key, str, "a text"))

    def number(self, key: str) -> float:
        """Return a value that must be a number."""
        return float(self._value(key, (int, float), "a number"))

    def texts(self, key: str) -> list[str]:
        """Return a value that must be a list of texts."""
        values = self._value(key, list, "a list of texts")
        if not all(isinstance(value, str) for value in values):
            raise self._wrong(key, "a list of texts", values)
        return [str(value) for value in values]

    def objects(self, key: str) -> list[_Json]:
        """Return a value that must be a list of objects."""
        values = self._value(key, list, "a list of objects")
        if not all(isinstance(value, dict) for value in values):
            raise self._wrong(key, "a list of objects", values)
        return [
            _Json(self._path, value, f": {key}[{number}]") for number, value in enumerate(values)
        ]

    def kind(self) -> Kind:
        """Return the kind of a finding."""
        value = self.text("kind")
        try:
            return Kind(value)
        except ValueError:
            raise self._wrong("kind", "a kind of finding", value) from None

    def _value(self, key: str, wanted: type | tuple[type, ...], rule: str) -> Any:
        value = self.values.get(key)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise self._wrong(key, rule, value)
        return value

    def _wrong(self, key: str, rule: str, value: object) -> UsageError:
        shown = json.dumps(value)
        shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
        return UsageError(
            f"{self.name}: {key} must be {rule}, is {shown}; "
            "was it written by another version of pyfuzz?"
        )
