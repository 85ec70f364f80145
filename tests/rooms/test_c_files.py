# SPDX-License-Identifier: GPL-2.0-only
"""Calls between C files go in one direction, and the harness calls worlds only by their table."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

import build
from pyfuzz.module import compiler

Graph = dict[str, set[str]]
# What the harness may use of the world it is linked with (csrc/harness/world.h, callbacks.h).
OF_THE_WORLD = {"pyfuzz_world", "pyfuzz_target_traits"}


def symbols(path: Path) -> tuple[set[str], set[str]]:
    """Return the global symbols that an object defines and those that it needs."""
    with path.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        found = [one for one in table.iter_symbols() if one["st_info"]["bind"] != "STB_LOCAL"]
    needs = {one.name for one in found if one["st_shndx"] == "SHN_UNDEF"}
    return {one.name for one in found} - needs, needs


def graph(objects: dict[str, tuple[set[str], set[str]]]) -> Graph:
    """Return for each file the files that it depends on."""
    owner = {name: file for file, (defines, _) in objects.items() for name in defines}
    return {
        file: {owner[name] for name in needs - OF_THE_WORLD if owner.get(name, file) != file}
        for file, (_, needs) in objects.items()
    }


def objects_of(flavour: str, world: str) -> dict[str, tuple[set[str], set[str]]]:
    chosen, included = compiler.find(), build._included_hash()
    return {
        "/".join(unit.source.parts[-2:]): symbols(build._compile(chosen, unit, None, included))
        for unit in build.harness_units(flavour, world)
    }


def test_circle_between_files_is_seen() -> None:
    made = {"a.c": ({"a"}, {"b"}), "b.c": ({"b"}, {"c"}), "c.c": ({"c"}, {"a"})}

    with pytest.raises(CycleError):
        TopologicalSorter(graph(made)).prepare()


@pytest.mark.parametrize(
    ("flavour", "world"),
    [
        ("fuzz", "lists"),
        ("fuzz", "pages"),
        ("lines", "lists"),
        ("fuzz", "threads"),
    ],
)
def test_c_files_form_no_circle(flavour: str, world: str) -> None:
    found = graph(objects_of(flavour, world))

    TopologicalSorter(found).prepare()

    assert len(found) > 15 and any(found.values())


@pytest.mark.parametrize("world", ["lists", "pages", "threads"])
def test_harness_needs_nothing_of_a_world_but_its_table(world: str) -> None:
    found = graph(objects_of("fuzz", world))

    assert {} == {
        file: of_the_world
        for file, needs in found.items()
        if file.startswith("harness/")
        and (of_the_world := {one for one in needs if not one.startswith("harness/")})
    }
