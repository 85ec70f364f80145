# SPDX-License-Identifier: GPL-2.0-only
"""One fault, and the catalogues of hand-picked ones.

A fault is an edit of the parsed source: a pattern of C tokens in a function,
and what stands in its place.  ``$name`` in a pattern is any one expression or
statement, the same wherever it is named again.  So one entry fits a port and
the kernels whose code has the same shape.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pyfuzz.errors import HarnessError
from pyfuzz.kinds import Kind

_FOLDER = Path(__file__).parent
_KEYS = {"name", "what", "like", "kinds", "in", "old", "new", "at", "or", "also", "equivalent"}


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``old`` in one of ``functions`` by ``new``.

    The pattern must be there once; or, with ``at`` (from 1), so often at least.
    """

    functions: tuple[str, ...]
    old: str
    new: str
    at: int = 0

    def __str__(self) -> str:
        return f"{'|'.join(self.functions)}: {self.old!r} -> {self.new!r}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake: ``what`` it is, which real one it is ``like``, what it should show as.

    ``choices`` are the edits that make it, the first that applies is taken;
    each is one edit or several at once.  ``equivalent`` says why nobody could
    tell it from the right code, "" if one could.
    """

    name: str
    what: str
    like: str
    kinds: tuple[Kind, ...]
    choices: tuple[tuple[Edit, ...], ...]
    group: str
    equivalent: str = ""


@cache
def catalogue(group: str) -> tuple[Fault, ...]:
    """Return the hand-picked faults of a generation.

    Errors: HarnessError if an entry is not as it must be.
    """
    path = _FOLDER / f"{group}.toml"
    try:
        tables = tomllib.loads(path.read_text())["fault"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise HarnessError(f"{path}: cannot be read ({error}); please report") from error
    faults = tuple(_fault(path, group, table) for table in tables)
    names = [fault.name for fault in faults]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise HarnessError(f"{path}: a name must be there once, {min(twice)} is not; please report")
    return faults


def _fault(path: Path, group: str, table: dict[str, Any]) -> Fault:
    name = table.get("name", "?")
    unknown = set(table) - _KEYS
    if unknown:
        raise HarnessError(f"{path}: {name} has '{min(unknown)}', which is no key; please report")
    try:
        choices = [_edits(table)]
        choices += [_edits({"in": table["in"], **other}) for other in table.get("or", ())]
        return Fault(
            name=name,
            what=table["what"],
            like=table["like"],
            kinds=tuple(Kind(kind) for kind in table["kinds"]),
            choices=tuple(choices),
            group=group,
            equivalent=table.get("equivalent", ""),
        )
    except (KeyError, ValueError) as error:
        raise HarnessError(f"{path}: {name} is not complete ({error}); please report") from error


def _edits(table: dict[str, Any]) -> tuple[Edit, ...]:
    first = Edit(tuple(table["in"].split("|")), table["old"], table["new"], table.get("at", 0))
    also = table.get("also")
    return (first, *_edits({"in": table["in"], **also})) if also else (first,)
