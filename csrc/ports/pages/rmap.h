/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest frames and the SPTEs that map them: from an SPTE to its frame, from a
 * frame to its reverse map, in and out.
 *
 * The invariant: as long as a leaf SPTE is present, the gfn under which it was
 * added is the gfn that kvm_mmu_page_get_gfn() computes for it, and the memslot
 * is that of the page's own address space.
 */
#ifndef PYFUZZ_PORTS_PAGES_RMAP_H
#define PYFUZZ_PORTS_PAGES_RMAP_H

#include "flush.h"

/* The lists are those of 6.6, unless the port asks for others. */
#define PORT_LISTS_ONLY
#ifdef PORT_APPEND
#include "../append.h"
#else
#ifdef PORT_HARDENED
#include "hardened.h"
#else
#define PORT_HEAD(rmap_head) ((rmap_head)->val)
#define PORT_LOCK(rmap_head) PORT_HEAD(rmap_head)
#define PORT_UNLOCK(rmap_head, new_val) ((void)((rmap_head)->val = (new_val)))
#include "../headdesc.h"
#endif
#endif

#define RMAP_RECYCLE_THRESHOLD 1000

static gfn_t kvm_mmu_page_get_gfn(const struct kvm_mmu_page *sp, int index)
{
	/* Its one entry in use stands for the same table, a level down. */
	if (sp->role.passthrough)
		return sp->gfn;
	if (sp->translations)
		return sp->translations[index] >> 12;
	return sp->gfn + ((gfn_t)index << (sp->role.level - 1) * 9);
}

static void kvm_mmu_page_set_translation(struct kvm_mmu_page *sp, int index,
					 gfn_t gfn, unsigned int access)
{
	if (sp->translations)
		sp->translations[index] = gfn << 12 | access;
	else
		WARN_ON_ONCE(gfn != kvm_mmu_page_get_gfn(sp, index));
}

static struct kvm_rmap_head *gfn_to_rmap(const struct kvm_memory_slot *slot,
					 gfn_t gfn, int level)
{
	return slot->rmap[level - 1] + gfn_to_index(gfn, slot->base_gfn, level);
}

/* The guest may write there from now on, which user space wants to know. */
static void mark_page_dirty(const struct kvm_memory_slot *slot, gfn_t gfn)
{
	gfn_t i = gfn - slot->base_gfn;

	if (slot->dirty_log)
		slot->dirty_bitmap[i / 64] |= BIT(i % 64);
}

static void rmap_add(struct kvm *kvm, struct kvm_mmu_memory_cache *cache,
		     const struct kvm_memory_slot *slot, u64 *sptep, gfn_t gfn,
		     unsigned int access)
{
	struct kvm_mmu_page *sp = sptep_to_sp(sptep);
	struct kvm_rmap_head *head = gfn_to_rmap(slot, gfn, sp->role.level);

	kvm_mmu_page_set_translation(sp, spte_index(sptep), gfn, access);
	if (pte_list_add(cache, sptep, head) > RMAP_RECYCLE_THRESHOLD)
		kvm_zap_all_rmap_sptes(kvm, head);
}

/* The SPTE is already cleared; its page tells what it mapped. */
static void rmap_remove(struct kvm *kvm, u64 *sptep)
{
	struct kvm_mmu_page *sp = sptep_to_sp(sptep);
	gfn_t gfn = kvm_mmu_page_get_gfn(sp, spte_index(sptep));
	struct kvm_memory_slot *slot = gfn_to_slot(kvm, sp->role, gfn);

	pte_list_remove(kvm, sptep, gfn_to_rmap(slot, gfn, sp->role.level));
}

static void drop_spte(struct kvm *kvm, u64 *sptep)
{
	if (is_shadow_present_pte(mmu_spte_clear_track_bits(kvm, sptep)))
		rmap_remove(kvm, sptep);
}

/* The body must not remove entries. */
#define for_each_mapping(head, iter, sptep)             \
	for (sptep = rmap_get_first(head, iter); sptep; \
	     sptep = rmap_get_next(iter))

/* Take write access away; returns whether any SPTE had it. */
static bool rmap_write_protect(struct kvm_rmap_head *head)
{
	struct rmap_iterator iter;
	bool had = false;
	u64 *sptep;

	for_each_mapping(head, &iter, sptep) {
		had |= !!(*sptep & SPTE_WRITABLE);
		flush_write(sptep, 0);
		*sptep &= ~SPTE_WRITABLE;
	}
	return had;
}

/* The frame of a guest's table: writes to it must be seen from now on. */
static void write_protect_gfn(const struct kvm_memory_slot *slot, gfn_t gfn)
{
	for (int level = 1; level <= PAGES_LEVELS; level++)
		rmap_write_protect(gfn_to_rmap(slot, gfn, level));
}

static void kvm_zap_one_rmap_spte(struct kvm *kvm, struct kvm_rmap_head *head,
				  u64 *sptep)
{
	mmu_spte_clear_track_bits(kvm, sptep);
	pte_list_remove(kvm, sptep, head);
}

#endif
