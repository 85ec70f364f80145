# SPDX-License-Identifier: GPL-2.0-only
"""What comes out of a share is checked before anything is done with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pyfuzz.corpus.entry import name_of
from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.sequence.input import DEFAULT, Encoding
from pyfuzz.sequence.text import format_operation
from pyfuzz.share import objects
from pyfuzz.share.identity import target_hash
from pyfuzz.share.objects import GarbageError, SharedFinding
from pyfuzz.share.store import INPUTS, Store, shown
from pyfuzz.target import catalogue

KEY = "0" * 32
FOUND = SharedFinding(
    1,
    Kind.LOST_ENTRY,
    "f",
    1,
    "gone",
    "0" * 16,
    "fuzz",
    minimized=True,
    operations=("add vm0 f0 s0",),
)


def test_target_hash_of_the_same_code_in_another_place_is_the_same(tmp_path: Path) -> None:
    target = catalogue.get("v6.6")
    keys = []
    for place in ("a", "b"):
        source = tmp_path / place / "target.c"
        source.parent.mkdir()
        source.write_text(f'/* /home/{place}/mmu.c */\n#line 3 "/home/{place}/mmu.c"\nint x;\n')
        keys.append(target_hash(replace(target, source=source), DEFAULT))

    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("target", "encoding"),
    [("v6.15", DEFAULT), ("v6.6-corruption-bug", DEFAULT), ("v6.6", Encoding(faults=True))],
)
def test_target_hash_of_what_runs_differently_is_another(target: str, encoding: Encoding) -> None:
    first = target_hash(catalogue.get("v6.6"), DEFAULT)

    assert first != target_hash(catalogue.get(target), encoding)


@pytest.mark.parametrize("data", [b"", b"truncat", bytes(objects.MAX_INPUT_BYTES + 1)])
def test_input_that_is_not_what_its_name_says_is_garbage(data: bytes) -> None:
    name = name_of(data if len(data) > objects.MAX_INPUT_BYTES else b"truncated")

    with pytest.raises(GarbageError):
        objects.checked_input(name, data, DEFAULT)


def test_finding_is_read_back_as_it_was_stored() -> None:
    data = objects.pack(FOUND)

    assert FOUND == objects.checked_finding(objects.finding_name(data), data)


def test_sequence_of_a_finding_is_read_in_the_world_of_the_campaign() -> None:
    found = replace(FOUND, operations=("mode vm0 cpu0 4level smm",))

    one = found.input(Encoding("pages"))

    assert ["mode vm0 cpu0 4level smm"] == [format_operation(step) for step in one.operations()]
    with pytest.raises(UsageError):
        found.input(DEFAULT)


@pytest.mark.parametrize(
    "change",
    [{"pyfuzz": 2}, {"kind": "no-kind"}, {"signature": "x"}, {"operations": 3}, {"line": -1}],
)
def test_finding_with_a_wrong_value_is_garbage(change: dict[str, object]) -> None:
    data = json.dumps({**json.loads(objects.pack(FOUND)), **change}).encode()

    with pytest.raises(GarbageError):
        objects.checked_finding(objects.finding_name(data), data)


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100_000, b"[]", b"{}"])
def test_finding_that_is_no_record_is_garbage(data: bytes) -> None:
    with pytest.raises(GarbageError):
        objects.checked_finding(f"{hashlib.sha256(data).hexdigest()}.json", data)


def test_store_lists_only_regular_files_with_names_of_ours(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write(KEY, INPUTS, name_of(b"x"), b"x")
    folder = tmp_path / KEY / INPUTS
    (folder / name_of(b"folder")).mkdir()
    (folder / name_of(b"link")).symlink_to("/etc/passwd")
    (tmp_path / ("1" * 32)).symlink_to(tmp_path / KEY)
    (folder / "README").write_text("of somebody else")

    assert [name_of(b"x")] == [one.name for one in store.objects(KEY, INPUTS)]
    assert b"x" == store.read(KEY, INPUTS, name_of(b"x"), 10)
    assert [KEY] == store.targets()


def test_store_reads_no_more_than_the_limit(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write(KEY, INPUTS, name_of(b"x"), bytes(100_000))

    assert 11 == len(store.read(KEY, INPUTS, name_of(b"x"), 10))


def test_url_is_shown_without_its_password() -> None:
    assert "sftp://me:***@host/p" == shown("sftp://me:secret@host/p")
