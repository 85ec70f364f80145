# SPDX-License-Identifier: GPL-2.0-only
"""List code that is not in mmu.c but in another C file of its folder."""

from __future__ import annotations

import os
import random
import tarfile
from pathlib import Path

import debian
import made_up
import pytest
from lockstep import first_difference
from moved import copied, move

from pyfuzz.errors import UsageError
from pyfuzz.extract import extract, source
from pyfuzz.extract.pages import extractor as pages
from pyfuzz.extract.pages import tree as pages_tree
from pyfuzz.sequence.binary import decode
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.lists import module as lists_module

IN_V7 = (
    *("PTE_LIST_EXT", "struct pte_list_desc", "KVM_RMAP_MANY", "KVM_RMAP_LOCKED"),
    *("pte_list_desc_cache", "mmu_free_pte_list_desc", "kvm_rmap_get", "__kvm_rmap_lock"),
    *("kvm_rmap_lock", "kvm_rmap_unlock", "block_of", "pte_list_add"),
    *("pte_list_desc_remove_entry", "pte_list_remove"),
)
IN_DEBIAN = (
    *("PTE_LIST_EXT", "struct pte_list_desc", "pte_list_desc_cache", "mmu_free_pte_list_desc"),
    *("pte_list_add", "pte_list_desc_remove_entry", "pte_list_remove", "pte_list_count"),
)
OF_VERSION: dict[str, tuple[str, ...]] = {"6.1": (), "6.12": ("KVM_RMAP_MANY",)}


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """A made-up kernel of 7.x with its list code in rmap.c."""
    root = made_up.tree(tmp_path / "linux")
    move(root, "rmap.c", *IN_V7)
    return root


def test_extract_list_code_in_another_file_is_found(split: Path, tmp_path: Path) -> None:
    whole = extract(made_up.tree(tmp_path / "whole"))

    extraction = extract(split)

    rmap = str(split / "arch/x86/kvm/mmu/rmap.c")
    assert extraction.functions["add"].file == rmap
    assert extraction.functions["zap-all"].file.endswith("/mmu.c")
    assert extraction.functions.keys() == whole.functions.keys()
    assert (extraction.traits, extraction.notes()) == (whole.traits, whole.notes())
    assert extraction.sha256 != whole.sha256


def test_extract_list_code_in_another_file_of_a_tarball_is_found(
    split: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "linux.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(split, arcname="linux-7.3")

    found = extract(archive).functions["add"]

    assert found.file == f"{archive}:arch/x86/kvm/mmu/rmap.c"


def test_extract_patch_to_another_file_applies(split: Path, tmp_path: Path) -> None:
    patch = tmp_path / "rename.patch"
    patch.write_text(
        "--- a/arch/x86/kvm/mmu/rmap.c\n+++ b/arch/x86/kvm/mmu/rmap.c\n@@ -1,3 +1,4 @@\n"
        ' #include "mmu.h"\n+/* patched */\n #include "mmu_internal.h"\n #include "rmap.h"\n'
    )

    plain, patched = extract(split), extract(Kernel(split, patches=(patch,)))

    assert patched.functions["add"].line == plain.functions["add"].line + 1


def test_extract_other_files_without_lists_are_not_read(split: Path) -> None:
    folder = split / "arch/x86/kvm/mmu"
    (folder / "spte.c").write_text("static u64 spte;\n")
    (folder / "folder.c").mkdir()
    os.mkfifo(folder / "fifo.c")

    assert [Path(file.path).name for file in source.find(split).code] == ["mmu.c", "rmap.c"]


def test_extract_missing_function_names_every_file_that_was_read(split: Path) -> None:
    rmap = split / "arch/x86/kvm/mmu/rmap.c"
    rmap.write_text(rmap.read_text("utf-8").replace("void pte_list_remove(", "void gone("), "utf-8")
    header = split / "arch/x86/kvm/mmu/rmap.h"
    declared = header.read_text("utf-8").split("void pte_list_remove(")[0].count("\n") + 1

    with pytest.raises(UsageError) as caught:
        extract(split)

    assert "neither mmu.c nor rmap.c has a function that takes an SPTE out of" in str(caught.value)
    assert f"pte_list_remove is declared in {header}:{declared}, but defined neither there" in str(
        caught.value
    )


def test_extract_unparsable_function_of_another_file_is_named_there(split: Path) -> None:
    rmap = split / "arch/x86/kvm/mmu/rmap.c"
    text = rmap.read_text("utf-8")
    text = text.replace("int pte_list_add(", "int int 7 pte_list_add)(")
    rmap.write_text(text, "utf-8")
    line = text.split("pte_list_add)")[0].count("\n") + 1

    with pytest.raises(UsageError, match=rf"pte_list_add is named in line {line} of {rmap} but"):
        extract(split)


def test_extract_same_name_with_two_meanings_is_refused(split: Path) -> None:
    """One file is compiled from both, so one would get the other's helper."""
    folder = split / "arch/x86/kvm/mmu"
    helper = "static int vendor_bias(void)\n{{\n\treturn {};\n}}\n"
    for name, number, function in (("mmu.c", 0, "rmap_remove"), ("rmap.c", 1, "pte_list_add")):
        text = (folder / name).read_text("utf-8")
        head = next(line for line in text.split("\n") if f" {function}(" in line)
        body = text[text.index(head) :].replace("{\n", "{\n\tint bias = vendor_bias();\n", 1)
        changed = text[: text.index(head)] + helper.format(number) + body
        (folder / name).write_text(changed.replace("\tint before = 0;", "\tint before = bias;"))

    with pytest.raises(UsageError, match=r"rmap\.c:\d+: vendor_bias is defined in .*mmu\.c:\d+"):
        extract(split)


def test_extract_same_name_that_only_one_file_uses_is_no_matter(split: Path) -> None:
    for name, number in (("mmu.c", 0), ("rmap.c", 1)):
        with (split / "arch/x86/kvm/mmu" / name).open("a") as file:
            file.write(f"static int vendor_bias(void)\n{{\n\treturn {number};\n}}\n")

    assert extract(split).compiled


@pytest.mark.slow
@pytest.mark.kernels
@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_kernel_with_moved_list_code_behaves_the_same(version: str, tmp_path: Path) -> None:
    tree = copied(debian.source(version), tmp_path / "linux")
    move(tree, "rmap.c", *IN_DEBIAN, *OF_VERSION[version])

    extraction = extract(tree)

    whole = debian.extracted(version)
    assert extraction.functions["remove"].file.endswith("/rmap.c")
    assert (extraction.traits, extraction.notes()) == (whole.traits, [])
    modules = [lists_module.load(one.target) for one in (extraction, whole)]
    for seed in range(4):
        operations = decode(random.Random(seed).randbytes(160))
        assert first_difference(modules[0], modules[1], operations) == ""


@pytest.mark.kernels
@pytest.mark.slow
def test_kernel_with_moved_list_code_compiles_whole(tmp_path: Path) -> None:
    whole = pages_tree.find(Kernel(debian.source("6.12", tarball=True), world="pages"))
    tree = copied(whole.root, tmp_path / "linux")
    moved = move(tree, "rmap.c", *IN_DEBIAN, *OF_VERSION["6.12"])

    extraction = pages.extract(Kernel(tree, world="pages"))

    assert str(moved) in extraction.code
    assert "pte_list_add" not in extraction.made_up


def test_file_that_mmu_c_includes_is_not_compiled_again(tmp_path: Path) -> None:
    folder = tmp_path / "arch/x86/kvm/mmu"
    folder.mkdir(parents=True)
    lists = "void f(struct kvm_rmap_head *head) { pte_list_add(0, 0, head); }\n"
    (folder / "mmu.c").write_text('#ifdef CONFIG_KVM_MMU_AUDIT\n#include "mmu_audit.c"\n#endif\n')
    (folder / "mmu_audit.c").write_text(lists)
    (folder / "mmu_more.c").write_text(lists)

    code = pages_tree.Tree(tmp_path, tmp_path).code()

    assert [path.name for path in code] == ["mmu.c", "mmu_more.c"]
