# SPDX-License-Identifier: GPL-2.0-only
"""TLB flushes are recorded with the operation that asked for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import debian
import pytest
from made_runs import planted_run
from moved import copied
from taken_back import REAL

from pyfuzz import report
from pyfuzz.extract import pages as extraction
from pyfuzz.extract.pages import tree
from pyfuzz.kinds import Kind
from pyfuzz.replay.replays import trace_entry
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence import text as sequence_text
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.pages.flush import Flush, Request, lines
from pyfuzz.worlds.pages.text import HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from pyfuzz.replay.entry import Entry
    from pyfuzz.target.catalogue import Target

EVERYTHING = "TLB flush of vm0: everything"
DROP_ROOTS = "is asked to do before it enters the guest: drop its roots"
# A huge page, then its SPTE is replaced by a link to small ones.
SPLIT = "access vm0 cpu0 read 0:0:3:0\nhost-size vm0 0x400 4K\naccess vm0 cpu0 read 0:0:3:0\n"


def trace(target: Target, text: str) -> list[Entry]:
    operations = sequence_text.parse(f"{HEADER}\n{text}", "a test")
    with Runner(target) as runner:
        return list(runner.trace(list(operations)))


def test_flush_is_shown_with_the_operation_that_asked_for_it() -> None:
    access, unmap, again, end = trace(
        catalogue.get("pages"),
        "access vm0 cpu0 read 0:0:0:0\nunmap vm0 0x203 4K\nunmap vm0 0x203 4K\n",
    )

    assert [access.flushes, again.flushes] == [[], []]
    assert unmap.flushes == ["TLB flush of vm0: gfn 0x203"]
    assert end.flushes[0].startswith(EVERYTHING)
    assert trace_entry(unmap).flushes == unmap.flushes


def test_flushes_of_a_vm_that_is_created_by_the_operation_are_shown() -> None:
    last = trace(catalogue.get("pages"), "access vm1 cpu0 read 0:0:0:0\nend vm1\n")[1]

    assert "TLB flush of vm1: gfn 0x203" in last.flushes


def test_what_becomes_read_only_is_flushed() -> None:
    entries = trace(
        catalogue.get("pages"), "access vm0 cpu0 write 0:0:3:0\nwrite-protect vm0 slot1 4K\n"
    )

    assert entries[1].flushes == ["TLB flush of vm0: gfns 0x400 to 0x5ff"]


def test_consecutive_flushes_are_one_line_with_their_number() -> None:
    unmapped = trace(
        catalogue.get("pages"),
        "access vm0 cpu0 read 0:0:3:0\nsplit vm0 slot1 4K\nunmap vm0 0x400 2M\n",
    )[2]

    assert unmapped.flushes == ["TLB flush of vm0: gfns 0x400 to 0x5ff (512 times)"]


def test_many_flushes_and_requests_are_told_in_short() -> None:
    many = [Flush(1, range(2 * gfn, 2 * gfn + 1), 1) for gfn in range(20)]

    told = list(lines(many, 120, [(0, Request(0)), (1, Request.FLUSH | Request.SYNC)]))

    assert told[0] == "TLB flush of vm1: gfn 0x0"
    assert told[-2:] == [
        "104 more TLB flushes",
        "cpu1 is asked to do before it enters the guest: flush its TLB, sync its roots",
    ]


def test_report_shows_flushes_in_the_list_of_operations(tmp_path: Path) -> None:
    bug = REAL["aad885e77496 (CVE-2026-23401), an MMIO SPTE over a present one"]
    text = bug.text.replace("poke", "unmap vm0 0x201 4K\npoke", 1)
    with planted_run(tmp_path, replace(bug, text=text), Kind.ORPHAN_ENTRY) as run:
        path = report.write(run).path
        assert path is not None
        page = path.read_text()

    listed = page[page.index('<ol class="steps"') : page.index("</ol>")]
    operation = listed.index("unmap vm0 0x201 4K")
    assert operation < listed.index("TLB flush of vm0: gfn 0x201") < listed.index("poke")


@pytest.mark.kernels
@pytest.mark.slow
@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_kernel_of_each_generation_has_its_ranges_recorded(version: str) -> None:
    kernel = Kernel(debian.source(version, tarball=True), world="pages")
    entries = trace(
        extraction.extract(kernel).target, f"{SPLIT}zap-range vm0 0x400 2M\nzap-all vm0\n"
    )

    assert entries[1].flushes == [EVERYTHING]
    assert entries[3].flushes == ["TLB flush of vm0: gfns 0x400 to 0x5ff"]
    assert entries[4].flushes == [EVERYTHING, f"cpu0 {DROP_ROOTS}", f"cpu1 {DROP_ROOTS}"]


@pytest.mark.kernels
@pytest.mark.slow
def test_range_is_recorded_where_mmu_c_defines_its_flush(tmp_path: Path) -> None:
    """As in 6.3 to 6.5; 6.1 has it under another name."""
    root = tree.find(Kernel(debian.source("6.1", tarball=True), world="pages")).root
    changed = copied(root, tmp_path / "linux")
    for path in (changed / "arch/x86/kvm").rglob("*.[ch]"):
        old, new = b"kvm_flush_remote_tlbs_with_address", b"kvm_flush_remote_tlbs_range"
        path.write_bytes(path.read_bytes().replace(old, new))

    entries = trace(
        extraction.extract(Kernel(changed, world="pages")).target,
        "access vm0 cpu0 read 0:0:3:0\nzap-range vm0 0x400 2M\n",
    )

    assert entries[1].flushes == ["TLB flush of vm0: gfns 0x400 to 0x5ff"]
