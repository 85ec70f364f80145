# SPDX-License-Identifier: GPL-2.0-only
"""Traits of other kernels than Debian's, and trees that lack headers, in the world pages."""

from __future__ import annotations

from pathlib import Path

import debian
import pytest
from moved import copied

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.extract import extract
from pyfuzz.extract.check import CompileError
from pyfuzz.extract.pages import compile as compiling
from pyfuzz.extract.pages import extractor as pages
from pyfuzz.extract.pages import generate, symbols
from pyfuzz.extract.pages import tree as pages_tree
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence import text as sequence_text
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.pages.text import HEADER
from pyfuzz.worlds.pages.trace import GUEST_FAULT

MMU = "arch/x86/kvm/mmu/mmu.c"
FILES = {
    MMU: "",
    "arch/x86/include/asm/kvm_host.h": "",
    "include/linux/kvm_host.h": "",
    "include/linux/list.h": "",
    "include/linux/kconfig.h": "#include <generated/autoconf.h>\n",
    "include/linux/compiler_types.h": "",
}


@pytest.fixture
def linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYFUZZ_BUILD_DIR", str(tmp_path / "build"))
    for name, text in FILES.items():
        path = tmp_path / "linux" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "linux"


def why_not(linux: Path, mmu: str) -> str:
    (linux / MMU).write_text(mmu)
    with pytest.raises(UsageError) as caught:
        pages.extract(Kernel(linux, world="pages"))
    return str(caught.value)


def test_tree_without_a_header_says_which_it_lacks(linux: Path) -> None:
    said = why_not(linux, "#include <linux/vendor.h>\n#include <kvm/iodev.h>\nvendor_t vendor;\n")

    assert "mmu.c:3: unknown type name 'vendor_t'" in said
    assert "the tree lacks kvm/iodev.h and 1 other header: give the whole tree" in said


def test_tree_beside_the_current_folder_is_read_by_its_relative_path(
    linux: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (linux / MMU).write_text("vendor_t vendor;\n")
    (linux.parent / "here").mkdir()
    monkeypatch.chdir(linux.parent / "here")

    with pytest.raises(UsageError) as caught:
        pages.extract(Kernel(Path("../linux"), world="pages"))

    assert "mmu.c:1: unknown type name 'vendor_t'" in str(caught.value)


def test_whole_tree_that_does_not_compile_lacks_no_header(linux: Path) -> None:
    said = why_not(linux, "vendor_t vendor;\n")

    assert "unknown type name 'vendor_t'; fuzz its lists with --world lists" in said
    assert "lacks" not in said


def test_version_of_the_compiler_is_there_for_headers_that_ask(linux: Path) -> None:
    code = "int clang[CONFIG_CLANG_VERSION >= 110000 ? 1 : -1];\n"
    source = linux.parent / "a.c"
    source.write_text(code)
    tree = pages_tree.Tree(linux, linux)

    outcome = compiling.preprocess(source, linux.parent / "a.i.c", tree, [linux / "include"], ())

    assert not outcome.errors
    assert not compiling.check(linux.parent / "a.i.c", linux.parent / "a.o").errors


def test_structure_that_pyfuzz_does_not_know_is_not_called_the_kernels_mistake(linux: Path) -> None:
    asked = Kernel(linux, world="pages")
    ours = paths.csrc() / "worlds/pages/kernel/caches.h"

    said = pages.failed(asked, CompileError(str(ours), 7, "no member named 'x'"), frozenset())

    assert f"{linux}: its structures are not as in the kernels that pyfuzz knows" in str(said)
    assert "caches.h:7: no member named 'x'" in str(said)


@pytest.mark.parametrize(
    "attributes",
    ['__section__(".data..read_mostly")', 'unused, __section__ ("__param"), aligned(8)'],
)
def test_variables_of_headers_up_to_5_9_are_where_all_are(linux: Path, attributes: str) -> None:
    source, result = linux.parent / "a.c", linux.parent / "a.i.c"
    source.write_text(f"int variable __attribute__(({attributes})) = 1;\n")
    tree = pages_tree.Tree(linux, linux)

    compiling.preprocess(source, result, tree, [linux / "include"], ())

    assert not compiling.check(result, linux.parent / "a.o").errors
    assert symbols.scattered(linux.parent / "a.o") == []


@pytest.mark.parametrize("name", [MMU, "include/linux/kvm_host.h"])
def test_pointer_of_git_lfs_is_told_from_the_file(linux: Path, name: str) -> None:
    (linux / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n")

    with pytest.raises(UsageError, match=rf"{name}: is a pointer of Git LFS, .* git lfs pull"):
        pages.extract(Kernel(linux, world="pages"))


def test_pointer_of_git_lfs_is_told_in_the_world_lists(linux: Path) -> None:
    (linux / MMU).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n")

    with pytest.raises(UsageError, match=rf"{MMU}: is a pointer of Git LFS, .* git lfs pull"):
        extract(Kernel(linux))


@pytest.mark.parametrize(
    ("member", "answer"), [("atomic_t last_used_slot", True), ("atomic_t lru_slot", False)]
)
def test_name_of_the_slot_that_was_used_last_is_asked_for(
    tmp_path: Path, member: str, answer: bool
) -> None:
    mmu = tmp_path / "mmu.c"
    mmu.write_text(f"typedef int atomic_t;\nstruct kvm_memslots {{ {member}; }};\n")
    source = tmp_path / "probes.c"
    source.write_text(generate.probing([mmu]).replace('#include "worlds', '//#include "worlds'))

    have, _ = generate.answered(compiling.check(source, tmp_path / "probes.o").errors)

    assert ("LAST_USED_SLOT" in have) is answer


def own(tree: Path, name: str) -> Path:
    """Make a file of a copied tree, below a folder that is a link, one of its own."""
    place = tree
    for part in name.split("/"):
        if place.is_symlink():
            linked = place.resolve()
            place.unlink()
            place.mkdir()
            for one in linked.iterdir():
                (place / one.name).symlink_to(one)
        place /= part
    text = place.read_bytes()
    place.unlink()
    place.write_bytes(text)
    return place


def edit(path: Path, old: str, new: str, times: int) -> None:
    text = path.read_text()
    assert text.count(old) == times, f"{path} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new))


@pytest.mark.kernels
@pytest.mark.slow
def test_kernel_with_traits_of_5_14_gets_through_an_access(tmp_path: Path) -> None:
    """A guest's entry is marked as accessed through its page; nothing bugs a VM."""
    whole = pages_tree.find(Kernel(debian.source("6.1", tarball=True), world="pages"))
    tree = copied(whole.root, tmp_path / "linux")
    mark = (
        "({ struct page *page; get_user_pages_fast((unsigned long)ptep_user, 1, 0, &page) == 1 ? "
        "(((pt_element_t *)page_address(page))[index] = pte, 0) : -EFAULT; });"
    )
    old = "__try_cmpxchg_user(ptep_user, &orig_pte, pte, fault);"
    edit(tree / "arch/x86/kvm/mmu/paging_tmpl.h", old, mark, 1)
    edit(own(tree, "include/linux/kvm_host.h"), "vm_bugged", "vm_is_broken", 7)

    extraction = pages.extract(Kernel(tree, world="pages"))

    assert "VM_BUGGED" not in extraction.have
    assert (extraction.made_up, extraction.absent) == ((), ())
    operations = sequence_text.parse(f"{HEADER}\naccess vm0 cpu0 write 0:0:0:0\n", "a test")
    with Runner(extraction.target) as runner:
        entries = list(runner.trace(list(operations)))
    assert not [one for entry in entries for one in entry.findings]
    assert not [fact for entry in entries for fact in entry.facts if fact.endswith(GUEST_FAULT)]
