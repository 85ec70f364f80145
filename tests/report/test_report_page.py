# SPDX-License-Identifier: GPL-2.0-only
"""The report of a real run folder: its data against the schema, and its page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from made_runs import FLOOD, finding, lost_entry, make_run, short_count

from pyfuzz import report
from pyfuzz.cli.group import run as command_line
from pyfuzz.kinds import Kind
from pyfuzz.report import page, record
from pyfuzz.report.data import collect
from pyfuzz.report.page import render
from pyfuzz.report.run import read

SCHEMA = Path(report.__file__).with_name("schema.json")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    flood = finding(Kind.LOG_FLOOD, "pte_list_remove", FLOOD)
    run = make_run(tmp_path_factory.mktemp("run"), lost_entry(), flood, short_count())
    return collect(read(run))


@pytest.fixture(scope="module")
def html(found: dict[str, Any]) -> str:
    return render(found)


class Parts(HTMLParser):
    """Collects what a page refers to, and what there is to refer to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.copied: list[str] = []
        self.loaded: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        if "data-copy" in values:
            self.copied.append(values["data-copy"])
        self.loaded += [(tag, values[name]) for name in ("src", "srcset", "data") if name in values]
        if tag == "link":
            self.loaded.append((tag, values["href"]))


def test_schema_is_the_one_of_the_records() -> None:
    assert record.schema_text() + "\n" == SCHEMA.read_text(), record.__doc__


def test_data_of_a_run_keeps_the_schema(found: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))
    jsonschema.validate(json.loads(json.dumps(found)), json.loads(SCHEMA.read_text()))


def test_data_of_a_lost_entry_draws_the_list_with_and_without_it(found: dict[str, Any]) -> None:
    replayed = found["findings"][0]["replayed"]

    assert replayed["reproduced"]
    assert (replayed["broke"]["operation"], replayed["broke"]["text"]) == (1, "remove vm0 f0 s1")
    (change,) = replayed["drawing"]["lists"]
    assert (change["before"]["entries"], change["after"]["entries"]) == (["s0"], [])
    assert replayed["drawing"]["spte"] == "s1"
    assert (replayed["drawing"]["bugged_before"], replayed["drawing"]["bugged_after"]) == ([], [0])


def test_data_of_a_repeated_operation_draws_the_step_that_broke(found: dict[str, Any]) -> None:
    replayed = found["findings"][1]["replayed"]

    assert (replayed["broke"]["operation"], replayed["broke"]["step"]) == (1, 1)
    (change,) = replayed["drawing"]["lists"]
    slots = [descriptor["slots"] for descriptor in change["before"]["descriptors"]]
    assert [len([slot for slot in row if slot]) for row in slots] == [14, 14, 2]
    assert replayed["drawing"]["spte"] == "s901"


def test_data_of_coverage_links_a_line_to_an_input_that_reaches_it(found: dict[str, Any]) -> None:
    (file,) = [f for f in found["coverage"]["files"] if f["file"].endswith("append.h")]
    (line,) = [row for row in file["source"] if "desc->spte_count = 2;" in row["text"]]

    # Only the sequences of findings have lists of two and more.
    assert line["count"] == 2
    assert found["inputs"][line["input"]]["finding"] in (1, 2)


def test_data_of_workers_says_who_found_what_first(found: dict[str, Any]) -> None:
    zero, one = found["workers"]

    assert (zero["name"], zero["found"], zero["found_first"]) == ("0", [0, 1, 2], [])
    assert (one["name"], one["found"], one["found_first"]) == ("1", [0, 1, 2], [0, 1, 2])


@pytest.mark.slow
def test_data_of_a_finding_that_does_not_show_again_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path, finding(Kind.LEAK, "pte_list_add", "count vm0 f0\n"))

    (only,) = collect(read(run))["findings"]
    assert not only["replayed"]["reproduced"]
    assert only["replayed"]["drawing"] is None


def test_data_of_a_killed_run_has_no_verdict(tmp_path: Path) -> None:
    (make_run(tmp_path) / "summary.json").unlink()

    data = collect(read(tmp_path))
    assert data["verdict"] == "unfinished"
    jsonschema.validate(json.loads(json.dumps(data)), json.loads(SCHEMA.read_text()))
    assert "No verdict" in render(data)


def test_page_loads_nothing_from_anywhere(html: str) -> None:
    assert Parts(html).loaded == [("link", "data:,")]
    assert not re.findall(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", html)
    assert "default-src 'none'" in html


def test_page_has_every_place_that_it_links_to_once(html: str) -> None:
    parts = Parts(html)

    assert len(parts.ids) == len(set(parts.ids))
    assert {link[:1] for link in parts.links} == {"#"}
    assert {link[1:] for link in parts.links} <= set(parts.ids)
    assert parts.copied
    assert set(parts.copied) <= set(parts.ids)


def test_page_shows_what_the_data_says(html: str) -> None:
    assert "2 new findings" in html
    assert "vm0 f0 must hold 1 entries, holds 0: s0 is gone" in html
    assert "pyfuzz fuzz rfc-v3 --time 20s --workers 2 --seed 7" in html
    assert "Glossary" in html


def test_page_escapes_what_it_shows(html: str) -> None:
    assert "it is &lt;known&gt;" in html
    assert "<known>" not in html


@pytest.mark.slow
def test_page_of_very_much_stays_small_enough_to_mail(found: dict[str, Any]) -> None:
    operations = ["rmap-remove-off vm3 f12 #2047 x1001"] * 1024
    script = "\n".join(operations)
    trace = {"trace_text": ["x" * 80] * 2000, "trace_left_out": 7}
    many = [
        {
            **found["findings"][1],
            "id": number,
            "operations": operations,
            "script": script,
            "replayed": {**found["findings"][1]["replayed"], **trace},
        }
        for number in range(200)
    ]
    inputs = [{**one, "finding": None, "operations": operations} for one in found["inputs"]]

    text = render({**found, "findings": many, "inputs": inputs, "workers": []})
    assert len(text.encode()) <= page.MAX_BYTES
    assert "shortened on this page" in text
    assert text.count('class="card finding"') == 200


def test_page_of_little_is_not_cut_short(html: str) -> None:
    assert "shortened on this page" not in html


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    return make_run(tmp_path / "a run", lost_entry())


def test_report_writes_the_page_into_the_run_folder(
    run_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["report", str(run_folder)]) == 0

    assert capsys.readouterr().out == f"{run_folder / 'report.html'}\n"
    assert (run_folder / "report.html").read_text().endswith("</html>\n")


@pytest.mark.slow
def test_report_as_json_goes_to_standard_output(
    run_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["report", str(run_folder), "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["verdict"] == "finding"
    assert not (run_folder / "report.html").exists()


@pytest.mark.slow
def test_report_of_damage_is_written_and_ends_with_2(
    run_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run_folder / "stats.jsonl").write_text("{")

    assert command_line(["report", str(run_folder)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"pyfuzz: {run_folder / 'stats.jsonl'}: 1 of 1 lines cannot be read")
    assert said.err.count("\n") == 1
    assert "lost-entry" in (run_folder / "report.html").read_text()


def test_report_of_no_run_folder_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["report", str(tmp_path)]) == 2

    assert "is not a run folder (it has no run.json)" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_report_of_a_run_without_marker_is_written_where_it_is_told_to(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run_folder / "run.json").unlink()
    before = sorted(run_folder.rglob("*"))

    assert command_line(["report", str(run_folder)]) == 2
    assert "with -o FILE" in capsys.readouterr().err
    assert command_line(["report", str(run_folder), "-o", str(tmp_path / "x.html")]) == 2
    assert "the report has what could be read" in capsys.readouterr().err
    assert "lost-entry" in (tmp_path / "x.html").read_text()
    assert sorted(run_folder.rglob("*")) == before


@pytest.mark.slow
def test_report_without_room_says_so(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["report", str(run_folder), "-o", "/nowhere/x.html"]) == 2
    assert "the report /nowhere/x.html cannot be written" in capsys.readouterr().err
