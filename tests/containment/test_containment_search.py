# SPDX-License-Identifier: GPL-2.0-only
"""The search for the worst outcome: what it keeps, its repeatability, and robustness."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from cli_process import pyfuzz
from click.testing import CliRunner
from plants import Edit, plant

from pyfuzz.cli.containment import containment
from pyfuzz.containment import fill, search, shipped_matrix
from pyfuzz.containment.cell import Cell
from pyfuzz.containment.draw import FAULTY_VM, Around
from pyfuzz.containment.matrix import Effort, Matrix, Row
from pyfuzz.kinds import Kind
from pyfuzz.module.results import Containment, Evidence, Outcome
from pyfuzz.sequence.binary import decode
from pyfuzz.sequence.input import Encoding
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists import faults
from pyfuzz.worlds.lists.operation import Opcode

LITTLE = Effort(sample=10, runs=40, sanitized=5, replays=3)
ENDS = Edit(
    "ports/headdesc.h",
    "KVM_BUG_ON_DATA_CORRUPTION(true, kvm);",
    "extern void _exit(int); _exit(7);",
)


def rows(*names: str, port: str = "v6.6") -> list[Row]:
    return fill.find([catalogue.get(port)], map(faults.get, names), effort=LITTLE, workers=1)


@pytest.fixture(scope="module")
def found() -> Matrix:
    return Matrix(tuple(rows("double-zap", "spte-cleared", "head-locked")), 1, LITTLE)


def test_search_finds_the_worst_and_its_shortest_sequence(found: Matrix) -> None:
    detected, death, none = (found.rows[0].cell(name) for name in
                             ("double-zap", "spte-cleared", "head-locked"))  # fmt: skip
    assert (Outcome.DETECTED, ("fault vm0 f0 double-zap",)) == (detected.outcome, detected.sequence)
    assert (Outcome.HOST_DEATH, 3) == (death.outcome, len(death.sequence))
    assert (None, ()) == (none.outcome, none.sequence)
    assert [(3, 3), (3, 3)] == [(one.replays, one.replays_same) for one in (detected, death)]


def test_search_with_the_same_seed_finds_the_same(found: Matrix) -> None:
    assert found.rows == tuple(rows("double-zap", "spte-cleared", "head-locked"))


def test_stored_cells_replay_to_the_same_and_a_wrong_one_does_not(found: Matrix) -> None:
    targets = {"v6.6": catalogue.get("v6.6")}
    assert [] == fill.replay(found, targets, times=2)
    (row,) = found.rows
    cells = tuple(replace(one, outcome=one.outcome and Outcome.SILENT) for one in row.cells)
    wrong = replace(found, rows=(replace(row, cells=cells),))
    assert [
        "v6.6, spte-cleared: must be silent each time, is host-death in replay 1",
        "v6.6, double-zap: must be silent each time, is detected in replay 1",
    ] == sorted(fill.replay(wrong, targets, times=2), key=lambda line: "double" in line)


@pytest.mark.slow
def test_target_that_ends_the_process_costs_a_cell_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_BUDGET_RUNS", 3)  # each costs a process here
    target = plant("v6.6", tmp_path, ENDS)
    effort = Effort(sample=2, runs=3, sanitized=1, replays=2)
    (row,) = fill.find([target], map(faults.get, ("double-zap", "tail-wrong")), effort=effort)
    dead, fine = row.cells
    assert (Outcome.HOST_DEATH, Outcome.SILENT) == (dead.outcome, fine.outcome)
    assert "the process that ran the sequence exited with 7" in dead.because


def test_draw_makes_no_fault_in_an_innocent_vm_and_replaces_vms_now_and_then() -> None:
    around = Around(faults.get("slot-null"), frozenset(Opcode), 14)
    drawn = [op for seed in range(200) for op in around.sequence(Random(seed))]
    planted = [op for op in drawn if op.opcode is Opcode.FAULT]
    assert {FAULTY_VM} == {op.vm for op in planted}
    assert 200 == len(planted)
    assert any(op.opcode is Opcode.CREATE and op.vm == FAULTY_VM for op in drawn)


def result(outcome: Outcome, **changes: object) -> Containment:
    evidence = Evidence(Symptom(Kind.HANG, "f"), 0) if outcome is Outcome.HOST_DEATH else None
    made = Containment(
        outcome, 9, 1, 0, "", 0, False, False, None, 0, True, True, True, 0, 0, evidence, None
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_worst_is_kept_whatever_comes_after() -> None:
    outcomes = [Outcome.SILENT, Outcome.SPREAD, Outcome.DETECTED, *[Outcome.SILENT] * 20]
    script = iter(outcomes)
    around = Around(faults.get("slot-null"), frozenset(Opcode), 14)
    explored = search.explore_with(lambda _: result(next(script)), around, Random(1), len(outcomes))
    assert explored.worst is not None
    assert Outcome.SPREAD is explored.worst.result.outcome
    assert {Outcome.SILENT: 21, Outcome.SPREAD: 1, Outcome.DETECTED: 1} == explored.outcomes


@pytest.mark.parametrize("changes", [{"mistakes": 1}, {"faults": 2}])
def test_sequence_with_a_mistake_of_its_own_is_no_evidence(changes: dict[str, int]) -> None:
    around = Around(faults.get("slot-null"), frozenset(Opcode), 14)
    explored = search.explore_with(
        lambda _: result(Outcome.SPREAD, **changes), around, Random(1), 5
    )
    assert (None, {}) == (explored.worst, explored.outcomes)


def test_stale_sptes_are_worse_than_none() -> None:
    script = iter([result(Outcome.SILENT), result(Outcome.SILENT, stale=3)])
    around = Around(faults.get("slot-null"), frozenset(Opcode), 14)
    explored = search.explore_with(lambda _: next(script), around, Random(1), 2)
    assert explored.worst is not None
    assert 3 == explored.worst.result.stale


def test_report_is_looked_for_among_what_was_kept_first() -> None:
    around = Around(faults.get("slot-null"), frozenset(Opcode), 14)
    kept = [around.sequence(Random(3))]

    def run(payload: bytes) -> Containment:
        same = decode(payload, Encoding(faults=True))[-1:] == kept[0][-1:]
        return result(Outcome.MEMORY, report="UBSan: x" if same else None)

    found = search.report_with(run, around, 1, 0, kept)
    assert found is not None
    assert "UBSan: x" == found.result.report
    assert len(found.operations) < len(kept[0])


@pytest.mark.slow
def test_hang_is_confirmed_with_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PATIENT_LIMIT_MS", 40)
    (row,) = rows("more-self")
    assert "hang" == row.cells[0].kind
    assert "did not end within 40 ms of processor time" in row.cells[0].because


@pytest.mark.slow
def test_containment_command_prints_replays_and_writes_the_page(tmp_path: Path) -> None:
    asked = ("containment", "v6.6", "--fault", "double-zap", "--runs", "30")
    done = pyfuzz(*asked, "--json", "--html", "page.html", folder=tmp_path)
    told = json.loads(done.stdout)
    assert ["detected"] == [cell["outcome"] for cell in told["rows"][0]["cells"]]
    assert "<!DOCTYPE html>" in (tmp_path / "page.html").read_text()[:100]

    (tmp_path / "m.json").write_text(done.stdout)
    again = pyfuzz("containment", "v6.6", "--replay", "m.json", folder=tmp_path)
    assert (0, True) == (
        again.returncode,
        "1 of 1 cells had the same outcome in 20" in again.stdout,
    )


def test_interrupt_keeps_the_rows_that_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def cell(search_cell: fill._CellSearch) -> Cell:
        if search_cell._target.name == "v6.15":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)  # until the other thread has begun to end the search
        return Cell(search_cell._target.name, search_cell._fault.name)

    monkeypatch.setattr(fill._CellSearch, "cell", cell)
    targets = [catalogue.get(name) for name in ("v6.6", "v6.15", "rfc-v4")]
    some = [faults.get(name) for name in ("double-zap", "slot-null")]
    found = fill.find(targets, some, effort=LITTLE, workers=1)

    assert ["v6.6"] == [row.target for row in found]
    assert 2 == len(found[0].cells)


@pytest.mark.parametrize("rows_left", [0, 1])
def test_command_that_is_interrupted_prints_what_there_is_and_exits_130(
    rows_left: int, monkeypatch: pytest.MonkeyPatch, found: Matrix
) -> None:
    monkeypatch.setattr(fill, "find", lambda *_, **__: list(found.rows[:rows_left]))
    done = CliRunner().invoke(
        containment, ["v6.6", "v6.15", "--json"], standalone_mode=False, catch_exceptions=False
    )

    assert (130, rows_left) == (done.return_value, len(json.loads(done.stdout)["rows"]))
    assert f"interrupted: {2 - rows_left} of 2 rows are not whole" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rfc-v1",), "rfc-v1 does not compile, as the catalogue says: leave it out"),
        (("v6.6", "--both"), "--both applies to a kernel: give --kernel PATH too"),
        (("v6.6", "--fault", "slot-nul"), "there is no fault 'slot-nul': did you mean slot-null"),
        (("--replay", "none.json"), "none.json: cannot be read"),
    ],
)
def test_containment_command_refuses_in_one_line(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = pyfuzz("containment", *arguments, folder=tmp_path)
    assert (2, "") == (done.returncode, done.stdout)
    assert message in done.stderr
    assert 1 == len(done.stderr.strip().splitlines())


def test_row_worse_than_what_is_shipped_is_known(found: Matrix) -> None:
    (row,) = found.rows
    assert [] == shipped_matrix.worse(row, found)
    better = tuple(replace(one, outcome=one.outcome and Outcome.DETECTED) for one in row.cells)
    assert ["spte-cleared"] == [
        one.fault
        for one in shipped_matrix.worse(row, replace(found, rows=(replace(row, cells=better),)))
    ]
    assert ["spte-cleared"] == [one.fault for one in shipped_matrix.worse(row, None)]
