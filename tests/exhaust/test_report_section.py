# SPDX-License-Identifier: GPL-2.0-only
"""A search of all states in the report: its section, its verdict, and how to repeat it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cli_process import pyfuzz

from pyfuzz import report
from pyfuzz.report.data import collect
from pyfuzz.report.page import render
from pyfuzz.report.run import read

SMALL = ("--scope", "heads", "--entries", "2", "--no-errors", "--out", "run")


def searched(folder: Path, *arguments: str) -> Path:
    done = pyfuzz("exhaust", *arguments, folder=folder)
    assert done.returncode in (0, 1), done.stderr
    return folder / "run"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return searched(tmp_path_factory.mktemp("clean"), "v6.6", *SMALL)


def collected(folder: Path) -> dict[str, Any]:
    return collect(read(folder))


def test_report_of_a_search_keeps_the_schema_and_has_its_verdict(clean: Path) -> None:
    found = collected(clean)

    schema = json.loads(Path(report.__file__).with_name("schema.json").read_text())
    jsonschema.validate(json.loads(json.dumps(found)), schema)
    assert ("clean", [], []) == (found["verdict"], found["missing"], found["notes"])
    assert found["exhaust"] == json.loads((clean / "exhaust.json").read_text())
    (campaign,) = found["campaigns"]
    assert campaign["seed"] is None
    words = "pyfuzz exhaust v6.6 --scope heads --entries 2 --no-errors --time 60s"
    assert sorted(words.split()) == sorted(campaign["command"].split())


def test_page_of_a_search_says_what_was_searched_and_what_not(clean: Path) -> None:
    page = render(collected(clean))

    assert 'id="exhaust"' in page
    assert "1 VM with 1 guest frame and 1 shadow page, lists of 0 to 2 entries" in page
    assert "complete: every state of the scope was visited, none is left" in page
    assert "Not covered: longer lists" in page
    assert 'In <a href="#exhaust">every state of the scopes</a> every property held.' in page
    assert "A search of all states involves no chance" in page


def test_report_of_a_search_with_findings_replays_them(tmp_path: Path) -> None:
    found = collected(searched(tmp_path, "rfc-v3", *SMALL[:4], "--out", "run"))

    assert "finding" == found["verdict"]
    lost = next(one for one in found["findings"] if one["kind"] == "lost-entry")
    assert lost["replayed"]["reproduced"]


def test_page_of_a_campaign_alone_has_no_such_section(clean: Path) -> None:
    found = collected(clean)

    assert 'id="exhaust"' not in render({**found, "exhaust": None, "verdict": "unfinished"})


@pytest.mark.slow
def test_report_of_schedules_has_the_section(tmp_path: Path) -> None:
    arguments = ("--world", "threads", "--switches", "0", "--out", "run")
    page = render(collected(searched(tmp_path, *arguments)))

    assert "World threads" in page
    assert "complete: every schedule of the scope was covered, none is left" in page


def test_report_of_a_damaged_search_notes_it(clean: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text((clean / "run.json").read_text())
    (run / "exhaust.json").write_text('{"target": 1}')

    found = read(run)

    assert found.exhaust is None
    assert any("exhaust.json cannot be read (" in note for note in found.notes)
