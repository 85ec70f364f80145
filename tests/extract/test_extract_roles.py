# SPDX-License-Identifier: GPL-2.0-only
"""Roles and traits, found by types and behaviour, not by version."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up import NAMES, extracted, text, variant

from pyfuzz.errors import UsageError
from pyfuzz.extract import extract
from pyfuzz.kinds import Kind

ALL = {
    "add": "pte_list_add",
    "remove": "__pte_list_remove",
    "zap-one": "pte_list_remove",
    "zap-all": "kvm_zap_rmapp",
    "count": "pte_list_count",
    "iterate": "rmap_get_next",
    "parent-add": "mmu_page_add_parent_pte",
    "parent-remove": "mmu_page_remove_parent_pte",
    "parent-drop": "drop_parent_pte",
    "parent-unlink": "kvm_mmu_unlink_parents",
    "rmap-add": "rmap_add",
    "rmap-remove": "rmap_remove",
}
NEWER = {
    **ALL,
    "remove": "pte_list_remove",
    "zap-one": "kvm_zap_one_rmap_spte",
    "zap-all": "kvm_zap_all_rmap_sptes",
}


def without(functions: dict[str, str], *operations: str) -> dict[str, str]:
    return {name: function for name, function in functions.items() if name not in operations}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("v4.19", without({**ALL, "remove": "pte_list_remove"}, "zap-one", "count")),
        ("v5.10", without(ALL, "count")),
        ("v5.15", {**ALL, "zap-all": "pte_list_destroy"}),
        ("v6.15", NEWER),
        ("v7", NEWER),
    ],
)
def test_extract_generation_finds_each_function(
    tmp_path: Path, name: str, expected: dict[str, str]
) -> None:
    extraction = extracted(tmp_path, name)

    assert {op: taken.name for op, taken in extraction.functions.items()} == expected
    assert {missing.operation for missing in extraction.missing} == set(ALL) - set(expected)


@pytest.mark.parametrize(
    ("name", "capacity", "count", "tail", "appends", "locked", "takes_kvm", "recycles", "policy"),
    [
        ("v4.19", 3, None, None, True, False, False, False, "BUG()"),
        ("v5.10", 3, None, None, True, False, False, False, "BUG()"),
        ("v5.15", 14, "spte_count", None, True, False, False, True, "BUG()"),
        *(
            (
                *(name, 14, "spte_count", "tail_count", False, True, True, True),
                "KVM_BUG_ON_DATA_CORRUPTION()",
            )
            for name in ("v6.15", "v7")
        ),
    ],
)
def test_extract_generation_finds_its_traits(
    tmp_path: Path,
    name: str,
    capacity: int,
    count: str | None,
    tail: str | None,
    appends: bool,
    locked: bool,
    takes_kvm: bool,
    recycles: bool,
    policy: str,
) -> None:
    traits = extracted(tmp_path, name).traits

    assert traits.capacity_value == capacity
    assert (traits.count_field, traits.tail_field) == (count, tail)
    assert (traits.appends, traits.locked_heads) == (appends, locked)
    assert (traits.takes_kvm, traits.rmap_add_recycles) == (takes_kvm, recycles)
    assert traits.policy == policy


@pytest.mark.parametrize("name", NAMES)
def test_extract_names_of_a_vendors_own_are_found_by_types(tmp_path: Path, name: str) -> None:
    """Types and behaviour decide; names only have to hint at what they do."""
    changes = [
        ("pte_list_add", "vendor_add_spte"),
        ("pte_list_remove", "vendor_remove_spte"),
        ("mmu_page_add_parent_pte", "vendor_add_parent"),
        ("mmu_page_remove_parent_pte", "vendor_remove_parent"),
        ("rmap_get_first", "vendor_first"),
        ("rmap_get_next", "vendor_next"),
    ]

    functions = extracted(tmp_path, name, *changes).functions

    assert functions["add"].name == "vendor_add_spte"
    assert functions["remove"].name.strip("_") == "vendor_remove_spte"
    assert functions["parent-add"].name == "vendor_add_parent"
    assert functions["parent-remove"].name == "vendor_remove_parent"
    assert functions["iterate"].name == "vendor_next"


def test_extract_parameters_in_another_order_are_passed_by_type(tmp_path: Path) -> None:
    old = "struct kvm *kvm, struct kvm_mmu_memory_cache *cache,\n"
    old += "\t\t\tu64 *spte, struct kvm_rmap_head *rmap_head)"
    new = "struct kvm_rmap_head *rmap_head, uint64_t *const spte,\n"
    new += "\t\t\tstruct kvm_mmu_memory_cache *cache, bool hot, struct kvm *kvm)"

    extraction = extracted(
        tmp_path,
        "v7",
        (f"pte_list_add({old}", f"pte_list_add({new}"),
        (
            "pte_list_add(kvm, cache, spte, rmap_head)",
            "pte_list_add(rmap_head, spte, cache, 0, kvm)",
        ),
        (
            "pte_list_add(kvm, cache, parent_pte, &sp->parent_ptes)",
            "pte_list_add(&sp->parent_ptes, parent_pte, cache, 0, kvm)",
        ),
    )

    generated = extraction.target.source.read_text("latin-1")
    assert "pte_list_add(head, sptep, (c)->cache, 0, (c)->kvm)" in generated


def test_extract_remove_that_clears_is_not_taken_for_the_raw_one(tmp_path: Path) -> None:
    """With __pte_list_remove() gone there is none: pte_list_remove() clears first."""
    path = variant(tmp_path, "v5.10", ("__pte_list_remove", "take_out"))

    with pytest.raises(UsageError) as caught:
        extract(path)

    assert str(caught.value).startswith(
        f"{path}: mmu.c has no function that takes an SPTE out of a list; "
        "looked for __pte_list_remove, pte_list_remove, or"
    )


def test_extract_without_add_says_so(tmp_path: Path) -> None:
    path = variant(tmp_path, "v7", ("static int pte_list_add(", "static void pte_list_add("))

    with pytest.raises(UsageError, match="has no function that puts an SPTE into a list"):
        extract(path)


def test_extract_name_that_does_not_parse_says_where_it_is(tmp_path: Path) -> None:
    path = variant(
        tmp_path, "v5.10", ("static int pte_list_add(", "static int int 7 pte_list_add)(")
    )
    line = path.read_text("utf-8").split("pte_list_add)")[0].count("\n") + 1

    with pytest.raises(UsageError, match=f"is named in line {line} but does not parse"):
        extract(path)


def test_extract_without_descriptor_says_so(tmp_path: Path) -> None:
    path = variant(tmp_path, "v5.10", ("struct pte_list_desc {", "struct other_desc {"))

    with pytest.raises(UsageError, match="defines no struct pte_list_desc"):
        extract(path)


@pytest.mark.parametrize("name", NAMES)
def test_extract_kernel_that_appends_declares_what_is_known(tmp_path: Path, name: str) -> None:
    extraction = extracted(tmp_path, name)

    known = {(known.kind, known.function) for known in extraction.target.known}
    both = {(Kind.COUNT_CONTRACT, "pte_list_add"), (Kind.COUNT_CONTRACT, "rmap_add")}
    assert known == (both if extraction.traits.appends else set())


def test_extract_other_threshold_is_not_judged_by_ours(tmp_path: Path) -> None:
    change = ("#define RMAP_RECYCLE_THRESHOLD 1000", "#define RMAP_RECYCLE_THRESHOLD (64)")

    extraction = extracted(tmp_path, "v7", change)

    assert "rmap-add" not in extraction.functions
    assert [str(missing) for missing in extraction.missing] == [
        "rmap-add: recycles above 64 entries, the harness checks for 1000"
    ]


def test_extract_untaken_branch_is_not_looked_at(tmp_path: Path) -> None:
    twice = "#ifdef CONFIG_VENDOR\n#define PTE_LIST_EXT 7\n#else\n#define PTE_LIST_EXT 3\n#endif"

    extraction = extracted(tmp_path, "v5.10", ("#define PTE_LIST_EXT 3", twice))

    assert extraction.traits.capacity_value == 3


def test_extract_taken_has_the_lines_of_the_users_file(tmp_path: Path) -> None:
    lines = text("v7").splitlines()

    for taken in extracted(tmp_path, "v7").taken:
        head = " ".join(lines[taken.line - 1 : taken.line + 1])
        assert taken.name in head, taken


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("static int pte_list_add(", "static __vendor_hot int pte_list_add("),
        ("static int pte_list_add(", "static __section(hot) __vendor(1) int\npte_list_add("),
        ("\tu64 *sptes[PTE_LIST_EXT];\n};", "\tu64 *sptes[PTE_LIST_EXT];\n} __aligned(64);"),
        (
            "\tu64 *sptes[PTE_LIST_EXT];\n};",
            "\tu64 *sptes[PTE_LIST_EXT];\n} ____cacheline_aligned;",
        ),
        ("u64 *sptes[PTE_LIST_EXT]", "u64 *sptes[(64 - 8) / sizeof(u64 *) * 2]"),
    ],
)
def test_extract_annotations_do_not_hide_a_definition(tmp_path: Path, old: str, new: str) -> None:
    extraction = extracted(tmp_path, "v7", (old, new))

    assert extraction.functions["add"].name == "pte_list_add"
    assert extraction.compiled
