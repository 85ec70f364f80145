# SPDX-License-Identifier: GPL-2.0-only
"""Where in the source an access is, from its return address in the module."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyfuzz.module.dwarf import LineTable


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A function and a line of it; both empty if the source is not known."""

    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.function}:{self.line}" if self.function else "nowhere"


_NOWHERE = SourcePlace("", "", 0)


class Places:
    """The places in a module's target; the DWARF of that file is read at the first use.

    Only its accesses are watched, and a module is opened whenever a worker starts: to read
    the harness's files as well would take five times as long.
    """

    def __init__(self, module: Path, code: int) -> None:
        """``code`` is the address of one of the target's functions in the module's file."""
        self._module = module
        self._code = code
        self._found: dict[int, SourcePlace] = {}

    @cached_property
    def _table(self) -> LineTable:
        return LineTable(self._module, [self._code])

    @property
    def folder(self) -> str:
        """Where the compiler ran: relative file names are relative to it."""
        return self._table.folder

    def find(self, offset: int) -> SourcePlace:
        """Return the place of the call that returns to an address in the module's file."""
        if not 0 < offset < 1 << 32:
            return _NOWHERE
        if offset not in self._found:
            self._found[offset] = self._look_up(offset)
        return self._found[offset]

    def codes(self) -> list[tuple[int, str, int]]:
        """Return where each line's code begins: the address, its function, its line.

        Line 0 stands for code of no function.
        """
        table, codes = self._table, []
        for function in table.functions:
            line = function.place.line
            codes.append((function.start, function.name, line))
            for start, place in table.rows(function.start, function.end):
                line = place.line if place is not None else line
                codes.append((start, function.name, line))
            codes.append((function.end, "", 0))
        return codes

    def _look_up(self, offset: int) -> SourcePlace:
        call = offset - 1
        function = self._table.function(call)
        if function is None:
            return _NOWHERE
        # A call without a line of its own belongs to the line before.
        for address in range(call, function.start - 1, -1):
            for line in self._table.places(address, address + 1):
                return SourcePlace(function.name, line.file, line.line)
        return _NOWHERE
