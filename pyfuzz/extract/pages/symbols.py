# SPDX-License-Identifier: GPL-2.0-only
"""The undefined symbols of an object file."""

from __future__ import annotations

import re
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

# Defined by the C library or the harness.
_ELSEWHERE = re.compile(
    r"mem(?:set|cpy|move|cmp|chr)|str(?:len|cmp|ncmp|str|cpy|chr)|vsnprintf"
    r"|pages_\w+|pyfuzz_\w+|_GLOBAL_OFFSET_TABLE_"
)


def undefined(path: Path) -> list[str]:
    """Return the names that nothing defines, in order."""
    with path.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        names = {
            symbol.name
            for symbol in table.iter_symbols()
            if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name
        }
    return sorted(name for name in names if not _ELSEWHERE.fullmatch(name))
