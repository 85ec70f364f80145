# SPDX-License-Identifier: GPL-2.0-only
"""Sequence files: recognising their kind, and errors for bad ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfuzz.errors import UsageError
from pyfuzz.sequence import container
from pyfuzz.sequence.binary import encode
from pyfuzz.sequence.container import FileKind, pack, read, read_folder, unpack
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import parse

if TYPE_CHECKING:
    from pathlib import Path

ADD = "add vm0 f3 s17\n"
PAYLOAD = encode(parse(ADD, "add"))


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@given(st.binary(max_size=64))
def test_unpack_packed_payload_gives_it_back(payload: bytes) -> None:
    assert unpack(pack(Input(payload)), "x") == Input(payload)


@given(st.binary(max_size=32), st.data())
def test_unpack_truncated_container_says_so(payload: bytes, data: st.DataObject) -> None:
    whole = pack(Input(payload))
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(UsageError, match=r"^x: .* truncated"):
        unpack(whole[:cut], "x")


@given(st.binary(min_size=1, max_size=32), st.data())
def test_unpack_container_with_one_byte_changed_is_an_error(
    payload: bytes, data: st.DataObject
) -> None:
    changed = bytearray(pack(Input(payload)))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UsageError, match=r"^x: "):
        unpack(bytes(changed), "x")


def test_unpack_of_another_version_names_both() -> None:
    data = bytearray(pack(Input(PAYLOAD)))
    data[4] = 2
    with pytest.raises(UsageError, match=r"^x: the container's version must be 1, is 2; "):
        unpack(bytes(data), "x")


def test_pack_more_than_one_input_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"at most 4096 bytes .* has 4100"):
        pack(Input(bytes(4100)))


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.seq", ADD, FileKind.TEXT),
        ("a.seq", "\N{ZERO WIDTH NO-BREAK SPACE}" + ADD, FileKind.TEXT),
        ("a", "# pyfuzz sequence 1\n" + ADD, FileKind.TEXT),
        ("a.seq", "", FileKind.TEXT),
        ("a.bin", pack(Input(PAYLOAD)), FileKind.CONTAINER),
        ("a.seq", pack(Input(PAYLOAD)), FileKind.CONTAINER),
        ("da39a3ee", PAYLOAD, FileKind.RAW),
        ("da39a3ee", b"", FileKind.RAW),
        ("da39a3ee", b"\n", FileKind.RAW),
    ],
)
def test_read_file_tells_its_kind(
    tmp_path: Path, name: str, data: bytes | str, kind: FileKind
) -> None:
    assert read(write(tmp_path, name, data)).kind is kind


def test_read_text_with_a_count_without_a_code_gives_what_is_run(tmp_path: Path) -> None:
    file = read(write(tmp_path, "a.seq", "add vm0 f3 s17 x99\n"))
    assert [op.repeat for op in file.operations] == [70, 29]
    assert file.text == "add vm0 f3 s17 x99\n"


def test_read_mistyped_text_is_no_engine_input(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.txt:1: an operation must be one of"):
        read(write(tmp_path, "a.txt", "ad vm0 f3 s17\n"))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.seq", b"\x7fELF\x02\x01\x01\x00", ":1: must be text, byte 7 is 0x00"),
        ("a.seq", b"# x\nadd \xff", ":2: must be text in UTF-8, byte 8 is 0xff"),
        ("a.out", b"\x7fELF" + bytes(5000), "an engine input must have at most 4096 bytes"),
        ("a.bin", bytes((1 << 20) + 1), "a file with a sequence must have at most 1048576 bytes"),
        ("a.seq", "count vm0 f3\n" * 1025, "at most 1024 operations, has 1025"),
        ("a.bin", pack(Input(PAYLOAD))[:-1], "it is truncated"),
    ],
)
def test_read_bad_file_names_it_and_the_rule(
    tmp_path: Path, name: str, data: bytes | str, message: str
) -> None:
    path = write(tmp_path, name, data)
    with pytest.raises(UsageError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:")


@pytest.mark.parametrize("name", [".", "missing.seq"])
def test_read_what_is_no_file_is_a_usage_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be read: .*; name a file"):
        read(tmp_path / name)


def test_read_text_of_a_container_shows_the_right_command(tmp_path: Path) -> None:
    path = write(tmp_path, "a.bin", pack(Input(PAYLOAD)))
    with pytest.raises(UsageError, match=r"must be text, is a binary container; see: pyfuzz show"):
        container.read_text(path)


def test_read_folder_with_a_bad_file_skips_it_and_names_it(tmp_path: Path) -> None:
    write(tmp_path, "b.bin", pack(Input(PAYLOAD)))
    write(tmp_path, "a.bin", pack(Input(PAYLOAD))[:-1])
    write(tmp_path, "c", PAYLOAD)
    write(tmp_path, ".hidden", pack(Input(PAYLOAD))[:-1])
    warnings: list[str] = []
    files = read_folder(tmp_path, warnings.append)
    assert [file.path.name for file in files] == ["b.bin", "c"]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"skipped: {tmp_path / 'a.bin'}: ")


def test_read_folder_that_is_missing_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name a corpus folder"):
        read_folder(tmp_path / "missing", print)


def test_to_text_reads_back_as_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a", container.to_text(parse(ADD, "add")))
    assert read(path).payload == PAYLOAD
