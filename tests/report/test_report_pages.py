# SPDX-License-Identifier: GPL-2.0-only
"""The report of a run in the world pages: what is drawn of guest tables, shadow pages, lists."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_runs import planted_run
from plants import plant
from taken_back import CAUSES, REAL, Bug

from pyfuzz import report
from pyfuzz.kinds import Kind
from pyfuzz.module.compiled import load
from pyfuzz.report import pages_drawing
from pyfuzz.report.record import schema
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.worlds.pages.snapshot import drawing
from pyfuzz.worlds.pages.world import WORLD

ROLE = REAL["81ccda30b4e8 (CVE-2026-53359), a child of another role is used again"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the run of a port that uses a child of another role."""
    with planted_run(tmp_path_factory.mktemp("pages"), ROLE, Kind.WRONG_GFN) as made:
        yield made


@pytest.fixture(scope="module")
def reported(run: Path) -> dict[str, Any]:
    text = report.write(run, as_json=True).text
    assert text is not None
    made: dict[str, Any] = json.loads(text)
    return made


def rows(boxes: list[dict[str, Any]], name: str) -> dict[str, tuple[str, list[str]]]:
    (box,) = [box for box in boxes if box["name"] == name]
    return {row["text"]: (row["state"], row["wrong"]) for row in box["rows"]}


def test_finding_of_the_world_pages_is_reported_with_its_own_header(
    reported: dict[str, Any],
) -> None:
    (found,) = reported["findings"]

    assert reported["verdict"] == "finding"
    assert (reported["notes"], reported["missing"]) == ([], [])
    assert found["operations"] == ROLE.text.splitlines()[1:]
    assert found["script"].splitlines()[1] == WORLD.header
    assert found["replayed"]["reproduced"]


def test_drawing_marks_the_entry_in_the_wrong_reverse_map(reported: dict[str, Any]) -> None:
    drawn = reported["findings"][0]["replayed"]["drawing"]
    pages = drawn["pages"]

    assert (drawn["vms"], drawn["lists"], pages["vm"], pages["moment"]) == (2, [], 0, "after")
    # The guest's entry for the page is of a table at gfn 0x200, and KVM was not told.
    assert rows(pages["guest"], "cpu0")["0x400000 -> gfn 0x401"] == ("same", [])
    assert "[2] gfn 0x200 wuad, not told" in rows(pages["guest"], "table gfn 0x14")
    # The direct page of the huge page stays, and its SPTE now has an entry elsewhere.
    assert rows(pages["shadows"], "sp0")["[0] =gfn 0x200 rw"] == ("same", ["wrong-gfn"])
    assert rows(pages["rmaps"], "4K gfn 0x401") == {"sp0[0]": ("new", ["wrong-gfn"])}
    assert rows(pages["rmaps"], "4K gfn 0x200") == {"sp0[0]": ("gone", [])}
    assert any("must be in the reverse map of gfn 0x200" in said for said in pages["broken"])


def test_drawing_uses_the_names_of_the_trace(reported: dict[str, Any]) -> None:
    replayed = reported["findings"][0]["replayed"]
    notes = {box["name"]: box["note"] for box in replayed["drawing"]["pages"]["shadows"]}
    traced = "\n".join(replayed["trace_text"])

    assert len(notes) == 4
    for name, note in notes.items():
        assert f"vm0 {name} ({note.split(',')[0]})" in traced


def test_page_of_the_report_has_the_drawing_and_its_legend(run: Path) -> None:
    path = report.write(run).path
    assert path is not None
    page = path.read_text()

    assert "vm0's memory after <code>access vm0 cpu0 read 0:0:2:0</code>" in page
    assert page.count('class="pages"') == len(pages_drawing.COLUMNS)
    assert "what breaks the rule" in page


def test_schema_has_the_pages_and_every_part_of_them() -> None:
    assert {"PagesPicture", "Box", "Row", "ListPicture"} <= schema()["$defs"].keys()


def snapshot(tmp_path: Path, bug: Bug) -> dict[str, Any]:
    """Return the pages of a bug's sequence at its last operation."""
    module = load(plant("pages", tmp_path, *bug.edits))
    operations = parse(bug.text, "test")
    drawn = drawing(module, operations, len(operations) - 1, 0)  # type: ignore[arg-type]
    assert drawn is not None and drawn.pages is not None
    made: dict[str, Any] = json.loads(json.dumps(report_plain(drawn.pages)))
    return made


def report_plain(value: object) -> Any:
    from pyfuzz import records  # noqa: PLC0415

    return records.plain(value)


def test_drawing_of_an_orphan_says_that_its_spte_is_in_no_live_page(tmp_path: Path) -> None:
    pages = snapshot(tmp_path, CAUSES["an entry stays behind when its SPTE is dropped"])

    assert rows(pages["rmaps"], "4K gfn 0x203") == {
        "(not in a live page)": ("same", ["orphan-entry"])
    }
    assert "[0] gfn 0x203 wuad" in rows(pages["guest"], "table gfn 0x16")


@pytest.fixture(scope="module")
def module() -> Any:
    return load(catalogue.get("pages"))


def at(module: Any, text: str, operation: int) -> Any:
    return drawing(module, parse(f"{WORLD.header}\n{text}", "test"), operation, 0)


def test_drawing_of_a_vm_that_ends_is_what_was_there_before(module: Any) -> None:
    drawn = at(module, "access vm0 cpu0 read 0:0:0:0\nend vm0\n", 1)

    assert drawn.pages.moment == "before"
    assert len(drawn.pages.shadows) == 4
    assert {row.state for box in drawn.pages.shadows for row in box.rows} == {"same"}


def test_drawing_of_the_tear_down_is_of_the_vm_that_has_pages(module: Any) -> None:
    drawn = at(module, "access vm1 cpu0 read 0:0:0:0\n", 1)

    assert (drawn.pages.vm, drawn.pages.moment) == (1, "before")
    assert at(module, "access vm1 cpu0 read 0:0:0:0\n", 2) is None


def test_drawing_of_a_full_page_leaves_out_what_is_the_same(module: Any) -> None:
    text = "access vm0 cpu0 read 0:0:2:0\nsplit vm0 slot1 4K\nage vm0 0x203 4K\n"
    drawn = at(module, text, 2)

    (full,) = [box for box in drawn.pages.shadows if box.note.startswith("level 1")]
    # 512 SPTEs and a parent, of which eight are shown.
    assert full.rows[-1].text == "... 505 more ..."
    assert len(full.rows) < 12


def box(name: str, *entries: dict[str, Any], note: str = "level 1", state: str = "same") -> Any:
    return {"name": name, "note": note, "state": state, "rows": list(entries)}


def row(text: str, state: str = "same", *wrong: str) -> dict[str, Any]:
    return {"text": text, "state": state, "wrong": list(wrong)}


def drawn_columns(*boxes: Any) -> ET.Element:
    picture = {"guest": [], "shadows": list(boxes), "rmaps": []}
    return ET.fromstring(str(pages_drawing.columns(picture)[1].svg))


def texts(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter("text")]


def test_column_marks_what_is_new_gone_and_wrong_not_by_colour_alone() -> None:
    svg = drawn_columns(
        box(
            "sp0",
            row("[0] ->sp1", "new"),
            row("[1] ->sp2", "gone"),
            row("[2]", "same", "wrong-gfn"),
        )
    )

    assert texts(svg)[2:] == ["+ [0] ->sp1", "- [1] ->sp2", "[2]", "wrong-gfn"]
    classes = [part.get("class") or "" for part in svg.iter()]
    assert "pd-row pd-row-same pd-wrong" in classes
    assert "sp0, level 1: [0] ->sp1 (new), [1] ->sp2 (gone), [2] (wrong-gfn)" in str(
        svg.get("aria-label")
    )


def test_column_wraps_what_is_longer_than_its_width() -> None:
    svg = drawn_columns(
        box("sp0", row("<- " + "x" * 30 + " " + "y" * 30, "same", "wrong-role"), note="n " * 60)
    )

    assert max(map(len, texts(svg))) <= 50
    assert texts(svg)[-1] == "wrong-role"
    assert float(str(svg.get("width"))) == pages_drawing.WIDTH


def test_column_with_many_boxes_keeps_those_that_something_happened_to() -> None:
    many = [box(f"sp{i}", row("[0] ->sp1")) for i in range(60)]
    many[50] = box("sp50", row("[0] ->sp1", "same", "wrong-role"))
    picture = {"guest": [], "shadows": many, "rmaps": []}

    column = pages_drawing.columns(picture)[1]
    assert texts(ET.fromstring(str(column.svg)))[0] == "sp50"
    assert column.left_out == 59
