/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a fault to an SPTE: find or create the pages in between, look up the
 * host's mapping, and set the leaf.
 */
#ifndef PYFUZZ_PORTS_PAGES_FAULT_H
#define PYFUZZ_PORTS_PAGES_FAULT_H

#include "guest.h"

static u64 slot_pfn(struct kvm *kvm, const struct kvm_memory_slot *slot,
		    gfn_t gfn, bool *writable)
{
	return pages_host_pfn(kvm->pyfuzz_vm,
			      slot->hva_frame + (gfn - slot->base_gfn),
			      writable);
}

/* The largest page that slot and host let a frame be mapped with. */
static int max_mapping_level(struct kvm *kvm,
			     const struct kvm_memory_slot *slot, gfn_t gfn)
{
	int host, level;

	if (slot->dirty_log)
		return 1;
	host = (int)pages_host_level(kvm->pyfuzz_vm,
				     slot->hva_frame + (gfn - slot->base_gfn));
	for (level = host < PAGES_LEVELS ? host : PAGES_LEVELS; level > 1;
	     level--)
		if (!slot->lpage[level - 1][gfn_to_index(gfn, slot->base_gfn, level)]
			     .disallow)
			break;
	return level;
}

/*
 * Point an SPTE at a frame.  A present SPTE is dropped, with everything that
 * belongs to it, before anything (an MMIO SPTE included) takes its place.
 */
static enum pages_result mmu_set_spte(struct kvm_vcpu *vcpu,
				      const struct kvm_memory_slot *slot,
				      u64 *sptep, gfn_t gfn, unsigned int access,
				      bool prefetch, bool write)
{
	struct kvm_mmu_page *sp = sptep_to_sp(sptep);
	struct kvm *kvm = vcpu->kvm;
	int level = sp->role.level;
	bool writable = false, mapped = false, protect = false;
	u64 pfn = slot ? slot_pfn(kvm, slot, gfn, &writable) : 0;

	if (is_shadow_present_pte(*sptep)) {
		if (slot && is_last_spte(*sptep, level) &&
		    spte_to_pfn(*sptep) == pfn)
			mapped = true;
		else
			zap_entry(kvm, sp, sptep);
	}
	if (!slot) {
		*sptep = make_mmio_spte(kvm->mmio_generation, gfn);
		return PAGES_EMULATE;
	}
	if (!writable)
		access &= ~ACC_WRITE;
	if ((access & ACC_WRITE) && !may_write(kvm, sp->role, gfn, !prefetch)) {
		access &= ~ACC_WRITE;
		protect = true;
	}
	flush_write(sptep, access);
	*sptep = make_leaf_spte(pfn, access, level, writable);
	if (access & ACC_WRITE)
		mark_page_dirty(slot, gfn);
	if (mapped)
		kvm_mmu_page_set_translation(sp, spte_index(sptep), gfn, access);
	else
		rmap_add(kvm, &vcpu->descriptors, slot, sptep, gfn, access);
	return protect && write ? PAGES_EMULATE : PAGES_FIXED;
}

/* The neighbours of an entry, while the guest's table is at hand. */
static void prefetch_around(struct kvm_vcpu *vcpu, u64 *sptep)
{
	struct kvm_mmu_page *sp = sptep_to_sp(sptep);
	int first = spte_index(sptep) & ~(PREFETCHED - 1);
	u64 *table;

	if (sp->role.direct || sp->role.level > 1 || sp->unsync)
		return;
	table = guest_table(vcpu->kvm, sp->role, sp->gfn);
	for (int i = first; table && i < first + PREFETCHED; i++) {
		gfn_t gfn = gpte_gfn(table[i], 1);
		unsigned int access = sp->role.access & gpte_access(table[i]);
		struct kvm_memory_slot *slot;

		if (sp->spt[i] || !(table[i] & GPTE_PRESENT) ||
		    !(table[i] & GPTE_ACCESSED))
			continue;
		if (!(table[i] & GPTE_DIRTY))
			access &= ~ACC_WRITE;
		slot = gfn_to_slot(vcpu->kvm, sp->role, gfn);
		if (slot && !(slot->dirty_log && (access & ACC_WRITE)))
			mmu_set_spte(vcpu, slot, sp->spt + i, gfn, access, true,
				     false);
	}
}

static enum pages_result map(struct kvm_vcpu *vcpu, u64 address, u32 error,
			     const struct walk *w)
{
	struct kvm_mmu_page *sp = vcpu->mmu.root;
	struct kvm *kvm = vcpu->kvm;
	struct kvm_memory_slot *slot = gfn_to_slot(kvm, sp->role, w->gfn);
	int wanted = 1, goal = 0;
	enum pages_result result;
	u64 *sptep;

	for (int level = sp->role.level;; level--) {
		struct kvm_mmu_page *child;

		sptep = sp->spt + index_of(address, level);
		if (!goal && level <= w->leaf_level) {
			/* Shadowing the tables above may rule a huge page out. */
			if (slot)
				wanted = max_mapping_level(kvm, slot, w->gfn);
			if (wanted > w->leaf_level)
				wanted = w->leaf_level;
			/* What is executed is small (the iTLB multihit erratum). */
			goal = error & PAGES_PF_FETCH ? 1 : wanted;
		}
		if (level == goal)
			break;
		if (level > w->leaf_level) {
			child = get_child(vcpu, sptep, w->table_gfn[level - 1],
					  false, w->table_access[level - 1]);
		} else {
			validate_direct_child(kvm, sptep, w->access);
			child = get_child(vcpu, sptep,
					  w->gfn & ~(pages_per(level) - 1),
					  true, w->access);
		}
		if (child) {
			link_shadow_page(kvm, &vcpu->descriptors, sptep, child);
			if (level <= wanted && goal < wanted)
				child->nx_disallowed = true;
		}
		sp = spte_to_child(*sptep);
		sp->written = 0;
	}
	result = mmu_set_spte(vcpu, slot, sptep, w->gfn & ~(pages_per(goal) - 1),
			      w->access, false, error & PAGES_PF_WRITE);
	prefetch_around(vcpu, sptep);
	return result;
}

static enum pages_result page_fault(struct kvm_vcpu *vcpu, u64 address,
				    u32 error)
{
	struct walk w;

	if (!vcpu->mmu.root)
		return PAGES_ERROR;
	if (is_obsolete(vcpu->kvm, vcpu->mmu.root))
		return PAGES_RETRY;
	if (!vcpu->mmu.guest_levels) {
		w.gfn = address >> 12;
		w.access = ACC_ALL;
		w.leaf_level = ROOT_LEVELS;
	} else if (!walk_guest(vcpu, address, error, &w)) {
		return PAGES_GUEST_FAULT;
	}
	return map(vcpu, address, error, &w);
}

/* Update one entry of a last-level page from the guest's. */
static void sync_entry(struct kvm_vcpu *vcpu, struct kvm_mmu_page *sp, int i,
		       u64 gpte)
{
	unsigned int access = sp->role.access & gpte_access(gpte);
	gfn_t gfn = gpte_gfn(gpte, 1);
	struct kvm_memory_slot *slot;

	if (!sp->spt[i])
		return;
	slot = gfn_to_slot(vcpu->kvm, sp->role, gfn);
	if (!slot || !(gpte & GPTE_PRESENT) || !(gpte & GPTE_ACCESSED) ||
	    gfn != kvm_mmu_page_get_gfn(sp, i)) {
		zap_entry(vcpu->kvm, sp, sp->spt + i);
		return;
	}
	if (!(gpte & GPTE_DIRTY))
		access &= ~ACC_WRITE;
	mmu_set_spte(vcpu, slot, sp->spt + i, gfn, access, true, false);
}

/* False: the table no longer exists, so the page must be zapped. */
static bool sync_page(struct kvm_vcpu *vcpu, struct kvm_mmu_page *sp)
{
	struct kvm_memory_slot *slot = gfn_to_slot(vcpu->kvm, sp->role, sp->gfn);
	u64 *table = guest_table(vcpu->kvm, sp->role, sp->gfn);

	if (!table)
		return false;
	sp->unsync = false;
	write_protect_gfn(slot, sp->gfn);
	for (int i = 0; i < ENTRIES; i++)
		sync_entry(vcpu, sp, i, table[i]);
	return true;
}

static void sync_roots(struct kvm_vcpu *vcpu)
{
	struct kvm *kvm = vcpu->kvm;
	struct doomed doomed = { NULL };
	struct kvm_mmu_page *sp, *older;

	for (sp = kvm->newest; sp; sp = older) {
		older = sp->next;
		if (sp->unsync && !is_obsolete(kvm, sp) && !sync_page(vcpu, sp))
			prepare_zap_page(kvm, sp, &doomed);
	}
	commit_zap(kvm, &doomed);
}

static void invlpg(struct kvm_vcpu *vcpu, u64 address)
{
	struct kvm_mmu_page *sp = vcpu->mmu.root;
	u64 *table;

	while (sp) {
		int i = index_of(address, sp->role.level);
		u64 spte = sp->spt[i];

		if (sp->unsync) {
			table = guest_table(vcpu->kvm, sp->role, sp->gfn);
			if (table)
				sync_entry(vcpu, sp, i, table[i]);
		}
		if (!is_shadow_present_pte(spte) ||
		    is_last_spte(spte, sp->role.level))
			return;
		sp = spte_to_child(spte);
	}
}

/* A guest's table was written to by the emulator, which tells us. */
static void track_write(struct kvm *kvm, gpa_t gpa, unsigned int bytes)
{
	struct doomed doomed = { NULL };
	gfn_t gfn = gpa >> 12;
	unsigned int offset = gpa % 4096;
	struct kvm_mmu_page *sp, *next;

	for (sp = *hash_bucket(kvm, gfn); sp; sp = next) {
		next = sp->hash_next;
		if (sp->gfn != gfn || sp->role.invalid || !shadows_a_table(sp))
			continue;
		/* Written to as if it were no longer a page table. */
		if (offset / 8 != (offset + bytes - 1) / 8 || bytes < 4 ||
		    (sp->role.level > 1 && ++sp->written >= 3)) {
			prepare_zap_page(kvm, sp, &doomed);
			continue;
		}
		zap_entry(kvm, sp, sp->spt + offset / 8);
	}
	commit_zap(kvm, &doomed);
}

#endif
