# SPDX-License-Identifier: GPL-2.0-only
"""Memory errors that do not fault: seen by the sanitize flavour, and only by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from plants import Edit, plant

from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.replay.runner import Runner
from pyfuzz.report.replays import replay_findings
from pyfuzz.report.run import StoredFinding
from pyfuzz.run.summary import FoundEntry
from pyfuzz.sequence import binary
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target

pytestmark = pytest.mark.compilers

FREE = "	kmem_cache_free(pte_list_desc_cache, head);\n"
VAL = "	val = head->more ? rmap_many(head->more) : 0;\n"
# Freed memory is read, but the value is not used.
USE_AFTER_FREE = Edit("ports/headdesc.h", FREE, FREE + "	READ_ONCE(head->tail_count);\n")
# One slot too far, inside the object's redzone; the value is not used.
OUT_OF_OBJECT = Edit("ports/headdesc.h", VAL, VAL + "	READ_ONCE(*(&head->sptes[0] + 14));\n")
# Slot -1 is inside the object: only the compiler's bounds check sees it.
OUT_OF_ARRAY = Edit("ports/headdesc.h", VAL, VAL + "	READ_ONCE(head->sptes[last - 1]);\n")
TEXT = "add vm0 f0 s0 x2\nremove vm0 f0 s0 x2"


def findings_of(target: Target, flavour: str, times: int = 1) -> list[tuple[RawFinding, ...]]:
    data = binary.encode(parse(TEXT, "test"))
    with Runner(target, flavour) as runner:
        return [runner.run(Input(data)) for _ in range(times)]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (USE_AFTER_FREE, "AddressSanitizer: use-after-poison"),
        pytest.param(OUT_OF_OBJECT, "AddressSanitizer: use-after-poison", marks=pytest.mark.slow),
        (OUT_OF_ARRAY, "UBSan: array-index-out-of-bounds: index -1"),
    ],
    ids=["use-after-free", "out-of-object", "out-of-array"],
)
def test_planted_memory_error_is_a_host_fault_each_time(
    edit: Edit, message: str, tmp_path: Path
) -> None:
    target = plant("v6.6", tmp_path, edit)

    plain = findings_of(target, "fuzz")
    runs = findings_of(target, "sanitize", times=3)

    assert [()] == plain
    assert [[Kind.HOST_FAULT]] * 3 == [[finding.kind for finding in run] for run in runs]
    assert all(message in run[0].message for run in runs), runs


def test_clean_port_under_sanitizers_has_no_report() -> None:
    assert [()] == findings_of(catalogue.get("v6.6"), "sanitize")


def test_report_replays_a_finding_in_the_flavour_that_shows_it(tmp_path: Path) -> None:
    target = plant("v6.6", tmp_path, USE_AFTER_FREE)
    said = FoundEntry(
        kind="host-fault",
        function="pte_list_remove",
        message="",
        count=1,
        first_execution=1,
        first_seconds=0.0,
        operations=[],
        artifact=None,
        known=False,
    )
    operations = tuple(parse(TEXT, "test"))
    stored = [
        StoredFinding(replace(said, flavour=flavour), operations, None)
        for flavour in ("sanitize", "fuzz")
    ]
    replays = list(replay_findings(target, "fuzz", stored))
    assert [True, False] == [replay.reproduced for replay in replays]
