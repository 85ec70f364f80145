# SPDX-License-Identifier: GPL-2.0-only
"""A campaign's findings: merged over workers, known or new, and their artifacts."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfuzz.finding.artifact import write_artifact
from pyfuzz.finding.table import FindingTable, death
from pyfuzz.kinds import Kind
from pyfuzz.module.shared import Slot
from pyfuzz.run import findings as finding_store
from pyfuzz.sequence import binary, container
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue

TARGET = catalogue.get("rfc-v4")
SHORT = binary.encode(parse("remove vm0 f0 s0\n", "test"))
LONG = binary.encode(parse("add vm0 f0 s0\nremove vm0 f0 s1\n", "test"))


def slot(
    best: bytes, count: int = 1, first_ns: int = 0, kind: Kind = Kind.HOST_BUG, signature: int = 7
) -> Slot:
    return Slot(Symptom(kind, "pte_list_remove", "message", 3), signature, count, 5, first_ns, best)


def test_table_of_two_workers_adds_counts_and_keeps_the_shortest() -> None:
    table = FindingTable(TARGET, start_ns=1_000_000_000)
    table.update("0.1", [slot(LONG, count=10, first_ns=3_000_000_000)])
    table.update("1.1", [slot(SHORT, count=2, first_ns=2_000_000_000)])
    table.update("0.1", [slot(LONG, count=11, first_ns=3_000_000_000)])

    (finding,) = table.all()
    assert (13, 1.0, SHORT) == (
        finding.count,
        finding.first_seconds,
        binary.encode(finding.operations),
    )


def test_table_tells_what_needs_a_new_artifact() -> None:
    table = FindingTable(TARGET, 0)
    told = [
        len(table.update("0.1", [slot(best, count)]))
        for count, best in enumerate((LONG, LONG, SHORT, SHORT), 1)
    ]
    assert [1, 0, 1, 0] == told


def test_known_finding_has_its_reason_and_comes_last() -> None:
    table = FindingTable(TARGET, 0)
    message = "returned 13: those up to the first descriptor with room"
    known = Slot(Symptom(Kind.COUNT_CONTRACT, "pte_list_add", message, 9), 1, 1, 1, 0, SHORT)
    table.update("0.1", [known, slot(SHORT, first_ns=9)])

    new, declared = table.all()
    assert (None, Kind.COUNT_CONTRACT) == (new.known, declared.kind)
    assert declared.known is not None
    assert "first descriptor with room" in declared.known


def test_artifact_is_read_back_as_text_and_binary(tmp_path: Path) -> None:
    table = FindingTable(TARGET, 0)
    (finding,) = table.update("0.1", [slot(LONG)])
    write_artifact(finding, TARGET, None, tmp_path)

    assert finding.artifact is not None
    text = finding.artifact.read_text()
    files = [finding.artifact, finding.artifact.with_suffix(".pyfz")]
    assert [finding.operations] * 2 == [list(container.read(path).operations) for path in files]
    assert f"pyfuzz replay {finding.artifact} --target rfc-v4" in text


def test_artifact_name_has_kind_function_and_signature(tmp_path: Path) -> None:
    table = FindingTable(TARGET, 0)
    (finding,) = table.update("0.1", [slot(LONG, signature=0xABCDEF01_00000000)])
    assert finding.stem == "host-bug-pte_list_remove-abcdef01"


def test_shorter_sequence_of_another_line_has_its_own_message_and_line() -> None:
    table = FindingTable(TARGET, 0)
    (finding,) = table.update("0.1", [slot(LONG)])
    shorter = Slot(Symptom(Kind.HOST_BUG, "pte_list_remove", "other", 4), 7, 1, 5, 0, SHORT)
    table.update("1.1", [shorter])

    assert ("other", 4) == (finding.message, finding.line)


def test_deaths_of_one_cause_are_one_finding() -> None:
    slots = [death(Kind.HANG, "the process hung", data, 9, 1) for data in (SHORT, LONG)]
    table = FindingTable(TARGET, 0)
    table.update("0.1 death", slots[:1])
    table.update("0.2 death", slots[1:])

    (finding,) = table.all()
    assert (2, "hang-unknown") == (finding.count, finding.stem.rsplit("-", 1)[0])


def test_findings_that_are_one_bug_are_counted_as_one_from_then_on() -> None:
    table = FindingTable(TARGET, 0)
    table.update("a.1", [slot(SHORT, 5, first_ns=9, signature=1)])
    table.update("b.1", [slot(SHORT, 3, first_ns=4, signature=2)])
    kept = table.merge(table.all())
    table.update("a.1", [slot(SHORT, 6, first_ns=9, signature=1)])

    assert [kept] == table.all()
    assert (2, {1}, 9, {"b": 3, "a": 6}) == (
        kept.signature,
        kept.also,
        kept.count,
        kept.by_worker,
    )


def test_earlier_findings_go_on_being_counted_under_all_their_signatures() -> None:
    before = FindingTable(TARGET, 0)
    before.update("a.1", [slot(SHORT, 5, signature=1), slot(SHORT, 3, first_ns=2, signature=2)])
    before.merge(before.all())
    table = FindingTable(TARGET, 1_000, before.all())
    table.update("a.1", [slot(LONG, 10, first_ns=5_000, signature=2)])

    (finding,) = table.all()
    assert (18, {"a": 18}, 0.0) == (finding.count, finding.by_worker, finding.first_seconds)
    assert SHORT == binary.encode(finding.operations)


def test_what_is_not_scored_counts_only_where_nobody_else_has_seen_it() -> None:
    table = FindingTable(TARGET, 0)
    table.update("sanitizer.1", [slot(LONG, 9)], flavour="sanitize", scored=False)
    (alone,) = table.all()
    assert (9, "sanitize") == (alone.count, alone.flavour)

    (changed,) = table.update("a.1", [slot(LONG, 2)])
    assert (2, "fuzz", {"a": 2}) == (changed.count, changed.flavour, changed.by_worker)


def test_stored_findings_are_read_back_as_they_were(tmp_path: Path) -> None:
    table = FindingTable(TARGET, 0)
    table.update("a.1", [slot(LONG, 5, signature=1), slot(SHORT, 3, first_ns=2, signature=2)])
    table.merge(table.all())
    finding_store.write(tmp_path, table.all())

    again, notes = finding_store.read(tmp_path, TARGET)
    assert ([], table.all()) == (notes, again)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"findings": 2}', '{"findings": 1, "list": [7]}', "[" * 100_000]
)
def test_stored_findings_that_cannot_be_read_are_put_aside(tmp_path: Path, text: str) -> None:
    (tmp_path / finding_store.FILE).write_text(text)
    found, (note,) = finding_store.read(tmp_path, TARGET)
    assert [] == found
    assert "findings.json cannot be read" in note
    assert [text] == [path.read_text() for path in tmp_path.iterdir()]
