# SPDX-License-Identifier: GPL-2.0-only
"""Reverted fixes of real bugs in the port "pages", and causes of each kind of finding.

Each has a sequence of a few operations that shows it, and the expected kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

from plants import Edit

from pyfuzz.kinds import Kind

# The second access makes the table of the first one out of sync; then it is changed.
_OUT_OF_SYNC = (
    "access vm0 cpu0 read 0:0:0:0\n"
    "access vm0 cpu0 write 0:1:1:1\n"
    "poke vm0 cpu0 0:0:0:0 frame 0x201\n"
)
# Dirty logging of the first data, as KVM turns it on.
_LOGGED = "dirty-log vm0 slot1 on\nwrite-protect vm0 slot1 4K\n"
_REUSE = "		if (child->gfn == gfn && child->role.word == role.word)"


@dataclass(frozen=True, slots=True)
class Bug:
    """A mistake in the port: the edit, the sequence that shows it, and the kinds."""

    edits: tuple[Edit, ...]
    text: str
    kinds: frozenset[Kind]


def _bug(file: str, old: str, new: str, text: str, *kinds: Kind) -> Bug:
    edit = Edit(f"ports/pages/{file}", old, new)
    return Bug((edit,), "# pyfuzz sequence 2 pages\n" + text, frozenset(kinds))


REAL: dict[str, Bug] = {
    "0cb2af2ea66a (CVE-2026-46113), a child of another gfn is used again": _bug(
        "shadow.h",
        _REUSE,
        "		if (child)",
        "access vm0 cpu0 fetch 0:0:2:0\n"
        "poke vm0 cpu0 0:0:2 large 0x401\n"
        "access vm0 cpu0 fetch 0:0:2:0\n",
        Kind.WARNING,
        Kind.WRONG_GFN,
    ),
    "81ccda30b4e8 (CVE-2026-53359), a child of another role is used again": _bug(
        "shadow.h",
        _REUSE,
        "		if (child->gfn == gfn)",
        "access vm0 cpu0 fetch 0:0:2:0\n"
        "poke vm0 cpu0 0:0:2 table 0x200\n"
        "access vm0 cpu0 read 0:0:2:0\n",
        Kind.WARNING,
        Kind.WRONG_GFN,
    ),
    "aad885e77496 (CVE-2026-23401), an MMIO SPTE over a present one": _bug(
        "fault.h",
        "	if (is_shadow_present_pte(*sptep)) {\n		if (slot &&",
        "	if (slot && is_shadow_present_pte(*sptep)) {\n		if (slot &&",
        "access vm0 cpu0 read 0:0:0:0\n"
        "poke vm0 cpu0 0:0:0:0 frame 0x900\n"
        "access vm0 cpu0 read 0:0:0:0\n",
        Kind.ORPHAN_ENTRY,
    ),
    "5.13, the generation of an MMIO SPTE makes it look present": _bug(
        "spte.h",
        "#define MMIO_GEN_LOW_BITS 8",
        "#define MMIO_GEN_LOW_BITS 9",
        "mmio-generation vm0 40\naccess vm0 cpu0 read 0:0:1:2\n",
        Kind.MISSING_ENTRY,
    ),
    "817fa998362d, the NX recovery looks in the wrong address space": _bug(
        "host.h",
        "		slot = gfn_to_slot(kvm, sp->role, sp->gfn);",
        "		slot = gfn_to_slot(kvm, (union kvm_mmu_page_role){ .word = 0 }, sp->gfn);",
        "mode vm0 cpu0 4level smm\naccess vm0 cpu0 fetch 0:1:2:0\nrecover-nx vm0\n",
        Kind.WARNING,
    ),
    "84e5ffd045f3, the root over a guest with a level less is an ordinary one": _bug(
        "vm.h",
        "	role.passthrough = mmu->mode == PAGES_NESTED;\n",
        "",
        "mode vm0 cpu0 nested4\naccess vm0 cpu0 read 0:0:0:0\n",
        Kind.WRONG_ROLE,
    ),
    "ef057cbf825e, the largest page is asked for a gfn outside of the slot": _bug(
        "host.h",
        "	if (sp->gfn < slot->base_gfn || sp->gfn >= slot->base_gfn + slot->npages)",
        "	if (0)",
        "mode vm0 cpu0 nonpaging\naccess vm0 cpu0 read 0:0:3:2\ncollapse vm0 slot1\n",
        Kind.HOST_FAULT,
    ),
}

CAUSES: dict[str, Bug] = {
    "a root that was zapped stays loaded": _bug(
        "adapter.h",
        "	if (v->mmu.root && is_obsolete(v->kvm, v->mmu.root))",
        "	if (0)",
        "access vm0 cpu0 read 0:0:0:0\nzap-all vm0\naccess vm0 cpu0 read 0:0:0:0\n",
        Kind.WRONG_ROLE,
    ),
    "a child of another access is used again": _bug(
        "shadow.h",
        "child->role.word == role.word",
        "child->role.direct == role.direct && child->role.level == role.level",
        "access vm0 cpu0 read 0:0:0:0\n"
        "poke vm0 cpu0 0:0:0 table 0x16 read-only\n"
        "access vm0 cpu0 read 0:0:0:0\n",
        Kind.WRONG_ROLE,
    ),
    "the table of the level above is shadowed": _bug(
        "fault.h",
        "w->table_gfn[level - 1]",
        "w->table_gfn[level]",
        "access vm0 cpu0 read 0:0:0:0\n",
        Kind.WRONG_GFN,
    ),
    "KVM is told of a PDE and keeps the page below it": _bug(
        "fault.h",
        "		zap_entry(kvm, sp, sp->spt + offset / 8);",
        "		if (sp->role.level == 1)\n			zap_entry(kvm, sp, sp->spt + offset / 8);",
        "access vm0 cpu0 read 0:0:0:0\nwrite vm0 cpu0 0:0:0 table 0x17\n",
        Kind.WRONG_ROLE,
    ),
    "no page below the first level may be used from user mode": _bug(
        "spte.h",
        "SPTE_WRITABLE | SPTE_USER | SPTE_ACCESSED;",
        "SPTE_WRITABLE | SPTE_ACCESSED;",
        "access vm0 cpu0 read 0:0:0:0 user\n",
        Kind.WRONG_ACCESS,
    ),
    "no frame is mapped writable": _bug(
        "spte.h",
        "	if (access & ACC_WRITE)\n		spte |= SPTE_WRITABLE",
        "	if (access & ACC_WRITE)\n		spte |= SPTE_HOST_WRITABLE",
        "access vm0 cpu0 write 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "no frame may be executed": _bug(
        "spte.h",
        "	if (!(access & ACC_EXEC))",
        "	if (access)",
        "access vm0 cpu0 fetch 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "a table of a higher level may be written": _bug(
        "guest.h",
        "			if (sp->role.level > 1 || !may_unsync)\n				return false;",
        "			if (sp->role.level > 5)\n				return false;",
        "poke vm0 cpu0 0:0:0:0 frame 0x14\naccess vm0 cpu0 write 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "what the levels above deny is forgotten": _bug(
        "guest.h",
        "		w->access &= gpte_access(gpte);",
        "		w->access = gpte_access(gpte);",
        "write vm0 cpu0 0:0:0 table 0x16 read-only\naccess vm0 cpu0 write 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "a page that the guest may not execute is executable": _bug(
        "spte.h",
        "	if (!(access & ACC_EXEC))",
        "	if (0)",
        "write vm0 cpu0 0:0:0:0 frame 0x203 nx\naccess vm0 cpu0 read 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "a clean page is writable at once": _bug(
        "guest.h",
        "		w->access &= ~ACC_WRITE;",
        "		;",
        "write vm0 cpu0 0:0:0:0 frame 0x203 not-dirty\naccess vm0 cpu0 read 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "an MMIO SPTE stays when the guest's entry goes": _bug(
        "shadow.h",
        "			*sptep = 0;\n	} else if",
        "			;\n	} else if",
        "access vm0 cpu0 read 0:0:1:2\nwrite vm0 cpu0 0:0:1:2 nothing\n",
        Kind.WRONG_GFN,
    ),
    "an entry stays behind when its SPTE is dropped": _bug(
        "rmap.h",
        "	if (is_shadow_present_pte(mmu_spte_clear_track_bits(kvm, sptep)))\n		rmap_remove",
        "	if (is_mmio_spte(mmu_spte_clear_track_bits(kvm, sptep)))\n		rmap_remove",
        "access vm0 cpu0 read 0:0:0:0\nwrite vm0 cpu0 0:0:0:0 nothing\n",
        Kind.ORPHAN_ENTRY,
    ),
    "a leaf is set without an entry": _bug(
        "rmap.h",
        "	if (pte_list_add(cache, sptep, head) >",
        "	if (sp->role.level == 1 ? 0 : pte_list_add(cache, sptep, head) >",
        "access vm0 cpu0 read 0:0:0:0\n",
        Kind.MISSING_ENTRY,
    ),
    "a page is freed while a parent points to it": _bug(
        "shadow.h",
        "	unlink_parents(kvm, sp);\n",
        "	if (sp->role.level != 3)\n		unlink_parents(kvm, sp);\n",
        "access vm0 cpu0 read 0:0:0:0\nreclaim vm0 0\n",
        Kind.USE_AFTER_FREE,
    ),
    "a page is freed by its last vCPU and stays in the hash": _bug(
        "shadow.h",
        "		hash_remove(kvm, sp);\n",
        "		if (sp->role.direct)\n			hash_remove(kvm, sp);\n",
        "access vm0 cpu0 read 0:0:0:0\nreclaim vm0 7\naccess vm0 cpu0 read 0:0:0:0\n",
        Kind.HOST_FAULT,
    ),
    "a table's memory is never freed": _bug(
        "shadow.h",
        "			pages_free(PAGES_ARRAY, sp->translations);\n",
        "			sp->translations = NULL;\n",
        "access vm0 cpu0 read 0:0:0:0\n",
        Kind.LEAK,
    ),
    "the guest's page is mapped a frame too far": _bug(
        "guest.h",
        "	w->gfn = gpte_gfn(gpte, level) + (gva >> 12) % pages_per(level);",
        "	w->gfn = gpte_gfn(gpte, level);",
        "access vm0 cpu0 fetch 0:0:2:1\n",
        Kind.WRONG_GFN,
    ),
    "reverse maps are those of the normal address space": _bug(
        "rmap.h",
        "	struct kvm_memory_slot *slot = gfn_to_slot(kvm, sp->role, gfn);",
        "	struct kvm_memory_slot *slot =\n"
        "		gfn_to_slot(kvm, (union kvm_mmu_page_role){ .word = 0 }, gfn);",
        "mode vm0 cpu0 4level smm\naccess vm0 cpu0 read 0:0:0:0\nreclaim vm0 3\n",
        Kind.FALSE_ALARM,
    ),
    "a flush leaves pages out of sync": _bug(
        "fault.h",
        "		if (sp->unsync && !is_obsolete(kvm, sp) && !sync_page(vcpu, sp))",
        "		if (0 && !sync_page(vcpu, sp))",
        _OUT_OF_SYNC + "flush vm0 cpu0\n",
        Kind.WRONG_GFN,
    ),
    "invlpg leaves the address's SPTE out of sync": _bug(
        "fault.h",
        "		if (sp->unsync) {",
        "		if (sp->unsync && sp->role.level > 1) {",
        _OUT_OF_SYNC + "invlpg vm0 cpu0 0:0:0:0\n",
        Kind.WRONG_GFN,
    ),
    "a page out of sync is linked as it is": _bug(
        "shadow.h",
        "		if (sp->unsync && !sync_page(vcpu, sp)) {",
        "		if (0 && !sync_page(vcpu, sp)) {",
        _OUT_OF_SYNC + "access vm0 cpu0 read 0:1:0:1\n",
        Kind.WRONG_GFN,
    ),
    "another frame than the host's is mapped": _bug(
        "fault.h",
        "			      slot->hva_frame + (gfn - slot->base_gfn),\n			      writable);",
        "			      slot->hva_frame + (gfn - slot->base_gfn) + 1, writable);",
        "access vm0 cpu0 read 0:0:0:0\n",
        Kind.WRONG_GFN,
    ),
    "a huge page is mapped where the host has small ones": _bug(
        "fault.h",
        "host < PAGES_LEVELS ? host : PAGES_LEVELS",
        "host < 0 ? host : PAGES_LEVELS",
        "host-size vm0 0x401 4K\naccess vm0 cpu0 read 0:0:3:0\n",
        Kind.WRONG_GFN,
    ),
    "a huge page stays mapped when its frames are unmapped": _bug(
        "host.h",
        "	for_each_level(1, level)\n		for_each_head(slot, level, start, end, head)\n"
        "			kvm_zap_all_rmap_sptes",
        "	for (int level = 1; level < 2; level++)\n"
        "		for_each_head(slot, level, start, end, head)\n			kvm_zap_all_rmap_sptes",
        "access vm0 cpu0 read 0:0:3:0\nunmap vm0 0x401 4K\n",
        Kind.STALE_SPTE,
    ),
    "a huge page may be written whose writes are logged": _bug(
        "fault.h",
        "	if (slot->dirty_log)\n		return 1;",
        "",
        "dirty-log vm0 slot1 on\naccess vm0 cpu0 write 0:0:3:0\n",
        Kind.WRONG_ACCESS,
    ),
    "a write is not logged": _bug(
        "fault.h",
        "	if (access & ACC_WRITE)\n		mark_page_dirty(slot, gfn);",
        "",
        _LOGGED + "access vm0 cpu0 write 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "a write in SMM is logged in the slot of the normal address space": _bug(
        "fault.h",
        "		mark_page_dirty(slot, gfn);",
        "		mark_page_dirty(gfn_to_slot(kvm, (union kvm_mmu_page_role){ 0 }, gfn), gfn);",
        "mode vm0 cpu0 4level smm\n"
        "dirty-log vm0 smm-slot3 on\n"
        "write-protect vm0 smm-slot3 4K\n"
        "access vm0 cpu0 write 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "what was read of the log stays writable": _bug(
        "host.h",
        "	for (; mask; mask &= mask - 1)\n		rmap_write_protect(",
        "	for (; 0; mask &= mask - 1)\n		rmap_write_protect(",
        _LOGGED + "access vm0 cpu0 write 0:0:0:1\nprotect-masked vm0 0x201 3\n",
        Kind.WRONG_ACCESS,
    ),
    "an SPTE keeps its dirty bit": _bug(
        "host.h",
        "			*sptep &= ~(SPTE_DIRTY | SPTE_WRITABLE);",
        "",
        _LOGGED + "access vm0 cpu0 write 0:0:0:0\nclear-dirty vm0 slot1\n",
        Kind.WRONG_ACCESS,
    ),
    "huge pages stay writable when their slot is write-protected": _bug(
        "host.h",
        "	for_each_level(from, level)",
        "	for (int level = from; level < 2; level++)",
        "access vm0 cpu0 write 0:0:3:0\n" + _LOGGED,
        Kind.WRONG_ACCESS,
    ),
    "the parts of a write-protected huge page are writable": _bug(
        "host.h",
        "			now &= ~ACC_WRITE;",
        "			;",
        "access vm0 cpu0 write 0:0:3:0\n" + _LOGGED + "split vm0 slot1 4K\n",
        Kind.WRONG_ACCESS,
    ),
    "the guest gets a fault for a huge page that it may use": _bug(
        "guest.h",
        "			if (level > PAGES_LEVELS)",
        "			if (level > 2)",
        "poke vm0 cpu0 0:0 large 0x203\naccess vm0 cpu0 read 0:0:1:0\n",
        Kind.WRONG_ACCESS,
    ),
    "user mode reads what its kernel keeps from it": _bug(
        "guest.h",
        "(access & ACC_USER)",
        "true",
        "write vm0 cpu0 0:0:0:0 frame 0x203 supervisor\naccess vm0 cpu0 read 0:0:0:0 user\n",
        Kind.WRONG_ACCESS,
    ),
    "an access leaves no mark in the guest's entries": _bug(
        "guest.h",
        "		*entries[l] |= GPTE_ACCESSED;",
        "		(void)entries[l];",
        "write vm0 cpu0 0:0:0:0 frame 0x203 not-accessed\naccess vm0 cpu0 read 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "a read marks the guest's entry as dirty": _bug(
        "guest.h",
        "	if (error & PAGES_PF_WRITE)",
        "	if (1)",
        "write vm0 cpu0 0:0:0:0 frame 0x203 not-dirty\naccess vm0 cpu0 read 0:0:0:0\n",
        Kind.WRONG_ACCESS,
    ),
    "a range is zapped in the normal address space alone": _bug(
        "host.h",
        "			gfn_t from = start, to = end;\n\n			if (!slot->present)",
        "			gfn_t from = start, to = end;\n\n			if (!slot->present || as)",
        "mode vm0 cpu0 4level smm\naccess vm0 cpu0 read 0:0:0:0\nzap-range vm0 0x203 4K\n",
        Kind.STALE_SPTE,
    ),
}
