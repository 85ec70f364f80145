# SPDX-License-Identifier: GPL-2.0-only
"""Commands that take a run folder, and the folder of a campaign in several worlds."""

from __future__ import annotations

from pathlib import Path

import pytest
from every_state import every_state

from pyfuzz.ci import base
from pyfuzz.cli.group import run
from pyfuzz.corpus import folder as corpora
from pyfuzz.errors import UsageError
from pyfuzz.run import folder as run_folder
from pyfuzz.run import worlds
from pyfuzz.sequence.input import DEFAULT, Encoding

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """Return a folder with a campaign of lists, and one of threads that has no input."""
    out = tmp_path / "out"
    worlds.claim(out, "v6.15", ("lists", "threads"))
    for encoding in (DEFAULT, Encoding("threads")):
        run_folder.RunFolder(out / encoding.world, "v6.15", encoding).close()
    run_folder.store(out / "lists" / "corpus", every_state()[0])
    return out


def test_runs_in_a_folder_are_those_of_its_worlds(several: Path) -> None:
    assert [several / "lists", several / "threads"] == worlds.runs_in(several)
    assert [several / "lists"] == worlds.runs_in(several / "lists")


def test_corpus_of_the_world_that_is_asked_for_is_read(several: Path) -> None:
    assert 1 == len(corpora.find([several]).entries)
    assert 0 == len(corpora.find([several], Encoding("threads")).entries)


def test_export_names_the_folders_to_choose_from(several: Path, capsys: Capture) -> None:
    assert 2 == run(["export", str(several), "--format", "junit"])
    said = capsys.readouterr().err
    assert f"name {several / 'lists'} or {several / 'threads'}" in said


def test_base_of_ci_is_the_run_of_the_lists(several: Path) -> None:
    with pytest.raises(UsageError, match="a run folder with a result must have") as refused:
        base.find(str(several))
    assert str(several / "lists") in str(refused.value), "read as a run folder, not a kernel"


def test_claim_of_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(UsageError, match="neither empty nor one of several worlds"):
        worlds.claim(tmp_path, "v6.15", ("lists",))
