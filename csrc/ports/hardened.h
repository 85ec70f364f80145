/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A proposal: the lists of 6.6 (headdesc.h), where any damage that a comparison
 * can detect bugs the VM, and the function returns without touching anything.
 * The checks come first; the functions after them are those of 6.6 except for
 * these checks and for struct kvm, which all of them take.
 */
#ifndef PYFUZZ_PORTS_HARDENED_H
#define PYFUZZ_PORTS_HARDENED_H

#define PTE_LIST_EXT 14

struct pte_list_desc {
	struct pte_list_desc *more;
	u32 spte_count; /* entries in here: 1 to 14 */
	u32 tail_count; /* entries in all following descriptors */
	u64 *sptes[PTE_LIST_EXT];
};

#include "encoding.h"

#define CORRUPT(condition, kvm) KVM_BUG_ON_DATA_CORRUPTION(condition, kvm)

/* It has 1 to 14 entries, and a successor if and only if its counts say so. */
static inline bool desc_sound(const struct pte_list_desc *desc)
{
	return desc->spte_count - 1 < PTE_LIST_EXT &&
	       !desc->more == !desc->tail_count;
}

/*
 * The next one is full, and its tail count fits this one's.  Tail counts
 * decrease by 14 from each to the next, so a walk that checks this ends.
 */
static inline bool link_sound(const struct pte_list_desc *desc)
{
	return !desc->more ||
	       (desc->more->spte_count == PTE_LIST_EXT &&
		desc->more->tail_count + PTE_LIST_EXT == desc->tail_count);
}

/* An address that a machine can have (57 bits, extended by sign), of a u64. */
static inline bool sptep_sound(const u64 *sptep)
{
	long address = (long)sptep;

	return address && !(address & 7) &&
	       (long)((unsigned long)address << 7) >> 7 == address;
}

/* An SPTE in a list is present, except while it is being removed. */
static inline bool entry_sound(const u64 *sptep)
{
	return sptep_sound(sptep) && is_shadow_present_pte(*sptep);
}

/* Returns the entries before the new one; 0 as well if it was not added. */
static int pte_list_add(struct kvm *kvm, struct kvm_mmu_memory_cache *cache,
			u64 *sptep, struct kvm_rmap_head *rmap_head)
{
	unsigned long val = rmap_head->val;
	struct pte_list_desc *desc, *tail = NULL;
	u32 count = 0;

	if (!val) {
		rmap_head->val = (unsigned long)sptep;
		return 0;
	}
	if (val & RMAP_MANY) {
		desc = rmap_desc(val);
		if (CORRUPT(!desc_sound(desc), kvm))
			return 0;
		count = desc->tail_count + desc->spte_count;
		if (desc->spte_count < PTE_LIST_EXT) {
			desc->sptes[desc->spte_count++] = sptep;
			return (int)count;
		}
		tail = desc;
	}
	/* The kernel's allocation from an empty cache may end in BUG_ON(). */
	if (CORRUPT(!kvm_mmu_memory_cache_nr_free_objects(cache), kvm))
		return 0;
	desc = kvm_mmu_memory_cache_alloc(cache);
	/* All fields, so that nothing depends on the cache's contents. */
	desc->more = tail;
	desc->tail_count = count;
	desc->spte_count = 0;
	if (!tail)
		desc->sptes[desc->spte_count++] = (u64 *)val;
	desc->sptes[desc->spte_count++] = sptep;
	rmap_head->val = rmap_many(desc);
	return tail ? (int)count : 1;
}

static void pte_list_desc_remove_entry(struct kvm *kvm,
				       struct kvm_rmap_head *rmap_head,
				       struct pte_list_desc *desc, u32 i)
{
	struct pte_list_desc *head = rmap_desc(rmap_head->val);
	u32 last = head->spte_count - 1;

	if (CORRUPT(!sptep_sound(head->sptes[last]), kvm))
		return;
	if (!last && CORRUPT(!link_sound(head), kvm))
		return;
	desc->sptes[i] = head->sptes[last];
	head->sptes[last] = NULL;
	if (--head->spte_count)
		return;
	rmap_head->val = head->more ? rmap_many(head->more) : 0;
	kmem_cache_free(pte_list_desc_cache, head);
}

static void pte_list_remove(struct kvm *kvm, u64 *sptep,
			    struct kvm_rmap_head *rmap_head)
{
	unsigned long val = rmap_head->val;
	struct pte_list_desc *desc = rmap_desc(val);

	if (CORRUPT(!val, kvm))
		return;
	if (!(val & RMAP_MANY)) {
		if (!CORRUPT((u64 *)val != sptep, kvm))
			rmap_head->val = 0;
		return;
	}
	if (CORRUPT(!desc_sound(desc), kvm))
		return;
	for (; desc; desc = desc->more) {
		for (u32 i = 0; i < desc->spte_count; i++) {
			if (desc->sptes[i] != sptep)
				continue;
			pte_list_desc_remove_entry(kvm, rmap_head, desc, i);
			return;
		}
		if (CORRUPT(!link_sound(desc), kvm))
			return;
	}
	CORRUPT(true, kvm);
}

/* Check all descriptors of a list and all their entries. */
static bool list_sound(const struct pte_list_desc *desc)
{
	if (!desc_sound(desc))
		return false;
	for (; desc; desc = desc->more) {
		for (u32 i = 0; i < desc->spte_count; i++)
			if (!entry_sound(desc->sptes[i]))
				return false;
		if (!link_sound(desc))
			return false;
	}
	return true;
}

/* Returns whether it zapped: either everything or nothing. */
static bool kvm_zap_all_rmap_sptes(struct kvm *kvm,
				   struct kvm_rmap_head *rmap_head)
{
	unsigned long val = rmap_head->val;
	struct pte_list_desc *desc, *more;

	if (!val)
		return false;
	if (!(val & RMAP_MANY)) {
		if (CORRUPT(!entry_sound((u64 *)val), kvm))
			return false;
		mmu_spte_clear_track_bits(kvm, (u64 *)val);
		rmap_head->val = 0;
		return true;
	}
	if (CORRUPT(!list_sound(rmap_desc(val)), kvm))
		return false;
	for (desc = rmap_desc(val); desc; desc = more) {
		for (u32 i = 0; i < desc->spte_count; i++)
			mmu_spte_clear_track_bits(kvm, desc->sptes[i]);
		more = desc->more;
		kmem_cache_free(pte_list_desc_cache, desc);
	}
	rmap_head->val = 0;
	return true;
}

struct rmap_iterator {
	struct pte_list_desc *desc; /* NULL: a single entry, or the end */
	u32 pos;
};

/* Where 6.6 has a BUG_ON(): an invalid entry ends the walk. */
static u64 *rmap_yield(struct kvm *kvm, u64 *sptep)
{
	return CORRUPT(!entry_sound(sptep), kvm) ? NULL : sptep;
}

static u64 *rmap_get_first(struct kvm *kvm, struct kvm_rmap_head *rmap_head,
			   struct rmap_iterator *iter)
{
	unsigned long val = rmap_head->val;

	iter->desc = NULL;
	iter->pos = 0;
	if (!val)
		return NULL;
	if (!(val & RMAP_MANY))
		return rmap_yield(kvm, (u64 *)val);
	iter->desc = rmap_desc(val);
	if (CORRUPT(!desc_sound(iter->desc), kvm))
		return NULL;
	return rmap_yield(kvm, iter->desc->sptes[0]);
}

static u64 *rmap_get_next(struct kvm *kvm, struct rmap_iterator *iter)
{
	if (!iter->desc)
		return NULL;
	if (++iter->pos >= iter->desc->spte_count) {
		if (CORRUPT(!link_sound(iter->desc), kvm))
			return NULL;
		iter->desc = iter->desc->more;
		iter->pos = 0;
		if (!iter->desc)
			return NULL;
	}
	return rmap_yield(kvm, iter->desc->sptes[iter->pos]);
}

#endif
