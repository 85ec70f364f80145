# SPDX-License-Identifier: GPL-2.0-only
"""Findings that are declared: reported and counted, but never failing a run.

They are entries of a TOML file, the shipped ``known.toml`` or one of the
user's; docs/known-findings.md says what each key means.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pyfuzz import files
from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.symptom import Symptom

SHIPPED = Path(__file__).with_name("known.toml")

_KEYS = ("kind", "function", "message", "target", "reason", "link", "until")
_TABLE = re.compile(r"[ \t]*\[\[[ \t]*known[ \t]*\]\]")
_PLACE = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)")
_EXAMPLE = '[[known]] with kind = "host-bug", function = "pte_list_remove", reason = "…"'
_MAX_FILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Known:
    """One declared finding.

    ``function``, ``message`` and each of ``targets`` are globs that must match
    the whole name or message, case included.  ``until`` is the last day (UTC) on
    which the entry is valid, None if it does not expire.  ``source`` is
    ``FILE:LINE``, empty for one that no file declares.
    """

    kind: Kind
    function: str
    reason: str
    message: str = "*"
    targets: tuple[str, ...] = ("*",)
    link: str = ""
    until: date | None = None
    source: str = ""

    def is_about(self, target: str) -> bool:
        """Tell whether the entry is about the target of this name."""
        return any(fnmatchcase(target, pattern) for pattern in self.targets)

    def fits(self, symptom: Symptom) -> bool:
        """Tell whether a finding is the declared one, expired or not."""
        return (
            symptom.kind is self.kind
            and fnmatchcase(symptom.function, self.function)
            and fnmatchcase(symptom.message, self.message)
        )

    def in_short(self) -> dict[str, str]:
        """Return what lists of targets and kernels print of the entry in JSON."""
        return {"kind": self.kind.value, "function": self.function, "reason": self.reason}

    def expired(self, today: date | None = None) -> bool:
        """Tell whether the entry has expired; ``today`` is for tests."""
        return self.until is not None and self.until < (today or datetime.now(UTC).date())

    @property
    def lapsed(self) -> str:
        """What to say of a finding that the entry declared before it expired."""
        where = f" (entry at {self.source})" if self.source else ""
        return f"known until {self.until}, not any more{where}: {self.why}"

    @property
    def why(self) -> str:
        """The reason, and where to read more about it."""
        return f"{self.reason} ({self.link})" if self.link else self.reason


def lookup(entries: Iterable[Known], symptom: Symptom, today: date | None = None) -> Known | None:
    """Return the entry that declares a finding: a valid one, else an expired one."""
    expired = None
    for known in entries:
        if known.fits(symptom):
            if not known.expired(today):
                return known
            expired = expired or known
    return expired


def read(path: Path) -> tuple[Known, ...]:
    """Read a known-findings file.

    Raises UsageError ``FILE:LINE: entry N: rule, value; remedy`` at the first
    mistake in it.
    """
    text = _read_text(path)
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise UsageError(
            f"{path}: must be TOML: is nested too deeply; see https://toml.io"
        ) from None
    except ValueError as error:  # a TOMLDecodeError, or about a number of too many digits
        raise UsageError(_syntax(path, text, str(error))) from None
    tables = document.pop("known", [])
    for key in document:
        near = " (did you mean [[known]]?)" if difflib.get_close_matches(key, ["known"]) else ""
        raise UsageError(
            f"{path}: a known-findings file must have [[known]] entries and nothing else, "
            f"has '{key}'{near}; write for example: {_EXAMPLE}"
        )
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: 'known' must be written as [[known]], once per entry")
    return tuple(
        _Entry(path, number, line, table).known()
        for number, (line, table) in enumerate(
            zip(_lines(text, len(tables)), tables, strict=True), 1
        )
    )


def about(entries: Iterable[Known], target: str) -> tuple[Known, ...]:
    """Return the entries that are about a target."""
    return tuple(known for known in entries if known.is_about(target))


def _read_text(path: Path) -> str:
    try:
        data = files.read_bytes(path, _MAX_FILE_BYTES)
    except OSError as error:
        raise UsageError(
            f"{path}: the known-findings file cannot be read: {error.strerror or error}; "
            "name a file you can read"
        ) from error
    except ValueError:
        raise UsageError(
            f"{path}: a known-findings file must have at most {_MAX_FILE_BYTES} bytes, has more; "
            "it does not look like a known-findings file"
        ) from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{path}:{line}: a known-findings file must be TOML in UTF-8, has the byte "
            f"0x{data[error.start]:02x}; save it as UTF-8"
        ) from None


def _syntax(path: Path, text: str, error: str) -> str:
    match = _PLACE.fullmatch(error)
    if match is None:
        return f"{path}: must be TOML: {error}; see https://toml.io"
    line = match["line"] or str(len(text.splitlines()) or 1)
    return f"{path}:{line}: must be TOML: {match['what']}; see https://toml.io"


def _lines(text: str, entries: int) -> list[int]:
    """Return the line of each entry's [[known]], or zeros where that is not certain."""
    found = [number for number, line in enumerate(text.split("\n"), 1) if _TABLE.match(line)]
    return found if len(found) == entries else [0] * entries


class _Entry:
    """One [[known]] table while it is checked."""

    def __init__(self, path: Path, number: int, line: int, table: dict[str, Any]) -> None:
        self._source = f"{path}:{line}" if line else str(path)
        self._number = number
        self._table = table

    def known(self) -> Known:
        """Return the entry, or raise UsageError about its first mistake."""
        self._check_keys()
        if "function" not in self._table and "message" not in self._table:
            raise self._wrong(
                "must have a function or a message, has neither",
                'write function = "*" for any function',
            )
        return Known(
            kind=self._kind(),
            function=self._text("function", "*"),
            reason=self._text("reason"),
            message=self._text("message", "*"),
            targets=self._targets(),
            link=self._link(),
            until=self._until(),
            source=self._source,
        )

    def _wrong(self, rule: str, remedy: str) -> UsageError:
        return UsageError(f"{self._source}: entry {self._number}: {rule}; {remedy}")

    def _check_keys(self) -> None:
        for key in self._table:
            if key not in _KEYS:
                near = difflib.get_close_matches(key, _KEYS, n=1)
                hint = f"did you mean '{near[0]}'?" if near else "leave it out"
                raise self._wrong(f"a key must be one of {', '.join(_KEYS)}, is '{key}'", hint)

    def _text(self, key: str, default: str | None = None) -> str:
        value = self._table.get(key, default)
        if value is None:
            raise self._wrong(f"must have a {key}, has none", f'write {key} = "…"')
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(f"{key} must be a text, is {value!r}", f'write {key} = "…"')
        return " ".join(value.split()) if key == "reason" else value

    def _kind(self) -> Kind:
        value = self._text("kind")
        kinds = {kind.value: kind for kind in Kind}
        if value not in kinds:
            near = difflib.get_close_matches(value, kinds, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"one of {', '.join(kinds)}"
            raise self._wrong(f"kind must be a kind of finding, is '{value}'", hint)
        return kinds[value]

    def _targets(self) -> tuple[str, ...]:
        value = self._table.get("target", "*")
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(one, str) and one.strip() for one in values):
            raise self._wrong(
                f"target must be a name or a list of names, is {value!r}",
                'write target = ["rfc-v3", "v6.*"], or leave it out for any target',
            )
        return tuple(values)

    def _link(self) -> str:
        value = self._text("link") if "link" in self._table else ""
        if value and not re.fullmatch(r"https?://\S+", value):
            raise self._wrong(
                f"link must be an address, is '{value}'", "write it in full, with https://"
            )
        return value

    def _until(self) -> date | None:
        value = self._table.get("until")
        if value is None or type(value) is date:  # a datetime is a date as well
            return value
        raise self._wrong(
            f"until must be a day, is {value!r}", "write until = 2027-01-31, without quotes"
        )
