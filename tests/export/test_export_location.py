# SPDX-License-Identifier: GPL-2.0-only
"""A target's text as one, and the place of a finding in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfuzz.export import seam
from pyfuzz.export.flatten import flatten
from pyfuzz.export.location import locate
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import EXTRACTED, Target
from pyfuzz.worlds.lists.operation import Opcode

KERNEL = """\
/* Generated */
#include "shim/shim.h"
#line 7 "/home/me/linux/include/linux/kvm_types.h"
struct other {
	int x;
};
#line 900 "/home/me/linux/arch/x86/kvm/mmu/mmu.c"
static int pte_list_add(struct kvm_mmu_memory_cache *cache, u64 *spte,
			struct kvm_rmap_head *rmap_head);
static int pte_list_add(struct kvm_mmu_memory_cache *cache, u64 *spte,
			struct kvm_rmap_head *rmap_head)
{
#ifdef CONFIG_X
	return pte_list_add(1);
#endif
}
#line 30 "the generated target"
#define PYFUZZ_ADD(c, sptep, head) pte_list_add((c)->cache, \\
	sptep, head)
#define PYFUZZ_REMOVE(c, sptep, head) pte_list_remove((c)->kvm, sptep, head, *sptep)
#define PYFUZZ_ADD_NAME "pte_list_add"
#include "adapter.h"
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Target:
    source = tmp_path / "target.c"
    source.write_text(KERNEL)
    return Target("linux", EXTRACTED, "BUG()", source)


def test_text_of_a_port_has_each_file_once_and_only_its_own_branches() -> None:
    lines = flatten(catalogue.get("v5.10"))
    text = "\n".join(line.text for line in lines)

    assert text.count("struct kvm_rmap_head {") == 1
    assert "rmap_insert(" in text and "static void rmap_add(" not in text
    assert "#ifdef PYFUZZ_" not in text and '#include "' not in text
    assert "PORT_DIES" in text


def test_text_of_a_port_knows_where_each_line_is_from() -> None:
    target = catalogue.get("rfc-v4")
    lines = {line.file: line for line in flatten(target) if "PORT_BUGS_VM(format" in line.text}

    assert list(lines) == ["csrc/ports/rfc-v4.c"]
    line = lines["csrc/ports/rfc-v4.c"]
    assert (
        target.source.read_text()
        .splitlines()[line.number - 1]
        .startswith("#define PORT_BUGS_VM(format")
    )
    assert line.text.count("\n") == 4


def test_place_of_a_kernel_s_finding_is_in_its_tree(kernel: Target) -> None:
    places = [locate(kernel, "pte_list_add", line) for line in (0, 905, 2000)]
    lost = locate(kernel, "vcpu_enter_guest", 0)

    assert [("arch/x86/kvm/mmu/mmu.c", line) for line in (902, 905, 902)] == [
        (place.file, place.line) for place in places
    ]
    assert (lost.file, lost.line) == ("arch/x86/kvm/mmu/mmu.c", 1)


@pytest.mark.parametrize(
    ("mmu", "header"),
    [
        ("/srv/include/arch/x86/linux/arch/x86/kvm/mmu/mmu.c", "include/linux/kvm_types.h"),
        ("/home/me/linux-6.1.tar.xz:arch/x86/kvm/mmu/mmu.c", "include/linux/kvm_types.h"),
        ("arch/x86/kvm/mmu.c", "include/linux/kvm_types.h"),
    ],
)
def test_place_in_any_tree_is_relative_to_its_root(tmp_path: Path, mmu: str, header: str) -> None:
    inside = mmu[mmu.rindex("arch/x86/kvm/") :]
    root = mmu.removesuffix(inside)
    text = KERNEL.replace("/home/me/linux/arch/x86/kvm/mmu/mmu.c", mmu)
    text = text.replace("/home/me/linux/include", f"{root}include")
    text = text.replace("struct other {\n\tint x;\n};", "static int helper(void)\n{\n}\n")
    (tmp_path / "target.c").write_text(text)
    target = Target("linux", EXTRACTED, "BUG()", tmp_path / "target.c")

    assert inside == locate(target, "pte_list_add", 905).file
    assert (header, 7) == (locate(target, "helper", 0).file, locate(target, "helper", 0).line)


def test_place_in_a_file_alone_is_relative_to_the_current_folder_if_it_is_in_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = tmp_path / "kvm" / "mmu.c"
    text = KERNEL.replace("/home/me/linux/arch/x86/kvm/mmu/mmu.c", str(alone))
    (tmp_path / "target.c").write_text(text)
    target = Target("mmu", EXTRACTED, "BUG()", tmp_path / "target.c")

    outside = locate(target, "pte_list_add", 905).file
    monkeypatch.chdir(tmp_path)

    assert (str(alone), "kvm/mmu.c") == (outside, locate(target, "pte_list_add", 905).file)


def test_place_of_a_port_s_finding_is_where_its_function_is() -> None:
    place = locate(catalogue.get("v5.10"), "__pte_list_remove", 0)
    nowhere = locate(catalogue.get("v5.10"), "", 0)

    assert place.file == "csrc/ports/v5.10.c"
    assert (nowhere.file, nowhere.line) == ("csrc/ports/v5.10.c", 1)


def test_calls_of_a_kernel_are_plain_and_its_operations_are_known(kernel: Target) -> None:
    kept, calls = seam.split(flatten(kernel))

    added = calls.call("ADD", "2", sptep="the_spte(2, s)", head="the_head(2, 5)")
    removed = calls.call("REMOVE", "0", sptep="S", head="sptep")

    assert added == "pte_list_add(the_cache(2), the_spte(2, s), the_head(2, 5))"
    assert removed == "pte_list_remove(the_vm(0), S, sptep, *S)"
    assert {Opcode.ADD, Opcode.REMOVE_STRAY, Opcode.DESTROY} <= calls.opcodes
    assert Opcode.COUNT not in calls.opcodes
    assert not any("PYFUZZ_ADD" in line.text for line in kept)
