# SPDX-License-Identifier: GPL-2.0-only
"""Run folders: refused, resumed, and never with incomplete files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.run.folder import Exchange, RunFolder, store
from pyfuzz.sequence.input import Encoding


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def test_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UsageError, match="neither empty nor a run folder"):
        RunFolder(tmp_path, "rfc-v4")
    assert ["thesis.tex"] == [path.name for path in tmp_path.iterdir()]


def test_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        RunFolder(tmp_path / "file", "rfc-v4")


def test_folder_of_another_target_is_refused(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run", "rfc-v4").close()
    with pytest.raises(UsageError, match=r"of target rfc-v4 .* not of v6.6"):
        RunFolder(tmp_path / "run", "v6.6")


def test_folder_with_a_damaged_marker_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be understood"):
        RunFolder(tmp_path, "rfc-v4")


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    first = RunFolder(tmp_path, "rfc-v4")
    with pytest.raises(UsageError, match="in use by another campaign"):
        RunFolder(tmp_path, "rfc-v4")
    first.close()


def test_folder_under_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        RunFolder(tmp_path / "file" / "run", "rfc-v4")


def test_folder_of_an_earlier_campaign_keeps_what_its_workers_found(tmp_path: Path) -> None:
    RunFolder(tmp_path, "rfc-v4").close()
    left = tmp_path / "workers" / "0" / "corpus"
    left.mkdir(parents=True)
    (left / sha1(b"whole")).write_bytes(b"whole")
    (left / sha1(b"half a file")).write_bytes(b"half")

    folder = RunFolder(tmp_path, "rfc-v4")
    folder.prepare_corpus(pytest.fail)

    assert folder.resumed
    assert (folder.corpus / sha1(b"whole")).read_bytes() == b"whole"
    assert not (folder.corpus / sha1(b"half a file")).exists()
    folder.close()


def test_damaged_corpus_file_is_put_aside_with_a_warning(tmp_path: Path) -> None:
    RunFolder(tmp_path, "rfc-v4").close()
    (tmp_path / "corpus" / sha1(b"abcd")).write_bytes(b"abXd")
    warnings: list[str] = []

    folder = RunFolder(tmp_path, "rfc-v4")
    folder.prepare_corpus(warnings.append)

    assert [sha1(b"abcd")] == [path.name for path in (tmp_path / "damaged").iterdir()]
    assert [True] == [sha1(b"abcd") in warning for warning in warnings]
    folder.close()


def test_write_beside_that_fails_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_beside(path, b"old")
    with pytest.raises(TypeError):
        write_beside(path, "no bytes")  # type: ignore[arg-type]
    assert [("file", b"old")] == [(p.name, p.read_bytes()) for p in tmp_path.iterdir()]


def test_exchange_carries_an_input_to_every_other_worker(tmp_path: Path) -> None:
    corpus, one, two = (tmp_path / name for name in ("corpus", "one", "two"))
    for folder in (corpus, one, two):
        folder.mkdir()
    exchange = Exchange(corpus, [one, two])
    store(one, b"from one")
    (two / sha1(b"unfinished")).write_bytes(b"unf")
    exchange.carry()

    assert [[sha1(b"from one")]] * 2 == [[p.name for p in f.iterdir()] for f in (corpus, one)]
    assert (two / sha1(b"from one")).read_bytes() == b"from one"
    (two / sha1(b"from one")).write_bytes(b"half")
    assert (corpus / sha1(b"from one")).read_bytes() == b"from one"


@pytest.mark.parametrize("text", ["[" * 100_000, "\xff", "[]", "7"])
def test_folder_with_a_marker_that_is_no_marker_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match="cannot be understood"):
        RunFolder(tmp_path, "rfc-v4")


def test_marker_or_corpus_file_that_is_a_fifo_does_not_hang(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run", "rfc-v4").close()
    os.mkfifo(tmp_path / "run" / "corpus" / sha1(b"a"))
    folder = RunFolder(tmp_path / "run", "rfc-v4")
    warnings: list[str] = []
    folder.prepare_corpus(warnings.append)
    folder.close()
    assert [True] == ["damaged" in warning for warning in warnings]

    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(UsageError, match="nor a run folder"):
        RunFolder(tmp_path, "rfc-v4")


def test_run_folder_of_another_world_is_refused(tmp_path: Path) -> None:
    RunFolder(tmp_path, "v6.6", Encoding("pages")).close()

    with pytest.raises(UsageError, match="is of the world pages, not of lists: name another"):
        RunFolder(tmp_path, "v6.6")


def test_run_folder_of_before_there_were_worlds_is_of_lists(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"pyfuzz": 1, "target": "v6.6", "faults": false}\n')

    folder = RunFolder(tmp_path, "v6.6")

    assert folder.resumed
    folder.close()


def test_file_of_a_campaign_that_was_killed_while_it_wrote_is_removed(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "rfc-v4")
    store(folder.corpus, b"whole")
    (folder.corpus / f".1-{sha1(b'not whole')}").write_bytes(b"not")
    notes: list[str] = []

    folder.prepare_corpus(notes.append)

    assert [] == notes
    assert sha1(b"whole") in {path.name for path in folder.corpus.iterdir()}
    assert [] == list(folder.corpus.glob(".*"))
    folder.close()
