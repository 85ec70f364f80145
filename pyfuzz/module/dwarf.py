# SPDX-License-Identifier: GPL-2.0-only
"""Maps code addresses to source lines, by the DWARF in a module's file.

The only importer of pyelftools.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyfuzz.errors import HarnessError
from pyfuzz.target.source_text import absolute

# What a function that was compiled has; a declaration has no code.
_DEFINED = {"DW_AT_low_pc", "DW_AT_high_pc", "DW_AT_name", "DW_AT_decl_file", "DW_AT_decl_line"}


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; ``file`` is an absolute path, made from what #line says."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function that was compiled: ``[start, end)`` is its code."""

    name: str
    start: int
    end: int
    place: Place


class LineTable:
    """The lines and functions of one C file's part of a module.

    ``functions`` are in the order of their code, ``folder`` is where the
    compiler ran.
    """

    def __init__(self, module: Path, addresses: Iterable[int] | None) -> None:
        """Read the lines of the C file that has code at these addresses; None: of all files.

        The file's name would not do: a build is cached by the content of its
        source, so it may have been made from the same text in another place.
        Errors: HarnessError if the shared object has no such DWARF.
        """
        # These take longer to import than a replay to run; few commands read lines.
        from elftools.common.exceptions import DWARFError, ELFError  # noqa: PLC0415
        from elftools.elf.elffile import ELFFile  # noqa: PLC0415

        wanted = None if addresses is None else sorted(addresses)
        try:
            with module.open("rb") as stream:
                self._read(ELFFile(stream), wanted)
        except (OSError, ELFError, DWARFError) as error:
            raise HarnessError(f"{module.name} has no DWARF to read: {error}") from error

    def _read(self, elf: Any, wanted: list[int] | None) -> None:
        self._rows: list[tuple[int, Place | None]] = []
        self.functions: list[Function] = []
        self.folder = ""
        if not elf.has_dwarf_info():
            raise HarnessError("the module was compiled without -g; please report")
        dwarf = elf.get_dwarf_info()
        for unit in dwarf.iter_CUs():
            top = unit.get_top_DIE()
            if wanted is not None and _is_elsewhere(top, wanted):
                continue
            folder = _text(top.attributes.get("DW_AT_comp_dir"))
            program = dwarf.line_program_for_CU(unit)
            if program is None:
                continue
            files = _files(program, folder)
            functions = _functions(top, files)
            if wanted is not None and not any(_has_one(wanted, f) for f in functions):
                continue
            self.folder = folder
            self._rows += _rows(program, files)
            self.functions += functions
        if wanted and not self.functions:
            raise HarnessError(
                f"no function in the DWARF has code at {wanted[0]:#x}; please report"
            )
        self._rows.sort(key=lambda row: row[0])
        self.functions.sort(key=lambda function: function.start)
        self._starts = [address for address, _ in self._rows]

    def places(self, start: int, end: int) -> set[Place]:
        """Return the lines that have code in ``[start, end)``."""
        first = bisect_left(self._starts, start)
        if first == len(self._starts) or self._starts[first] != start:
            first -= 1  # in the middle of a row: of the same line as before
        rows = self._rows[max(first, 0) : bisect_left(self._starts, end)]
        return {place for _, place in rows if place is not None}

    def rows(self, start: int, end: int) -> list[tuple[int, Place | None]]:
        """Return where the line changes in ``[start, end)``, in the order of the addresses."""
        return self._rows[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def function(self, address: int) -> Function | None:
        """Return the function whose code is at an address."""
        number = bisect_right(self.functions, address, key=lambda f: f.start) - 1
        if number < 0 or address >= self.functions[number].end:
            return None
        return self.functions[number]


def _is_elsewhere(top: Any, addresses: list[int]) -> bool:
    """Tell whether a file's code is in one piece and has none of the addresses."""
    values = top.attributes
    if "DW_AT_ranges" in values or not values.keys() >= {"DW_AT_low_pc", "DW_AT_high_pc"}:
        return False
    start, end = _code(values)
    place = bisect_left(addresses, start)
    return place == len(addresses) or addresses[place] >= end


def _has_one(addresses: list[int], function: Function) -> bool:
    """Tell whether one of the addresses, which are sorted, is in a function."""
    place = bisect_left(addresses, function.start)
    return place < len(addresses) and addresses[place] < function.end


def _files(program: Any, folder: str) -> dict[int, str]:
    """The files of a line program, by the number that its rows name them with."""
    header = program.header
    folders = [os.fsdecode(name) for name in header["include_directory"]]
    if header["version"] >= 5:
        entries = enumerate(header["file_entry"])
    else:  # folders and files are counted from 1, folder 0 is the compiler's own
        folders.insert(0, folder)
        entries = enumerate(header["file_entry"], 1)
    files = {}
    for number, entry in entries:
        inside = folders[entry.dir_index] if entry.dir_index < len(folders) else ""
        files[number] = absolute(str(Path(inside, os.fsdecode(entry.name))), folder)
    return files


def _rows(program: Any, files: dict[int, str]) -> list[tuple[int, Place | None]]:
    """The addresses at which the line changes; None where no line's code is."""
    rows: list[tuple[int, Place | None]] = []
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        if state.end_sequence or not state.line:
            rows.append((state.address, None))
        else:
            rows.append((state.address, Place(files.get(state.file, "?"), state.line)))
    return rows


def _code(values: Any) -> tuple[int, int]:
    """Return where the code begins and ends: the end is an address, or a size."""
    start, high = values["DW_AT_low_pc"].value, values["DW_AT_high_pc"]
    return start, high.value if high.form.startswith("DW_FORM_addr") else start + high.value


def _functions(top: Any, files: dict[int, str]) -> list[Function]:
    functions = []
    for die in top.iter_children():
        values = die.attributes
        if die.tag != "DW_TAG_subprogram" or not values.keys() >= _DEFINED:
            continue
        start, end = _code(values)
        file, line = values["DW_AT_decl_file"].value, values["DW_AT_decl_line"].value
        functions.append(
            Function(_text(values["DW_AT_name"]), start, end, Place(files.get(file, "?"), line))
        )
    return functions


def _text(attribute: Any) -> str:
    return os.fsdecode(attribute.value) if attribute is not None else ""
