# SPDX-License-Identifier: GPL-2.0-only
"""What a vendor adds near the lists is stubbed, made up or refused, and always reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up import KVM_HOST_H, extracted, tree, variant

from pyfuzz.errors import UsageError
from pyfuzz.extract import extract
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence import binary
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import parse
from pyfuzz.target.kernel import Kernel

REMOVE_HEAD = "\tstruct pte_list_desc *block;\n\tint slot;\n\n\tif (KVM_BUG"
RMAP_REMOVE_END = "\tpte_list_remove(kvm, spte, gfn_to_rmap("


def in_remove(code: str) -> tuple[str, str]:
    """Return the change that puts a statement into pte_list_remove() of v7."""
    return REMOVE_HEAD, REMOVE_HEAD.replace("\tif (KVM_BUG", f"\t{code}\n\tif (KVM_BUG")


def in_rmap_remove(code: str) -> tuple[str, str]:
    """Return the change that puts a statement into rmap_remove() of v7."""
    return RMAP_REMOVE_END, f"\t{code}\n{RMAP_REMOVE_END}"


def test_extract_unknown_call_in_a_statement_does_nothing(tmp_path: Path) -> None:
    extraction = extracted(tmp_path, "v7", in_remove("vendor_note(kvm, spte);"))

    assert [str(stub) for stub in extraction.stubbed] == [
        "vendor_note (does nothing, in pte_list_remove)"
    ]
    assert extraction.notes() == ["left out: vendor_note (does nothing, in pte_list_remove)"]
    assert extraction.compiled


def test_extract_trace_points_and_flushes_are_left_out_quietly(tmp_path: Path) -> None:
    code = "trace_vendor(spte); kvm_flush_remote_tlbs_vendor(kvm);"

    assert extracted(tmp_path, "v7", in_remove(code)).notes() == []


def test_extract_unknown_value_that_remove_needs_is_zero_and_said(tmp_path: Path) -> None:
    code = "if (vendor_owns(spte))\n\t\treturn;"

    extraction = extracted(tmp_path, "v7", in_remove(code))

    assert "made up: vendor_owns (returns 0, in pte_list_remove)" in extraction.notes()
    assert "vendor_owns" in extraction.target.note


def test_finding_after_a_call_of_what_was_made_up_names_it(tmp_path: Path) -> None:
    code = "if (!vendor_owns(spte))\n\t\treturn;"
    extraction = extracted(tmp_path, "v7", in_remove(code))

    operations = parse("add vm0 f0 s0\nremove vm0 f0 s0", "test")
    with Runner(extraction.target) as runner:
        found = runner.run(Input(binary.encode(operations)))
    assert found
    assert all(one.message.endswith("; after a call of vendor_owns(), made up") for one in found)


def test_extract_unknown_value_that_an_option_needs_drops_the_operation(tmp_path: Path) -> None:
    code = "if (vendor_owns(spte))\n\t\treturn;"

    extraction = extracted(tmp_path, "v7", in_rmap_remove(code))

    assert "rmap-remove" not in extraction.functions
    assert extraction.notes() == [
        "not fuzzed: rmap-remove: rmap_remove depends on vendor_owns, which is unknown"
    ]


def test_extract_unknown_void_function_is_no_value(tmp_path: Path) -> None:
    change = in_rmap_remove("(vendor_note(spte), gfn++);")
    declared = ("#define PTE_LIST_EXT 14", "void vendor_note(u64 *);\n#define PTE_LIST_EXT 14")

    extraction = extracted(tmp_path, "v7", change, declared)

    assert "rmap-remove" in extraction.functions


def test_extract_callback_of_the_vendor_module_does_nothing(tmp_path: Path) -> None:
    code = "static_call(kvm_x86_drop)(kvm, gfn, spte_to_pfn(*spte));"

    extraction = extracted(tmp_path, "v7", in_rmap_remove(code))

    assert "rmap-remove" in extraction.functions


def test_extract_unknown_member_is_added_and_said(tmp_path: Path) -> None:
    code = "kvm->stat.vendor_removes++;\n\tkvm->arch.vendor_mode |= 1;"

    extraction = extracted(tmp_path, "v7", in_remove(code))

    assert extraction.members == (
        "struct kvm_arch's vendor_mode",
        "struct kvm_vm_stat's vendor_removes",
    )
    assert "made up: struct kvm_arch's vendor_mode (is 0)" in extraction.notes()


def test_extract_member_is_declared_as_the_tree_does(tmp_path: Path) -> None:
    declared = "struct kvm_arch {\n\tatomic64_t vendor_count;\n\tstruct vendor *other;\n};\n"
    root = tree(tmp_path, kvm_host=declared + KVM_HOST_H)
    mmu = root / "arch/x86/kvm/mmu/mmu.c"
    old, new = in_remove("atomic64_inc(&kvm->arch.vendor_count);")
    mmu.write_text(mmu.read_text("utf-8").replace(old, new), "utf-8")

    extraction = extract(root)

    assert "atomic64_t vendor_count;" in extraction.target.source.read_text("latin-1")


def test_extract_member_that_the_tree_does_not_have_is_an_error(tmp_path: Path) -> None:
    declared = "struct kvm_arch {\n\tint vendor_mode;\n};\n"
    root = tree(tmp_path, kvm_host=declared + KVM_HOST_H)
    mmu = root / "arch/x86/kvm/mmu/mmu.c"
    old, new = in_remove("kvm->arch.vendor_moed = 1;")
    mmu.write_text(mmu.read_text("utf-8").replace(old, new), "utf-8")

    with pytest.raises(UsageError, match="no member named 'vendor_moed'"):
        extract(root)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("spte = nowhere;", "use of undeclared identifier 'nowhere'"),
        ("block->nothing = 1;", "no member named 'nothing' in 'struct pte_list_desc'"),
        ("KVM_BUG();", "too few arguments provided to function-like macro"),
        ("slot = = 1;", "expected expression"),
    ],
)
def test_extract_mistake_in_the_kernel_is_shown_where_it_is(
    tmp_path: Path, code: str, error: str
) -> None:
    path = variant(tmp_path, "v7", in_remove(code))
    line = path.read_text("utf-8").split(code)[0].count("\n") + 1

    with pytest.raises(UsageError) as caught:
        extract(path)

    message = str(caught.value)
    assert f"mmu.c does not compile: {path}:{line}: " in message
    assert error in message
    assert "\n" not in message


def test_extract_mistake_in_an_option_drops_the_operation(tmp_path: Path) -> None:
    code = "spte = nowhere;"
    path = variant(tmp_path, "v7", in_rmap_remove(code))
    line = path.read_text("utf-8").split(code)[0].count("\n") + 1

    extraction = extract(path)

    error = f"{path}:{line}: use of undeclared identifier 'nowhere'"
    assert [str(missing) for missing in extraction.missing] == [
        f"rmap-remove: does not compile here ({error})"
    ]


def test_extract_helper_that_needs_the_unknown_is_stubbed_whole(tmp_path: Path) -> None:
    """It is a side effect: its value is not used, and it does not touch lists."""
    helper = (
        "static void vendor_account(struct kvm *kvm)\n{\n"
        "\tif (vendor_enabled())\n\t\tvendor_count(kvm);\n}\n\n"
    )
    before = ("static void pte_list_remove(", f"{helper}static void pte_list_remove(")

    extraction = extracted(tmp_path, "v7", before, in_remove("vendor_account(kvm);"))

    assert [str(stub) for stub in extraction.stubbed] == [
        "vendor_account (does nothing, in pte_list_remove)"
    ]


def test_extract_helper_that_is_complete_is_taken(tmp_path: Path) -> None:
    helper = (
        "static int vendor_calls;\nstatic void vendor_account(void)\n{\n\tvendor_calls++;\n}\n\n"
    )
    before = ("static void pte_list_remove(", f"{helper}static void pte_list_remove(")

    extraction = extracted(tmp_path, "v7", before, in_remove("vendor_account();"))

    assert extraction.stubbed == ()
    assert {"vendor_account", "vendor_calls"} <= {taken.name for taken in extraction.taken}


def test_extract_tree_brings_its_own_error_macros(tmp_path: Path) -> None:
    taken = {taken.name: taken for taken in extract(tree(tmp_path)).taken}

    assert taken["KVM_BUG_ON_DATA_CORRUPTION"].file.endswith("include/linux/kvm_host.h")
    assert taken["kvm_vm_bugged"].file.endswith("include/linux/kvm_host.h")


def test_extract_head_is_read_off_the_header_where_there_is_one(tmp_path: Path) -> None:
    root = tree(tmp_path)
    (root / "arch/x86/include/asm/kvm_host.h").write_text(
        "struct kvm_rmap_head {\n\tatomic_long_t val; /* why */\n\tu32 vendor_flags;\n};\n"
    )

    extraction = extract(root)

    assert extraction.traits.atomic_heads
    assert "u32 vendor_flags; };" in extraction.target.source.read_text("latin-1")


def test_extract_config_decides_what_is_compiled(tmp_path: Path) -> None:
    path = variant(
        tmp_path / "backport",
        "v7",
        in_remove("vendor_off();\n#ifdef CONFIG_BUG_ON_DATA_CORRUPTION\n\tvendor_on();\n#endif"),
    )

    off = extract(path)
    on = extract(Kernel(path, bug_on_data_corruption=True))

    assert [stub.name for stub in off.stubbed] == ["vendor_off"]
    assert [stub.name for stub in on.stubbed] == ["vendor_off", "vendor_on"]
    assert on.target.defines == ("CONFIG_BUG_ON_DATA_CORRUPTION=1",)
    assert (off.target.name, on.target.name) == (
        "backport-mmu.c",
        "backport-mmu.c+bug-on-data-corruption",
    )


def test_extract_rmap_add_is_not_fuzzed_where_nothing_can_recycle(tmp_path: Path) -> None:
    """Its caller zaps the list, in a function that is incomplete here."""
    change = (
        "\tbool any = false;\n\tu64 *sptep;\n\n\twhile",
        "\tbool any = vendor();\n\tu64 *sptep;\n\n\twhile",
    )

    extraction = extracted(tmp_path, "v5.10", change)

    assert extraction.notes()[1:] == [
        "not fuzzed: zap-all: kvm_zap_rmapp depends on vendor, which is unknown",
        "not fuzzed: rmap-add: its caller recycles with zap-all, which is missing",
    ]


def test_extract_zap_by_gfn_is_not_fuzzed_where_parents_cannot_be_unlinked(tmp_path: Path) -> None:
    change = (
        "\tfor (; sptep; sptep = rmap_get_first(",
        "\tfor (; vendor(); sptep = rmap_get_first(",
    )

    extraction = extracted(tmp_path, "v4.19", change)

    assert {"zap-all", "rmap-add", "parent-unlink"} <= {m.operation for m in extraction.missing}
