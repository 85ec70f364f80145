# SPDX-License-Identifier: GPL-2.0-only
"""Every kind of finding: a cause is planted, and that kind is seen, alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from plants import Edit, plant

from pyfuzz.kinds import Kind
from pyfuzz.module import compiled
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.lists import binary

SINGLE_STRAY = "add vm0 f0 s0\nremove vm0 f0 s9"
MANY_STRAY = "add vm0 f0 s0 x2\nremove vm0 f0 s9"


def kinds_of(target: Target, text: str) -> set[Kind]:
    module = compiled.load(target)
    module.set_hang_limit(50)
    module.run(binary.encode(binary.parse(text, "test")))
    return {finding.kind for finding in module.last().findings}


@pytest.mark.parametrize(
    ("port", "text", "expected"),
    [
        ("bug", "remove vm0 f0 s9", {Kind.HOST_BUG}),
        ("bug", SINGLE_STRAY, {Kind.HOST_BUG}),
        ("bug", MANY_STRAY, {Kind.HOST_BUG}),
        ("rfc-v2", "context kworker\nremove vm0 f0 s9", {Kind.HOST_FAULT}),
        ("rfc-v2", "context vm1 cpu0\nremove vm0 f0 s9", {Kind.WRONG_VM}),
        ("rfc-v2", SINGLE_STRAY, {Kind.LOST_ENTRY}),
        ("rfc-v2", "remove vm0 f0 s9 x2", {Kind.LOG_FLOOD}),
        ("rfc-v3", SINGLE_STRAY, {Kind.LOST_ENTRY}),
        ("rfc-v3", "add vm1 f0 s0\nremove vm0 vm1:f0 s0", {Kind.WRONG_VM}),
        ("rfc-v3", "remove vm0 f0 s9 x2", {Kind.LOG_FLOOD}),
        ("rfc-v4", "remove vm0 f0 s9 x2", set()),
        ("rfc-v4", SINGLE_STRAY, set()),
        ("rfc-v4", MANY_STRAY, set()),
        ("rfc-v4", "add vm0 f0 s0 x20\nremove vm0 f0 s0\nadd vm0 f0 s30", {Kind.COUNT_CONTRACT}),
        ("v5.10", "remove vm0 f0 s9", {Kind.HOST_BUG}),
        ("v5.10", "add vm0 f0 s0 x5\nremove vm0 f0 s0\nadd vm0 f0 s30", {Kind.COUNT_CONTRACT}),
        ("v6.6", MANY_STRAY, set()),
        ("v6.6-corruption-bug", MANY_STRAY, {Kind.HOST_BUG}),
        ("v6.15", MANY_STRAY, set()),
    ],
)
def test_port_with_an_error_shows_its_policy(port: str, text: str, expected: set[Kind]) -> None:
    assert expected == kinds_of(catalogue.get(port), text)


PLANTED = {
    Kind.HOST_FAULT: (
        "v6.6",
        Edit(
            "ports/headdesc.h",
            "return rmap_desc(val)->tail_count",
            "return rmap_desc(0)->tail_count",
        ),
        "add vm0 f0 s0 x2\ncount vm0 f0",
    ),
    Kind.HANG: (
        "v6.6",
        Edit("ports/headdesc.h", "KVM_BUG_ON_DATA_CORRUPTION(true, kvm);", "for (;;) cpu_relax();"),
        MANY_STRAY,
    ),
    Kind.UNFLAGGED_ERROR: (
        "v6.6",
        Edit("ports/headdesc.h", "	KVM_BUG_ON_DATA_CORRUPTION(true, kvm);", "	;"),
        MANY_STRAY,
    ),
    Kind.FALSE_ALARM: (
        "v6.6",
        Edit(
            "ports/headdesc.h",
            "	KVM_BUG_ON_DATA_CORRUPTION(last < 0, kvm);",
            "	KVM_BUG_ON(!last, kvm);",
        ),
        "add vm0 f0 s0 x2\nremove vm0 f0 s0 x2",
    ),
    Kind.GHOST_ENTRY: (
        "rfc-v4",
        Edit(
            "ports/append.h",
            "			PORT_SINGLE(kvm, sptep);\n		rmap_head->val = 0;",
            "			PORT_SINGLE(kvm, sptep);",
        ),
        "add vm0 f0 s0\nremove vm0 f0 s0",
    ),
    Kind.ITERATOR: (
        "v6.6",
        Edit("ports/iterator.h", "++iter->pos == PTE_LIST_EXT", "++iter->pos == PTE_LIST_EXT - 1"),
        "add vm0 f0 s0 x14\niterate vm0 f0",
    ),
    Kind.SHAPE: (
        "v6.6",
        Edit("ports/headdesc.h", "desc->tail_count = count;", "desc->tail_count = 0;"),
        "add vm0 f0 s0 x15",
    ),
    Kind.LEAK: (
        "v6.6",
        Edit("ports/headdesc.h", "	kmem_cache_free(pte_list_desc_cache, head);\n", ""),
        "add vm0 f0 s0 x2\nremove vm0 f0 s0 x2",
    ),
    Kind.DOUBLE_FREE: (
        "v6.6",
        Edit(
            "ports/headdesc.h",
            "	kmem_cache_free(pte_list_desc_cache, head);\n",
            "	kmem_cache_free(pte_list_desc_cache, head);\n" * 2,
        ),
        "add vm0 f0 s0 x2\nremove vm0 f0 s0 x2",
    ),
    Kind.TEARDOWN: (
        "rfc-v4",
        Edit(
            "ports/append.h",
            "	rmap_head->val = 0;\n	if (!(val & RMAP_MANY)) {",
            "	if (!(val & RMAP_MANY)) {",
        ),
        "add vm0 f0 s0",
    ),
    Kind.REQUEST: (
        "v6.6",
        Edit("shim/instrumented.h", "	kvm_make_all_cpus_request(kvm, KVM_REQ_VM_DEAD);\n", ""),
        MANY_STRAY,
    ),
    Kind.STALE_SPTE: (
        "v6.6",
        Edit("ports/callers.h", "	mmu_spte_clear_no_track(parent_pte);\n", ""),
        "parent-add vm0 p0 s0\nparent-drop vm0 p0 #0",
    ),
}


@pytest.mark.parametrize("kind", PLANTED, ids=lambda kind: kind.value)
def test_planted_cause_is_found_as_its_kind_alone(kind: Kind, tmp_path: Path) -> None:
    port, edit, text = PLANTED[kind]

    before = kinds_of(catalogue.get(port), text)
    after = kinds_of(plant(port, tmp_path, edit), text)

    assert (set(), {kind}) == (before, after)


def test_planted_tagged_head_without_descriptor_is_a_shape(tmp_path: Path) -> None:
    edit = Edit(
        "ports/headdesc.h",
        "val = head->more ? rmap_many(head->more) : 0;",
        "val = rmap_many(head->more);",
    )

    found = kinds_of(plant("v6.6", tmp_path, edit), "add vm0 f0 s0 x2\nremove vm0 f0 s0 x2")

    assert {Kind.SHAPE} == found


def test_kinds_all_are_planted_or_shown_by_a_port() -> None:
    shown = {
        Kind.HOST_BUG,
        Kind.WRONG_VM,
        Kind.LOST_ENTRY,
        Kind.COUNT_CONTRACT,
        Kind.LOG_FLOOD,
    }
    assert set(Kind) == shown | set(PLANTED)
