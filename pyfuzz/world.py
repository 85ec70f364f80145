# SPDX-License-Identifier: GPL-2.0-only
"""The table of worlds, and what a world consists of.

A world is what exists around the target: its operations in text and in binary
form, what the minimiser may try, how a replay is recorded.  The code of one
world is in ``pyfuzz/worlds/NAME`` and in ``csrc/worlds/NAME``; everything else
goes through this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from pyfuzz.errors import HarnessError

if TYPE_CHECKING:
    from pyfuzz.module.compiled import Module
    from pyfuzz.replay.drawing import Drawing
    from pyfuzz.replay.entry import Entry

DEFAULT = "lists"
NUMBERS: Mapping[str, int] = MappingProxyType({"lists": 0, "pages": 1, "threads": 2})
"""Each world's number in the binary form of a sequence; never reused."""


Operation = Any
"""An operation of some world: a frozen dataclass that has ``world`` (a name) and ``repeat``.
Any, since only code of that world looks into it."""


class LineError(Exception):
    """What is wrong with a line of a sequence; the caller adds file and line number."""


Pass = Callable[[list[Any]], Iterator[list[Any]]]
"""Propose sequences that may show the same finding and are smaller, see ``size``."""


@dataclass(frozen=True, slots=True)
class World:
    """One world, as the rest of the package uses it.

    ``header`` is the first line of its text form and ``operation_bytes`` the
    size of one operation in the binary form.  ``parse_words`` reads the words
    of a line and raises LineError; ``encode``, ``decode`` and ``split`` are
    the binary form (``decode(encode(ops)) == split(ops)``); ``size`` orders
    sequences for the minimiser, which tries ``passes``; ``shape`` is equal
    for sequences that do the same; ``naming(operations, operation)`` says in words for a
    file's name what one of them does; ``trace`` runs a sequence step by step,
    and ``drawing(module, operations, operation, step)`` shows memory around one step;
    ``words`` maps the opcodes that a target may lack to their words;
    ``faults`` tells whether it has operations that damage memory on purpose,
    ``guest_driven`` whether all of them are accesses of a guest and calls of its VMM;
    ``targets_of`` is another world whose targets are this one's too, ``sanitizer``
    whether a target can be compiled with AddressSanitizer for it, ``schedules`` whether
    a sequence has a schedule, so that all of them can be searched;
    ``minimize(module, operations, kind, function, line)`` is run in the target's process
    before the passes, where a world knows better than to leave parts out.
    """

    name: str
    header: str
    operation_bytes: int
    parse_words: Callable[[list[str]], Any]
    format_operation: Callable[[Any], str]
    encode: Callable[[Iterable[Any]], bytes]
    decode: Callable[..., list[Any]]
    split: Callable[[Iterable[Any]], list[Any]]
    has_faults: Callable[[Iterable[Any]], bool]
    size: Callable[[list[Any]], Any]
    passes: tuple[Pass, ...]
    shape: Callable[[Iterable[Any]], tuple[str, ...]]
    naming: Callable[..., list[str]]
    trace: Callable[..., Iterator[Entry]]
    drawing: Callable[..., Drawing | None]
    words: Mapping[int, str]
    faults: bool = False
    guest_driven: bool = False
    targets_of: str | None = None
    sanitizer: bool = True
    schedules: bool = False
    minimize: Callable[..., list[Any]] | None = None


@cache
def get(name: str) -> World:
    """Return a world by its name, importing its code.

    Errors: HarnessError if there is no such world.
    """
    found: World = _part(name, "world").WORLD
    return found


def module_of(name: str) -> type[Module]:
    """Return the class that wraps a compiled target of a world.

    Nothing else of the world is imported, since a worker needs nothing else; and a
    world's row does not bring this class, since reading a sequence needs no module.

    Errors: HarnessError if there is no such world.
    """
    found: type[Module] = _part(name, "module").MODULE
    return found


def _part(name: str, part: str) -> ModuleType:
    if name not in NUMBERS:
        raise HarnessError(f"the world must be one of {', '.join(NUMBERS)}, is '{name}'")
    return import_module(f"pyfuzz.worlds.{name}.{part}")


def of(operations: Iterable[Operation]) -> World:
    """Return the world of these operations; an empty sequence belongs to the default world."""
    return get(next((op.world for op in operations), DEFAULT))


def numbered(number: int) -> World | None:
    """Return the world with this number in the binary form, None if there is none."""
    return next((get(name) for name, own in NUMBERS.items() if own == number), None)
