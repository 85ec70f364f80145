# SPDX-License-Identifier: GPL-2.0-only
"""The oracle of the pages world sees planted mistakes, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from plants import plant
from selection import mostly_slow
from taken_back import CAUSES, REAL

from pyfuzz.kinds import Kind
from pyfuzz.sequence import binary, text
from pyfuzz.target import catalogue
from pyfuzz.worlds.pages import module

BUGS = {**REAL, **CAUSES}
QUIET = """# pyfuzz sequence 2 pages
access vm0 cpu0 write 0:0:0:0
access vm0 cpu1 fetch 0:0:2:1
mode vm0 cpu1 nonpaging
access vm0 cpu1 read 0:1:0:511
split vm0 slot1 4K
write vm0 cpu0 0:0:0:1 frame 0x7ff
access vm0 cpu0 read 0:0:0:1
unmap vm0 0x203 slot
slot-move vm0 slot3 away
access vm0 cpu0 read 0:0:1:0
slot-delete vm0 slot3
recover-nx vm0
bug vm0
access vm0 cpu0 read 0:0:0:2
end vm0
access vm1 cpu0 read 0:0:0:0
"""


def kinds_of(target: catalogue.Target, sequence: str) -> set[Kind]:
    loaded = module.load(target)
    loaded.run(binary.encode(text.parse(sequence, "made up")))
    return {finding.kind for finding in loaded.last().findings}


@pytest.mark.parametrize("name", mostly_slow(BUGS, *REAL))
def test_mistake_is_seen_as_what_it_is(name: str, tmp_path: Path) -> None:
    bug = BUGS[name]

    found = kinds_of(plant("pages", tmp_path, *bug.edits), bug.text)

    assert bug.kinds <= found, found


@pytest.mark.parametrize("name", mostly_slow(BUGS, *REAL))
def test_port_shows_nothing_by_the_same_sequence(name: str) -> None:
    assert kinds_of(catalogue.get("pages"), BUGS[name].text) == set()


@pytest.mark.parametrize("port", catalogue.OTHER_WORLDS)
def test_a_bit_of_everything_shows_nothing(port: str) -> None:
    assert kinds_of(catalogue.get(port), QUIET) == set()


def test_slot_that_was_moved_is_not_logged_any_more() -> None:
    sequence = """# pyfuzz sequence 2 pages
dirty-log vm0 slot3 on
slot-move vm0 slot3 away
slot-move vm0 slot3 back
access vm0 cpu0 write 0:1:3:0
"""

    assert kinds_of(catalogue.get("pages"), sequence) == set()


@pytest.mark.parametrize("line", ["host-size vm0 0x203 4K", "change-pte vm0 0x203 writable"])
def test_operation_that_unmaps_a_huge_page_says_its_range(line: str) -> None:
    loaded = module.load(catalogue.get("pages"))
    (operation,) = text.parse(f"# pyfuzz sequence 2 pages\n{line}\n", "made up")
    loaded.begin()

    assert range(0x200, 0x400) == loaded.step(operation, 0).gfns


@pytest.mark.parametrize(
    ("port", "dies"),
    [
        ("pages-corruption-bug", True),
        ("pages-bug", True),
        ("pages-rfc-v4", False),
        ("pages-hardened", False),
    ],
)
def test_error_in_a_list_kills_the_host_or_bugs_the_vm_as_the_port_s_lists_do(
    port: str, dies: bool, tmp_path: Path
) -> None:
    bug = CAUSES["reverse maps are those of the normal address space"]

    found = kinds_of(plant(port, tmp_path, *bug.edits), bug.text)

    assert (Kind.HOST_BUG in found) is dies
    assert (Kind.FALSE_ALARM in found) is not dies
