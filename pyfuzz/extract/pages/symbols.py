# SPDX-License-Identifier: GPL-2.0-only
"""What an object file does not define, and where its variables are."""

from __future__ import annotations

import re
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

# Defined by the C library or the harness.
_ELSEWHERE = re.compile(
    r"mem(?:set|cpy|move|cmp|chr)|str(?:len|cmp|ncmp|str|cpy|chr)|vsnprintf"
    r"|pages_\w+|(?:__(?:start|stop)_)?pyfuzz_\w+|_GLOBAL_OFFSET_TABLE_"
    r"|kvm_flush_remote_tlbs_(?:range|with_address)"
)
# Where csrc/worlds/pages/kernel/sections.h puts variables; words of the harness; what
# nothing writes once addresses are filled in.
_KNOWN = re.compile(r"pyfuzz_(?:data|bss|warned)|\.data\.rel\.ro(?:\..*)?|\.init_array(?:\..*)?")
_WRITTEN = SH_FLAGS.SHF_ALLOC | SH_FLAGS.SHF_WRITE


def scattered(path: Path) -> list[str]:
    """Return the sections, other than the known ones, in which there are variables."""
    with path.open("rb") as file:
        return sorted(
            section.name
            for section in ELFFile(file).iter_sections()
            if section["sh_flags"] & _WRITTEN == _WRITTEN
            and section["sh_size"]
            and not _KNOWN.fullmatch(section.name)
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
