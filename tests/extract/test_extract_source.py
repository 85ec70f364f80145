# SPDX-License-Identifier: GPL-2.0-only
"""What --kernel accepts, and the one-line error for everything else."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from made_up import text, tree, variant

from pyfuzz.errors import UsageError
from pyfuzz.extract import extract, source, tarball


@pytest.fixture(autouse=True)
def _build_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyfuzz.paths.build_dir", lambda: tmp_path / "build")


def pack(folder: Path, archive: Path, top: str = "linux-7.3") -> Path:
    with tarfile.open(archive, "w:xz" if archive.suffix == ".xz" else "w:gz") as tar:
        tar.add(folder, arcname=top)
    return archive


def test_find_tree_reads_mmu_headers_and_version(tmp_path: Path) -> None:
    found = source.find(tree(tmp_path / "linux"))

    assert found.mmu.path == "arch/x86/kvm/mmu/mmu.c"
    assert found.mmu.shown == str(tmp_path / "linux/arch/x86/kvm/mmu/mmu.c")
    assert [header.path for header in found.headers] == [
        "include/linux/kvm_types.h",
        "arch/x86/include/asm/kvm_host.h",
        "include/linux/kvm_host.h",
        "arch/x86/kvm/mmu/mmu_internal.h",
    ]
    assert found.version == "7.3.9"


@pytest.mark.parametrize("inside", ["", "arch/x86/kvm", "arch/x86/kvm/mmu/mmu.c"])
def test_find_anywhere_in_a_tree_finds_its_headers(tmp_path: Path, inside: str) -> None:
    root = tree(tmp_path / "linux")

    assert source.find(root / inside).version == "7.3.9"


def test_find_folder_round_one_tree_finds_it(tmp_path: Path) -> None:
    tree(tmp_path / "linux-source-7.3")
    (tmp_path / "notes").mkdir()

    assert source.find(tmp_path).version == "7.3.9"


def test_find_mmu_at_its_old_place(tmp_path: Path) -> None:
    place = tmp_path / "arch/x86/kvm/mmu.c"
    place.parent.mkdir(parents=True)
    place.write_text(text("v4.19"))

    assert source.find(tmp_path).mmu.path == "arch/x86/kvm/mmu.c"


def test_find_one_file_alone_has_no_headers(tmp_path: Path) -> None:
    found = source.find(variant(tmp_path, "v5.10"))

    assert (found.headers, found.version) == ((), None)


@pytest.mark.parametrize("suffix", ["xz", "gz"])
def test_find_tarball_is_the_same_as_its_tree(tmp_path: Path, suffix: str) -> None:
    root = tree(tmp_path / "linux")
    in_tree = source.find(root)

    in_tarball = source.find(pack(root, tmp_path / f"linux-7.3.tar.{suffix}"))

    assert in_tarball.mmu.text == in_tree.mmu.text
    assert [h.text for h in in_tarball.headers] == [h.text for h in in_tree.headers]
    assert in_tarball.version == "7.3.9"


def test_find_tarball_names_the_member_as_the_users(tmp_path: Path) -> None:
    archive = pack(tree(tmp_path / "linux"), tmp_path / "linux-7.3.tar.gz")

    assert source.find(archive).mmu.shown == f"{archive}:arch/x86/kvm/mmu/mmu.c"


def test_find_tarball_is_read_once_and_again_when_it_changes(tmp_path: Path) -> None:
    said: list[str] = []
    root = tree(tmp_path / "linux")
    archive = pack(root, tmp_path / "linux.tar.gz")

    first = source.find(archive, said.append)
    again = source.find(archive, said.append)
    (root / "Makefile").write_text("VERSION = 8\nPATCHLEVEL = 1\n")
    pack(root, archive)
    os.utime(archive, (1, 1))
    changed = source.find(archive, said.append)

    assert (first.version, again.version, changed.version) == ("7.3.9", "7.3.9", "8.1.0")
    assert said == ["reading linux.tar.gz (0 MiB), once"] * 2


def test_tarball_of_which_all_is_wanted_is_read_to_its_end(tmp_path: Path) -> None:
    packed = pack(tree(tmp_path / "linux-7.3"), tmp_path / "linux-7.3.tar.xz")

    found = tarball.unpack(packed, lambda member: member, frozenset(), None)

    assert {Path(name).name for name in found} >= {"Makefile", "mmu.c", "kvm_host.h"}


def test_find_tarball_never_writes_outside_of_the_build_folder(tmp_path: Path) -> None:
    archive = tmp_path / "evil.tar"
    with tarfile.open(archive, "w") as tar:
        for name in ("linux/arch/x86/kvm/../../../../evil.h", "linux/arch/x86/kvm/mmu/mmu.c"):
            data = b"int f(void) { return 0; }\n"
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))

    source.find(archive)

    assert list(tmp_path.rglob("evil.h")) == []


def test_find_comments_in_any_encoding_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "mmu.c"
    path.write_bytes("/* 注释 */\r\nint f(void);\r\n".encode() + b"/* \xe9\x85\xff */\r\n")

    found = source.find(path)

    expected = "/* 注释 */\nint f(void);\n".encode() + b"/* \xe9\x85\xff */\n"
    assert found.mmu.text.encode("latin-1") == expected


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no such file or folder"),
        (b"!<arch>\ndebian-binary", "is a Debian package"),
        (b"PK\x03\x04zip", "is a zip archive"),
        (b"\x28\xb5\x2f\xfdzstd", "is compressed with zstd"),
        (b"\x7fELF\0\0", "is not C source (it has NUL bytes)"),
        (b"\xfd7zXZ\0 this is none", "is truncated or corrupt"),
        (b"\x1f\x8b this is none", "is truncated or corrupt"),
        (b"", "defines no function"),
        (b"Dear diary,\n", "defines no function"),
        (b"int main(void)\n{\n\treturn 0;\n}\n", "mmu.c has no function that puts an SPTE into"),
    ],
)
def test_extract_what_is_no_kernel_says_so(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "given"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UsageError) as caught:
        extract(path)

    message = str(caught.value)
    assert says in message
    assert message.startswith(str(path))
    assert "\n" not in message


def test_extract_folder_without_kvm_names_what_it_looked_for(tmp_path: Path) -> None:
    (tmp_path / "arch/x86/kernel").mkdir(parents=True)

    with pytest.raises(UsageError, match=r"holds no arch/x86/kvm/mmu/mmu\.c .*mmu\.c, its place"):
        extract(tmp_path)


def test_extract_tarball_without_kvm_says_so(tmp_path: Path) -> None:
    (tmp_path / "linux").mkdir()
    (tmp_path / "linux/README").write_text("no kernel")

    with pytest.raises(UsageError, match=r"holds no arch/x86/kvm/mmu/mmu\.c"):
        extract(pack(tmp_path / "linux", tmp_path / "linux.tar.gz"))


@pytest.mark.parametrize("suffix", ["xz", "gz"])
def test_extract_truncated_tarball_says_so_each_time(tmp_path: Path, suffix: str) -> None:
    root = tree(tmp_path / "linux")
    (root / "arch/x86/a-big-file").write_bytes(os.urandom(200_000))
    archive = pack(root, tmp_path / f"linux.tar.{suffix}")
    archive.write_bytes(archive.read_bytes()[:100_000])

    for _ in range(2):
        with pytest.raises(UsageError, match="is truncated or corrupt"):
            extract(archive)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_extract_unreadable_file_says_so(tmp_path: Path) -> None:
    path = variant(tmp_path, "v7")
    path.chmod(0)

    with pytest.raises(UsageError, match="cannot be read"):
        extract(path)
