# SPDX-License-Identifier: GPL-2.0-only
"""The region that a worker writes and a campaign reads."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pyfuzz.kinds import Kind
from pyfuzz.module import compiled
from pyfuzz.module.shared import Shared, size_bytes
from pyfuzz.sequence import binary
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue

STRAY = binary.encode(parse("remove vm0 f0 s0\n", "test"))


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    return Shared(tmp_path / "shared", create=True)


def test_shared_after_a_run_holds_counts_and_the_finding(shared: Shared) -> None:
    module = compiled.load(catalogue.get("bug"))
    module.attach(shared.buffer)
    module.run(STRAY + bytes(4))
    module.run(STRAY)
    module.run(STRAY)

    counts, slots = shared.counts(), shared.slots()
    assert (3, [(Kind.HOST_BUG, 3, 1)]) == (
        counts.executions,
        [(slot.kind, slot.count, slot.first_execution) for slot in slots],
    )
    assert slots[0].best == STRAY


def test_shared_read_by_another_process_is_the_same(shared: Shared, tmp_path: Path) -> None:
    module = compiled.load(catalogue.get("bug"))
    module.attach(shared.buffer)
    module.run(STRAY)
    program = (
        "import sys, pathlib; from pyfuzz.module.shared import Shared\n"
        "print(Shared(pathlib.Path(sys.argv[1])).slots()[0].function)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "shared")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told == "pte_list_remove\n"


def test_slot_that_is_being_written_is_left_for_the_next_time(shared: Shared) -> None:
    module = compiled.load(catalogue.get("bug"))
    module.attach(shared.buffer)
    module.run(STRAY)
    shared._c.slots[0].lock += 1
    assert shared.slots() == []
    shared._c.slots[0].lock += 1
    assert len(shared.slots()) == 1


def test_shared_without_room_fails_when_it_is_made(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes() // 2, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            Shared(tmp_path / "shared", create=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
