# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz corpus`` and ``pyfuzz merge``, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schema
from cli_process import pyfuzz
from made_runs import make_run
from test_distill import payload, write

from pyfuzz.corpus.entry import name_of
from pyfuzz.corpus.folder import find
from pyfuzz.corpus.merge import MergeEntry
from pyfuzz.corpus.table import CorpusEntry
from pyfuzz.sequence import container
from pyfuzz.sequence.input import Input

ADD = "add vm0 f0 s0"
STRAY = "add vm0 f0 s0\nremove vm0 f0 s9"
MANY = "add vm0 f0 s0\nadd vm0 f0 s1 x40\niterate vm0 f0\ncount vm0 f0"


def told(folder: Path, *arguments: str, code: int = 0) -> Any:
    """Return the JSON that a command prints."""
    done = pyfuzz(*arguments, "--json", folder=folder)
    assert (code, "") == (done.returncode, done.stderr)
    values = json.loads(done.stdout)
    schema.check(values, MergeEntry if arguments[0] == "merge" else CorpusEntry)
    return values


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_corpus_says_of_each_entry_what_it_reaches_and_adds(tmp_path: Path) -> None:
    write(tmp_path / "a", MANY, ADD, "add vm1 f3 s9")
    found = told(tmp_path, "corpus", "a")
    first, second, third = found["entries"]
    assert f"a/{name_of(payload(ADD))}" == first["file"]
    assert (4, 1, 1) == (first["bytes"], first["operations"], first["steps"])
    assert (first["reached"], 1) == (first["adds"], first["reached"]["states"])
    assert (second["reached"], {"edges": 0, "states": 0, "counts": 0}) == (
        first["reached"],
        second["adds"],
    )
    assert (16, 4, 43) == (third["bytes"], third["operations"], third["steps"])
    total = found["total"]
    # The shorter one is needed because it hits a counter only once.
    assert (3, 2, 2) == (total["inputs"], total["adding"], total["enough"])
    for part in ("edges", "states", "counts"):
        assert total[part] == sum(entry["adds"][part] for entry in found["entries"])


def test_corpus_names_duplicates_damaged_files_and_folders(tmp_path: Path) -> None:
    (entry,) = write(tmp_path / "a", ADD)
    (tmp_path / "a" / "twice.seq").write_text(f"# a comment\n{ADD}\n")
    (tmp_path / "a" / "wrong.seq").write_text("add vm0 f0 s0\nadd vm7 f0 s0\n")
    (tmp_path / "a" / ("1" * 40)).write_bytes(b"half")
    (tmp_path / "a" / "below").mkdir()
    found = told(tmp_path, "corpus", "a")
    assert [(f"a/{entry.name}", ["a/twice.seq"])] == [
        (one["file"], one["duplicates"]) for one in found["entries"]
    ]
    reasons = {one["file"]: one["reason"] for one in found["unreadable"]}
    assert {"a/below", "a/wrong.seq", "a/" + "1" * 40} == set(reasons)
    assert reasons["a/wrong.seq"].startswith("a/wrong.seq:2: ")
    assert 5 == found["total"]["files"]


def test_corpus_finding_that_is_new_exits_with_1(tmp_path: Path) -> None:
    write(tmp_path / "a", STRAY, ADD)
    assert "clean" == told(tmp_path, "corpus", "a", "--target", "v6.6")["verdict"]
    found = told(tmp_path, "corpus", "a", "--target", "bug", code=1)
    shown = [[one["kind"] for one in entry["findings"]] for entry in found["entries"]]
    assert ("finding", [[], ["host-bug"]]) == (found["verdict"], shown)


def test_corpus_finding_that_is_known_exits_with_0(tmp_path: Path) -> None:
    write(tmp_path / "a", STRAY)
    (tmp_path / "known.toml").write_text(
        '[[known]]\nkind = "host-bug"\nfunction = "*"\nreason = "we know"\n'
    )
    found = told(tmp_path, "corpus", "a", "--target", "bug", "--known", "known.toml")
    assert ("known", "we know") == (
        found["verdict"],
        found["entries"][0]["findings"][0]["known"],
    )


def test_corpus_as_text_fits_80_columns_and_has_the_total(tmp_path: Path) -> None:
    write(tmp_path / "a", ADD, MANY, STRAY)
    (tmp_path / "a" / "a-name-that-is-longer-than-the-column.seq").write_text("count vm0 f0\n")
    (tmp_path / "a" / "wrong.seq").write_text("ad vm0 f0 s0\n")
    done = pyfuzz("corpus", "a", "--target", "bug", folder=tmp_path)
    lines = done.stdout.splitlines()
    assert (1, "") == (done.returncode, done.stderr)
    assert [] == [line for line in lines if len(line) > 80]
    assert "total        5 files: 4 different, 0 duplicates, 1 unreadable" in lines
    assert "  NEW:       host-bug in pte_list_remove, shown by 1 entry" in lines


def test_corpus_of_a_run_folder_is_on_its_target(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", target="v6.6")
    # What a killed campaign left in a worker's folder.
    left = write_worker(run, MANY, "count vm0 f0")
    found = told(tmp_path, "corpus", "run")
    assert ("v6.6", 4) == (found["target"], found["total"]["files"])
    assert f"run/workers/0/corpus/{left}" in {one["file"] for one in found["entries"]}


def test_entries_of_a_campaign_with_faults_are_read_with_faults(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    record = run / "provenance.json"
    assert {False} == {one.faults for _, one in find([run]).entries}
    record.write_text(record.read_text().replace('"pyfuzz fuzz ', '"pyfuzz fuzz --faults '))
    assert {True} == {one.faults for _, one in find([run]).entries}


def write_worker(run: Path, *texts: str) -> str:
    folder = run / "workers" / "0" / "corpus"
    folder.mkdir(parents=True)
    return write(folder, *texts)[0].name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["corpus", "nowhere"], "nowhere: cannot be read: No such file or directory; name"),
        (["corpus", "empty"], "empty: has no readable sequence; name a corpus"),
        (["merge", "empty", "-o", "new"], "empty: has no readable sequence"),
        (["merge", "a", "-o", "other"], "other: is not a corpus: it has notes.txt; name an empty"),
        (["merge", "a", "-o", "nested"], "nested: is not a corpus: it has the folder a; name"),
        (["merge", "a", "-o", "damaged"], "damaged: is a damaged corpus: damaged/1111"),
        (["merge", "a", "-o", "run"], "run: is a run folder; name its corpus, -o run/corpus"),
        (["merge", "a", "-o", "other/notes.txt"], "other/notes.txt: is a file; name an empty"),
        (["merge", "run", "run2", "-o", "new"], "of several targets (v6.6, rfc-v3); name one"),
        (["merge", "a", "-o", "new", "--target", "rfc-v44"], "did you mean rfc-v4"),
        (["merge", "lost", "-o", "new"], "lost: does not say what was fuzzed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_corpus_command_with_a_mistake_is_one_line_and_writes_nothing(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    write(tmp_path / "a", ADD)
    (tmp_path / "nested" / "a").mkdir(parents=True)
    for name, file, content in (
        ("other", "notes.txt", b"mine"),
        ("damaged", "1" * 40, b"half"),
        ("lost", "run.json", b'{"pyfuzz": 1, "target": "gone"}'),
        ("lost/corpus", "x.seq", b"count vm0 f0\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_bytes(content)
    (tmp_path / "empty").mkdir()
    make_run(tmp_path / "run", target="v6.6")
    make_run(tmp_path / "run2", target="rfc-v3")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    done = pyfuzz(*arguments, folder=tmp_path)
    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert said in done.stderr
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


@pytest.mark.slow
def test_merge_keeps_what_all_reach_with_fewer_files(tmp_path: Path) -> None:
    write(tmp_path / "a", ADD, "add vm1 f3 s9", STRAY)
    write(tmp_path / "b", MANY, STRAY, "rmap-add vm0 f3 s3\nrmap-remove vm0 f3 #0")
    before = told(tmp_path, "corpus", "a", "b")["total"]
    merged = told(tmp_path, "merge", "a", "b", "-o", "new")
    after = told(tmp_path, "corpus", "new")["total"]
    parts = ("edges", "states", "counts")
    assert [before[part] for part in parts] == [after[part] for part in parts]
    assert (6, 5, 3, 3) == (
        before["files"], before["inputs"], after["files"], merged["written"],
    )  # fmt: skip
    # Named as by libFuzzer, so that a campaign can use them unchanged.
    assert all(name == name_of(data) for name, data in contents(tmp_path / "new").items())


def test_merge_into_a_corpus_adds_what_is_new_and_removes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a", ADD, MANY)
    write(tmp_path / "there", ADD, "add vm1 f3 s9")
    before = contents(tmp_path / "there")
    first = told(tmp_path, "merge", "a", "-o", "there")
    again = told(tmp_path, "merge", "a", "there", "-o", "there")
    assert (2, 1) == (first["there"], first["written"])
    assert (3, 0) == (again["there"], again["written"])
    assert before.items() < contents(tmp_path / "there").items()


def test_merge_into_a_corpus_writes_nothing_that_it_reaches_in_a_longer_way(tmp_path: Path) -> None:
    write(tmp_path / "a", MANY)
    (tmp_path / "there").mkdir()
    longer = payload(MANY) + b"\0"  # an incomplete operation does nothing
    (tmp_path / "there" / name_of(longer)).write_bytes(longer)
    assert 0 == told(tmp_path, "merge", "a", "-o", "there")["written"]


def test_merge_of_text_and_containers_skips_what_is_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "x.seq").write_text(f"# pyfuzz sequence 1\n{ADD}\n")
    whole = container.pack(Input(payload(MANY)))
    (folder / "y.pyfz").write_bytes(whole)
    (folder / "z.pyfz").write_bytes(whole[:-1])
    done = pyfuzz("merge", "a", "-o", "new", "--containers", folder=tmp_path)
    assert (0, 1) == (done.returncode, done.stderr.count("\n"))
    assert "pyfuzz: skipped: a/z.pyfz: the payload must have 16 bytes, has 15" in done.stderr
    assert {name_of(payload(text)) + ".pyfz" for text in (ADD, MANY)} == set(
        contents(tmp_path / "new")
    )
    assert whole in contents(tmp_path / "new").values()


def test_merge_of_faults_writes_containers_that_say_so(tmp_path: Path) -> None:
    (tmp_path / "x.seq").write_text("add vm0 f0 s0 x3\nfault vm0 f0 head-zero\ncount vm0 f0\n")
    original = container.read(tmp_path / "x.seq")
    told(tmp_path, "merge", "x.seq", "-o", "new")
    (path,) = (tmp_path / "new").iterdir()
    assert original.faults
    assert (original.payload, original.faults) == (
        container.read(path).payload,
        container.read(path).faults,
    )


def test_corpus_takes_only_sequences_of_the_targets_world(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.seq").write_text("# pyfuzz sequence 1\nadd vm0 f0 s0\n")
    pages = "# pyfuzz sequence 2 pages\naccess vm0 cpu0 read 0:0:0:0\n"
    (tmp_path / "a" / "two.seq").write_text(pages)

    for target, own, other in (("v6.6", "one", "two"), ("pages", "two", "one")):
        found = told(tmp_path, "corpus", "a", "--target", target)
        assert [f"a/{own}.seq"] == [entry["file"] for entry in found["entries"]]
        (left,) = found["unreadable"]
        assert f"a/{other}.seq" == left["file"]
        assert ", the target of " in left["reason"]
