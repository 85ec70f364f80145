# SPDX-License-Identifier: GPL-2.0-only
"""The dirty log: what must be in it, from when on, and what user space reads of it."""

from __future__ import annotations

from pathlib import Path

import debian
import pytest
from plants import Edit, plant

from pyfuzz.extract import pages as extraction
from pyfuzz.kinds import Kind
from pyfuzz.sequence import binary, text
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.pages import module
from pyfuzz.worlds.pages.judge import Judge

HEADER = "# pyfuzz sequence 2 pages\n"
LOGGED = "dirty-log vm0 slot1 on\nwrite-protect vm0 slot1 4K\n"
WRITE = "access vm0 cpu0 write 0:0:0:0\n"
SLOT, FIRST, SECOND = 1, 0x203, 0x201  # of the pages 0:0:0:0 and 0:0:0:1
FORGETS = Edit("ports/pages/fault.h", "		mark_page_dirty(slot, gfn);", "		;")
KEEPS_BITS = Edit("ports/pages/host.h", "*sptep &= ~(SPTE_DIRTY | SPTE_WRITABLE);", ";")


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """The port, which never logs a write and never clears a dirty bit."""
    return plant("pages", tmp_path_factory.mktemp("forgetful"), FORGETS, KEEPS_BITS)


def both(target: Target, sequence: str) -> set[Kind]:
    """Run a sequence; return the kinds that both oracles see."""
    loaded = module.load(target)
    judge = Judge(loaded)
    kinds: set[Kind] = set()
    for op in text.parse(HEADER + sequence, "made up"):
        _, broken = judge.step(op)
        kinds |= {one.kind for one in broken}
        if broken:
            break
    judge.end()
    loaded.run(binary.encode(text.parse(HEADER + sequence, "made up")))
    assert {finding.kind for finding in loaded.last().findings} == kinds
    return kinds


def after(target: Target, sequence: str) -> module.PagesModule:
    """Return the module, in the state after a sequence."""
    loaded = module.load(target)
    loaded.begin()
    for number, op in enumerate(text.parse(HEADER + sequence, "made up")):
        loaded.step(op, number)
    return loaded


@pytest.mark.parametrize(
    "sequence",
    [
        WRITE,
        "dirty-log vm0 slot1 on\n" + WRITE,
        "write-protect vm0 slot1 4K\n" + WRITE,
        "dirty-log vm0 slot1 on\nwrite-protect vm0 slot1 2M\n" + WRITE,
        "dirty-log vm0 slot1 on\nclear-dirty vm0 slot1\n" + WRITE,
        LOGGED + "dirty-log vm0 slot1 off\n" + WRITE,
        LOGGED + "dirty-log vm0 slot1 on\n" + WRITE,
        LOGGED + "slot-delete vm0 slot1\nslot-create vm0 slot1\n" + WRITE,
        LOGGED + "access vm1 cpu0 write 0:0:0:0\n",
        LOGGED + "mode vm0 cpu0 4level smm\n" + WRITE,
        LOGGED + "bug vm0\n" + WRITE,
        LOGGED + "end vm0\n" + WRITE,
    ],
)
def test_write_that_need_not_be_logged_is_not_missed(forgetful: Target, sequence: str) -> None:
    assert both(forgetful, sequence) == set()


@pytest.mark.parametrize(
    "sequence",
    [
        LOGGED + WRITE,
        LOGGED + "clear-dirty vm0 slot1\n" + WRITE,
        "dirty-log vm0 slot1 on\nwrite-protect vm0 slot1 2M\nclear-dirty vm0 slot1\n" + WRITE,
        LOGGED + "mode vm0 cpu0 4level smm\nmode vm0 cpu0 4level\n" + WRITE,
        "slot-move vm0 slot3 away\ndirty-log vm0 slot3 on\nwrite-protect vm0 slot3 4K\n"
        "write vm0 cpu0 0:0:0:0 frame 0xc00\n" + WRITE,
        "slot-create vm0 slot4\ndirty-log vm0 slot4 on\nwrite-protect vm0 slot4 4K\n"
        "write vm0 cpu0 0:0:0:0 frame 0x407ff\n" + WRITE,
    ],
)
def test_write_that_must_be_logged_is_missed(forgetful: Target, sequence: str) -> None:
    assert both(forgetful, sequence) == {Kind.WRONG_ACCESS}
    assert both(catalogue.get("pages"), sequence) == set()


def test_clean_spte_may_be_writable_only_where_dirty_bits_log(tmp_path: Path) -> None:
    # As where the CPU logs what becomes dirty: write access stays.
    keeps = Edit("ports/pages/host.h", "~(SPTE_DIRTY | SPTE_WRITABLE)", "~SPTE_DIRTY")
    port = plant("pages", tmp_path, keeps)

    assert both(port, LOGGED + WRITE + "clear-dirty vm0 slot1\n") == set()
    assert both(port, LOGGED + WRITE + "clear-dirty vm0 slot1\n" + LOGGED) == set()


def test_log_has_what_was_written_until_it_is_read() -> None:
    port = catalogue.get("pages")
    written = LOGGED + WRITE + "access vm0 cpu0 write 0:0:0:1\n"

    for harvest, left in [
        ("", {FIRST, SECOND}),
        ("protect-masked vm0 0x203 3\n", {FIRST}),
        ("protect-masked vm0 0x203 64\n", set()),
        ("protect-masked vm0 0x400 64\n", {FIRST, SECOND}),
        ("clear-dirty vm0 slot1\n", set()),
        ("write-protect vm0 slot1 4K\n", set()),
    ]:
        loaded = after(port, written + harvest)
        log = {gfn for gfn in range(0x200, 0x600) if loaded.logged(0, 0, SLOT, gfn)}
        assert log == left, harvest
        loaded.end(0)


def test_log_of_one_execution_is_gone_in_the_next() -> None:
    port = catalogue.get("pages")
    after(port, LOGGED + WRITE).end(4)

    assert not after(port, LOGGED).logged(0, 0, SLOT, FIRST)


def test_gfn_outside_of_a_slot_is_not_logged() -> None:
    loaded = after(catalogue.get("pages"), LOGGED + WRITE)

    assert not loaded.logged(0, 0, SLOT, 0x1FF)
    assert not loaded.logged(0, 0, SLOT, 0x600)
    assert not loaded.logged(0, 0, 7, FIRST)
    assert not loaded.logged(1, 0, SLOT, FIRST)


@pytest.mark.slow
@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_kernel_logs_a_write_again_after_its_log_was_read(version: str) -> None:
    kernel = Kernel(debian.source(version, tarball=True), world="pages")
    target = extraction.extract(kernel).target
    read = LOGGED + WRITE + "protect-masked vm0 0x203 64\n"

    assert both(target, read + WRITE) == set()
    assert after(target, LOGGED + WRITE).logged(0, 0, SLOT, FIRST)
    assert not after(target, read).logged(0, 0, SLOT, FIRST)
    assert after(target, read + WRITE).logged(0, 0, SLOT, FIRST)
