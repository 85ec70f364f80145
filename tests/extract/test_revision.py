# SPDX-License-Identifier: GPL-2.0-only
"""A revision of a repository, and patches on a copy."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.extract.revision import prepared, split
from pyfuzz.extract.source import find
from pyfuzz.target.kernel import Kernel

MMU = "arch/x86/kvm/mmu/mmu.c"
OLD = "int first;\nint second;\nint third;\n"
DIFF = f"""\
--- a/{MMU}
+++ b/{MMU}
@@ -1,3 +1,3 @@
 int first;
-int second;
+int other;
 int third;
--- a/Documentation/words.rst
+++ b/Documentation/words.rst
@@ -1 +1 @@
-not here
+nor here
"""
# The same, as a mail program with encoding sends it.
MAIL = """\
From 1234567 Mon Sep 17 00:00:00 2001
From: Somebody <somebody@example.org>
Subject: [PATCH] KVM: x86/mmu: another word
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Why=20it is so =E2=80=94 and how.
---
""" + DIFF.replace("=", "=3D")


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "linux"
    (tree / MMU).parent.mkdir(parents=True)
    (tree / MMU).write_text(OLD)
    (tree / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\n")
    return tree


@pytest.fixture
def repository(tree: Path) -> Path:
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "first")
    git(tree, "tag", "v6.12")
    (tree / MMU).write_text("int later;\n")
    git(tree, "commit", "-qam", "second")
    (tree / MMU).write_text("int not_committed;\n")
    return tree


@pytest.fixture(autouse=True)
def build_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYFUZZ_BUILD_DIR", str(tmp_path / "build"))


def text_of(kernel: Kernel) -> str:
    return find(prepared(kernel)).mmu.text


@pytest.mark.parametrize(("revision", "text"), [("v6.12", OLD), ("HEAD", "int later;\n")])
def test_a_revision_is_read_without_a_checkout(repository: Path, revision: str, text: str) -> None:
    kernel = Kernel(Path(f"{repository}@{revision}"))

    assert text_of(kernel) == text
    assert find(prepared(kernel)).version == "6.12.3"
    assert (repository / MMU).read_text() == "int not_committed;\n"


@pytest.mark.parametrize("form", [DIFF, MAIL], ids=["diff", "mail"])
def test_a_patch_is_applied_to_a_copy(tree: Path, tmp_path: Path, form: str) -> None:
    patch = tmp_path / "series.mbox"
    patch.write_text(form)

    assert text_of(Kernel(tree, patches=(patch,))) == OLD.replace("second", "other")
    assert (tree / MMU).read_text() == OLD


def test_patches_apply_in_their_order_on_a_revision(repository: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1.patch", tmp_path / "2.patch"
    first.write_text(DIFF)
    second.write_text(DIFF.replace("-int second", "-int other").replace("+int other", "+int last"))

    kernel = Kernel(Path(f"{repository}@v6.12"), patches=(first, second))

    assert text_of(kernel) == OLD.replace("second", "last")


def test_a_patch_that_does_not_apply_is_one_line_with_its_place(tree: Path, tmp_path: Path) -> None:
    patch = tmp_path / "late.patch"
    patch.write_text(DIFF.replace("-int second", "-int nothing"))

    with pytest.raises(UsageError, match=rf"late.patch: does not apply: .*{MMU}:1"):
        prepared(Kernel(tree, patches=(patch,)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("only words\n", "holds no diff"),
        (DIFF.replace(MMU, "fs/ext4/inode.c"), "changes nothing that pyfuzz reads"),
    ],
)
def test_a_patch_without_a_change_to_kvm_is_refused(
    tree: Path, tmp_path: Path, text: str, message: str
) -> None:
    patch = tmp_path / "other.patch"
    patch.write_text(text)

    with pytest.raises(UsageError, match=message):
        prepared(Kernel(tree, patches=(patch,)))


def test_a_revision_that_is_not_there_is_named(repository: Path) -> None:
    with pytest.raises(UsageError, match=r"no revision 'v9\.9'"):
        prepared(Kernel(Path(f"{repository}@v9.9")))


def test_a_folder_that_is_no_repository_has_no_revisions(tree: Path) -> None:
    with pytest.raises(UsageError, match="is not a git repository"):
        prepared(Kernel(Path(f"{tree}@v6.12")))


def test_a_path_that_exists_is_that_whatever_its_name(tree: Path) -> None:
    named = tree.rename(tree.with_name("linux@work"))

    assert split(named) is None
    assert prepared(Kernel(named)) == named
