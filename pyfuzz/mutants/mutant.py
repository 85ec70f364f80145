# SPDX-License-Identifier: GPL-2.0-only
"""One mutant, and the catalogues of hand-picked ones.

A mutant is an edit of the parsed source: a pattern of C tokens in a function
and its replacement.  ``$name`` in a pattern stands for any one expression or
statement, and for the same one wherever it occurs again.  So one entry fits a
port and every kernel whose code has the same shape.
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
    """Replaces ``old`` with ``new`` in one of ``functions``.

    The pattern must match exactly once; with ``at`` (from 1), the at-th match is
    replaced.
    """

    functions: tuple[str, ...]
    old: str
    new: str
    at: int = 0

    def __str__(self) -> str:
        return f"{'|'.join(self.functions)}: {self.old!r} -> {self.new!r}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake to plant: ``what`` it is, which real one it is ``like``, and its ``kinds``.

    ``choices`` are alternative ways to make it, each one or more edits; the first
    that applies is used.  ``equivalent`` says why the mutant cannot be told from
    the original code, "" if it can.
    """

    name: str
    what: str
    like: str
    kinds: tuple[Kind, ...]
    choices: tuple[tuple[Edit, ...], ...]
    group: str
    equivalent: str = ""


@cache
def catalogue(group: str) -> tuple[Mutant, ...]:
    """Return the hand-picked mutants of a generation.

    Errors: HarnessError if an entry is invalid.
    """
    path = _FOLDER / f"{group}.toml"
    try:
        tables = tomllib.loads(path.read_text())["mutant"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise HarnessError(f"{path}: cannot be read ({error}); please report") from error
    mutants = tuple(_mutant(path, group, table) for table in tables)
    names = [mutant.name for mutant in mutants]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise HarnessError(f"{path}: duplicate name {min(twice)}; please report")
    return mutants


def _mutant(path: Path, group: str, table: dict[str, Any]) -> Mutant:
    name = table.get("name", "?")
    unknown = set(table) - _KEYS
    if unknown:
        raise HarnessError(f"{path}: {name} has an unknown key '{min(unknown)}'; please report")
    try:
        choices = [_edits(table)]
        choices += [_edits({"in": table["in"], **other}) for other in table.get("or", ())]
        return Mutant(
            name=name,
            what=table["what"],
            like=table["like"],
            kinds=tuple(Kind(kind) for kind in table["kinds"]),
            choices=tuple(choices),
            group=group,
            equivalent=table.get("equivalent", ""),
        )
    except (KeyError, ValueError) as error:
        raise HarnessError(f"{path}: {name} is incomplete ({error}); please report") from error


def _edits(table: dict[str, Any]) -> tuple[Edit, ...]:
    first = Edit(tuple(table["in"].split("|")), table["old"], table["new"], table.get("at", 0))
    also = table.get("also")
    return (first, *_edits({"in": table["in"], **also})) if also else (first,)
