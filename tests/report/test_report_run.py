# SPDX-License-Identifier: GPL-2.0-only
"""Reading a run folder for its report: everything that can be read, even if it is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_runs import CORPUS, lost_entry, make_run, short_count

from pyfuzz.errors import UsageError
from pyfuzz.report.data import collect
from pyfuzz.report.page import render
from pyfuzz.report.run import read
from pyfuzz.run import provenance, stats


def test_read_of_a_whole_run_has_everything(tmp_path: Path) -> None:
    run = read(make_run(tmp_path, lost_entry(), short_count()))

    assert (run.notes, run.missing) == ([], [])
    assert run.target is not None
    assert [found.said.kind for found in run.findings] == ["lost-entry", "count-contract"]
    assert all(found.artifact and found.artifact.is_file() for found in run.findings)
    assert len(run.inputs) == len(CORPUS)
    assert len(run.samples) == 5


def test_read_of_a_moved_run_finds_the_artifacts_where_they_are_now(tmp_path: Path) -> None:
    moved = make_run(tmp_path / "before", lost_entry()).rename(tmp_path / "after")

    (found,) = read(moved).findings
    assert found.artifact is not None
    assert found.artifact.parent == moved / "findings"


def test_read_of_a_killed_run_takes_the_findings_from_their_files(tmp_path: Path) -> None:
    run_folder = make_run(tmp_path, lost_entry(), short_count())
    (run_folder / "summary.json").unlink()

    run = read(run_folder)
    assert run.missing == ["summary.json: the campaign is still running or was killed"]
    assert [(f.said.kind, f.said.function, f.said.known) for f in run.findings] == [
        ("count-contract", "pte_list_add", True),
        ("lost-entry", "pte_list_remove", False),
    ]
    assert run.findings[0].said.reason == "it is <known>"


def test_read_of_what_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing does not exist: name the run folder"):
        read(tmp_path / "nothing")


def test_read_of_another_folder_says_that_it_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()

    with pytest.raises(UsageError, match=r"is not a run folder \(it has no run.json\)"):
        read(tmp_path, anything=True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "it has no run.json"),
        ("{", "its run.json cannot be understood"),
        ("[]", "its run.json cannot be understood"),
        ('{"pyfuzz": 9, "target": "rfc-v3"}', "it is of format 9, this pyfuzz reads format 1"),
    ],
)
def test_read_of_a_run_without_its_marker_needs_a_file_to_be_named(
    tmp_path: Path, text: str | None, problem: str
) -> None:
    marker = make_run(tmp_path, lost_entry()) / "run.json"
    marker.unlink() if text is None else marker.write_text(text)

    with pytest.raises(UsageError) as error:
        read(tmp_path)
    assert problem in str(error.value)
    run = read(tmp_path, anything=True)
    assert problem in run.notes[0]
    assert run.target is not None
    assert len(run.findings) == 1


@pytest.mark.parametrize("name", ["summary.json", stats.FILE, provenance.FILE])
@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "\x00", '{"stats": 1, "provenance": 1}'])
def test_read_of_a_damaged_file_notes_it_and_reads_the_rest(
    tmp_path: Path, name: str, text: str
) -> None:
    (make_run(tmp_path, lost_entry()) / name).write_text(text)

    run = read(tmp_path)
    assert len(run.findings) == 1
    if text or name != stats.FILE:  # an empty file of samples has none
        (note,) = run.notes
        assert note.startswith(str(tmp_path / name))


def test_read_of_a_damaged_input_notes_it_and_reads_the_rest(tmp_path: Path) -> None:
    corpus = make_run(tmp_path) / "corpus"
    first = min(corpus.iterdir())
    first.write_bytes(b"other")

    run = read(tmp_path)
    assert run.notes == [f"{first}: its name is not its SHA-1, it is damaged: left out"]
    assert len(run.inputs) == len(CORPUS) - 1


def test_read_of_a_damaged_finding_of_a_killed_run_notes_it(tmp_path: Path) -> None:
    run_folder = make_run(tmp_path, lost_entry(), short_count())
    (run_folder / "summary.json").unlink()
    path = min((run_folder / "findings").glob("*.seq"))
    path.write_text("ad vm0 f0 s0\n")

    run = read(run_folder)
    assert len(run.findings) == 1
    assert run.notes[0].startswith(f"{path}:1: ")


def test_read_of_an_unknown_target_says_what_that_costs(tmp_path: Path) -> None:
    make_run(tmp_path, lost_entry())
    (tmp_path / provenance.FILE).unlink()
    (tmp_path / "run.json").write_text('{"pyfuzz": 1, "target": "linux-9"}')

    run = read(tmp_path)
    assert run.target is None
    (missing,) = run.missing
    assert missing.startswith("the target linux-9: neither in the catalogue nor in the run folder")


ODD: tuple[Any, ...] = (None, -1, 10**30, 1e999, "", "<b>", [], [1], {}, {"a": None}, True)


def places(values: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value inside."""
    items = values.items() if isinstance(values, dict) else enumerate(values)
    out = []
    for key, value in items:
        out.append((*path, key))
        if isinstance(value, dict | list):
            out += places(value, (*path, key))
    return out


@pytest.mark.parametrize("name", ["summary.json", provenance.FILE])
def test_report_of_any_damage_to_a_value_is_still_a_page(tmp_path: Path, name: str) -> None:
    path = make_run(tmp_path, lost_entry()) / name
    whole = path.read_text()
    for number, place in enumerate(places(json.loads(whole))):
        for odd in (ODD[(number + shift) % len(ODD)] for shift in (0, 4, 7)):
            values = json.loads(whole)
            inside = values
            for key in place[:-1]:
                inside = inside[key]
            inside[place[-1]] = odd
            path.write_text(json.dumps(values))
            run = read(tmp_path)
            run.target = None  # nothing is run again, since this test is about reading
            assert "</html>" in render(collect(run)), (place, odd)


def test_read_of_a_run_that_went_on_keeps_what_the_first_campaign_found(tmp_path: Path) -> None:
    make_run(tmp_path, lost_entry())
    make_run(tmp_path, short_count())

    run = read(tmp_path)
    assert [(f.said.kind, f.earlier) for f in run.findings] == [
        ("count-contract", False),
        ("lost-entry", True),
    ]
