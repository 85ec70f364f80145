# SPDX-License-Identifier: GPL-2.0-only
"""For each kind of finding: a port, an edit that causes it, and a sequence that shows it."""

from __future__ import annotations

from plants import Edit

from pyfuzz.kinds import Kind

SINGLE_STRAY = "add vm0 f0 s0\nremove vm0 f0 s9"
MANY_STRAY = "add vm0 f0 s0 x2\nremove vm0 f0 s9"

OF_OTHER_WORLDS = frozenset(
    kind for kind in Kind if kind.number > Kind.STALE_SPTE.number and kind is not Kind.MISSED_FLUSH
)
"""What no sequence of the lists world shows."""

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
    Kind.MISSED_FLUSH: (
        "v6.6",
        Edit(
            "ports/headdesc.h",
            "	PORT_UNLOCK(rmap_head, 0);\n	return true;",
            "	PORT_UNLOCK(rmap_head, 0);\n	return false;",
        ),
        "add vm0 f0 s0 x2\nzap-all vm0 f0",
    ),
}
