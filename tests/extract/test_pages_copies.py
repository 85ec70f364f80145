# SPDX-License-Identifier: GPL-2.0-only
"""A revision of a repository, and patches, for the world that compiles the MMU whole."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cli_process import environment

from pyfuzz.errors import UsageError
from pyfuzz.extract.pages import tree as trees
from pyfuzz.target.kernel import Kernel

MMU = "arch/x86/kvm/mmu/mmu.c"
HEADER = "arch/x86/include/asm/kvm_host.h"
FILES = {
    MMU: "int list;\n",
    HEADER: "int role;\n",
    "arch/x86/kvm/x86.h": "int vcpu;\n",
    "arch/x86/include/asm/Kbuild": "generic-y += early_ioremap.h\n",
    "include/linux/kvm_host.h": "int memslot;\n",
    "include/linux/list.h": "int hlist;\n",
    "include/sound/core.h": "int sound;\n",
    "Makefile": "VERSION = 6\nPATCHLEVEL = 12\n",
}
DIFF = """\
--- a/{0}
+++ b/{0}
@@ -1 +1 @@
-int {1};
+int {2};
"""


@pytest.fixture(autouse=True)
def build_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYFUZZ_BUILD_DIR", str(tmp_path / "build"))


@pytest.fixture
def linux(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "linux" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "linux"


@pytest.fixture
def repository(linux: Path) -> Path:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", "v6.12"]):
        subprocess.run(
            ["git", "-C", linux, *who, *command],
            check=True,
            capture_output=True,
            env=environment(GIT_CONFIG_GLOBAL="/dev/null"),
        )
    (linux / HEADER).write_text("int not_committed;\n")
    return linux


def patch_of(folder: Path, *changes: tuple[str, str, str]) -> Path:
    path = folder / "series.mbox"
    path.write_text("".join(DIFF.format(*change) for change in changes))
    return path


def test_patched_tree_has_all_headers_and_every_patched_file(linux: Path, tmp_path: Path) -> None:
    patch = patch_of(tmp_path, (MMU, "list", "other"), (HEADER, "role", "word"))

    found = trees.find(Kernel(linux, patches=(patch,), world="pages"))

    assert (found.root / MMU).read_text() == "int other;\n"
    assert (found.root / HEADER).read_text() == "int word;\n"
    assert (found.root / "arch/x86/include/asm/Kbuild").read_text() == FILES[
        "arch/x86/include/asm/Kbuild"
    ]
    assert not (found.root / "include/sound").exists()
    assert (linux / HEADER).read_text() == "int role;\n"


def test_header_that_is_changed_later_makes_another_patched_tree(
    linux: Path, tmp_path: Path
) -> None:
    kernel = Kernel(linux, patches=(patch_of(tmp_path, (MMU, "list", "other")),), world="pages")
    before = trees.find(kernel).root

    (linux / "include/linux/list.h").write_text("int changed;\n")

    after = trees.find(kernel).root
    assert after != before
    assert (before / "include/linux/list.h").read_text() == "int hlist;\n"


def test_revision_has_all_headers_and_nothing_uncommitted(repository: Path) -> None:
    found = trees.find(Kernel(Path(f"{repository}@v6.12"), world="pages"))

    assert (found.root / HEADER).read_text() == "int role;\n"
    assert (found.root / "include/linux/list.h").is_file()
    assert trees.version(found) == "6.12.0"


def test_patch_on_a_revision_leaves_the_revisions_copy_alone(
    repository: Path, tmp_path: Path
) -> None:
    at = Path(f"{repository}@v6.12")
    patch = patch_of(tmp_path, (HEADER, "role", "word"))

    patched = trees.find(Kernel(at, patches=(patch,), world="pages")).root

    assert (patched / HEADER).read_text() == "int word;\n"
    assert (trees.find(Kernel(at, world="pages")).root / HEADER).read_text() == "int role;\n"
    assert patched.name == "linux-v6.12+series"


def test_patch_that_does_not_apply_is_one_line(linux: Path, tmp_path: Path) -> None:
    patch = patch_of(tmp_path, (HEADER, "nothing", "word"))

    with pytest.raises(UsageError, match=rf"series.mbox: does not apply: .*{HEADER}"):
        trees.find(Kernel(linux, patches=(patch,), world="pages"))


def test_revision_without_headers_says_what_to_give(linux: Path, tmp_path: Path) -> None:
    (linux / "include/linux/list.h").unlink()

    with pytest.raises(UsageError, match=r"has no include/linux/list.h; .* give the whole tree"):
        trees.find(Kernel(linux, world="pages"))
