# SPDX-License-Identifier: GPL-2.0-only
"""Sources that are out for what the machine has, not for what pyfuzz finds."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from pyfuzz import extract, paths
from pyfuzz.errors import UsageError
from pyfuzz.extract import source, tarball
from pyfuzz.text import printable

KERNEL = paths.ROOT / "tests" / "kernels" / "v6.15.c"


def kernel(folder: Path, inside: str) -> Path:
    """Write a kernel whose pte_list_add() begins with some text."""
    text = KERNEL.read_text()
    at = text.index("{", text.index("pte_list_add(struct")) + 1
    path = folder / "mmu.c"
    path.write_text(f"{text[:at]}\n{inside}\n{text[at:]}")
    return path


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ('#include "/etc/passwd"', "#include"),
        ("# include </dev/zero>", "#include"),
        ("#in\\\nclude MACRO", "#include"),
        ('%:include "/dev/zero"', "#include"),
        ('#embed "/etc/passwd"', "#embed"),
        ('asm(".incbin \\"/etc/passwd\\"");', ".incbin"),
        ('asm(".inc" "bin \\"/etc/passwd\\"");', ".incbin"),
        ('asm(".include \\"/dev/zero\\"");', ".include"),
    ],
)
def test_code_that_makes_the_compiler_read_a_file_is_refused(
    tmp_path: Path, inside: str, said: str
) -> None:
    with pytest.raises(UsageError, match="makes the compiler read a file") as refused:
        extract.extract(kernel(tmp_path, inside))
    assert f"({said})" in str(refused.value)


@pytest.mark.parametrize("place", ["mmu.c", "linux/arch/x86/kvm/mmu/mmu.c"])
def test_fifo_in_place_of_a_file_is_refused_at_once(tmp_path: Path, place: str) -> None:
    fifo = tmp_path / place
    fifo.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(fifo)
    with pytest.raises(UsageError):
        source.find(fifo if place == "mmu.c" else tmp_path / "linux")


def test_device_in_place_of_a_header_is_passed_over(tmp_path: Path) -> None:
    place = tmp_path / "linux" / source.MMU_PATHS[0]
    place.parent.mkdir(parents=True)
    place.write_text(KERNEL.read_text())
    (place.parent / "spte.h").symlink_to("/dev/zero")
    os.mkfifo(place.parent / "mmu_internal.h")
    assert () == source.find(tmp_path / "linux").headers


def packed(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def unpack(path: Path) -> None:
    source.find(path)


def test_member_that_is_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarball, "_MAX_MEMBER_BYTES", 1000)
    bomb = packed(tmp_path / "a.tar.gz", (tarfile.TarInfo(source.MMU_PATHS[0]), b"0" * 1001))
    with pytest.raises(UsageError, match="must have at most 1,000 bytes, has 1,001"):
        unpack(bomb)


def test_tarball_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tarball, "_MAX_BYTES", 10_000)
    bomb = packed(tmp_path / "a.tar.gz", (tarfile.TarInfo("linux/zeros"), b"0" * 10_001))
    with pytest.raises(UsageError, match="may unpack to 10,000 bytes"):
        unpack(bomb)


def test_tarball_of_very_many_members_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tarball, "_MAX_MEMBERS", 100)
    many = packed(tmp_path / "a.tar.gz", *((tarfile.TarInfo(f"f{i}"), b"") for i in range(101)))
    with pytest.raises(UsageError, match="may have 100 members"):
        unpack(many)


def test_member_with_a_name_of_megabytes_is_refused(tmp_path: Path) -> None:
    long = packed(tmp_path / "a.tar.gz", (tarfile.TarInfo("x" * (1 << 21)), b""))
    with pytest.raises(UsageError, match="a member's attributes have 2,"):
        unpack(long)


def test_link_in_a_tarball_is_not_followed(tmp_path: Path) -> None:
    link = tarfile.TarInfo(source.MMU_PATHS[0])
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(UsageError, match="holds no arch/x86/kvm"):
        unpack(packed(tmp_path / "a.tar.gz", (link, b"")))


def test_terminal_escapes_are_shown_and_not_obeyed() -> None:
    assert r"a\x1b[2Jb\u202e \x9b" == printable("a\x1b[2Jb\u202e \x9b")
