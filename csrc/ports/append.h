/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The append generation (5.15 to 6.3): 14 entries and a count in a descriptor.
 *
 *     head -> desc[14] -> desc[3] -> desc[14] -> NULL
 *
 * A new entry goes to the first descriptor with room; a removed one leaves a
 * hole in its own descriptor, which is freed when it is empty.
 *
 * The port chooses what an error does, and whether pte_list_remove() continues
 * after it, by defining these before it includes this file:
 *
 *     PORT_EMPTY(kvm, sptep)	the head is empty
 *     PORT_SINGLE(kvm, sptep)	the only entry is another
 *     PORT_MANY(kvm, sptep)	no descriptor holds it
 */
#ifndef PYFUZZ_PORTS_APPEND_H
#define PYFUZZ_PORTS_APPEND_H

#define PTE_LIST_EXT 14

struct pte_list_desc {
	struct pte_list_desc *more;
	u64 spte_count;
	u64 *sptes[PTE_LIST_EXT];
};

#include "encoding.h"
#ifndef PORT_HEAD
#define PORT_HEAD(rmap_head) ((rmap_head)->val)
#endif
#include "iterator.h"

/*
 * Returns the old number of entries in the descriptors up to and including the
 * one that takes the new entry.  That is less than the documented number if a
 * later descriptor holds entries as well (the known count-contract).
 */
static int pte_list_add(struct kvm_mmu_memory_cache *cache, u64 *sptep,
			struct kvm_rmap_head *rmap_head)
{
	unsigned long val = rmap_head->val;
	struct pte_list_desc *desc;
	int count = 0;

	if (!val) {
		rmap_head->val = (unsigned long)sptep;
		return 0;
	}
	if (!(val & RMAP_MANY)) {
		desc = kvm_mmu_memory_cache_alloc(cache);
		desc->sptes[0] = (u64 *)val;
		desc->sptes[1] = sptep;
		desc->spte_count = 2;
		rmap_head->val = rmap_many(desc);
		return 1;
	}
	for (desc = rmap_desc(val); desc->spte_count == PTE_LIST_EXT;
	     desc = desc->more) {
		count += PTE_LIST_EXT;
		if (!desc->more)
			desc->more = kvm_mmu_memory_cache_alloc(cache);
	}
	count += desc->spte_count;
	desc->sptes[desc->spte_count++] = sptep;
	return count;
}

/* Fill the hole at i with the descriptor's last entry; prev is NULL at first. */
static void pte_list_desc_remove_entry(struct kvm_rmap_head *rmap_head,
				       struct pte_list_desc *desc, int i,
				       struct pte_list_desc *prev)
{
	int last = (int)--desc->spte_count;

	desc->sptes[i] = desc->sptes[last];
	desc->sptes[last] = NULL; /* the iterator ends a descriptor at NULL */
	if (last)
		return;
	if (prev)
		prev->more = desc->more;
	else
		rmap_head->val = desc->more ? rmap_many(desc->more) : 0;
	kmem_cache_free(pte_list_desc_cache, desc);
}

static void pte_list_remove(struct kvm *kvm, u64 *sptep,
			    struct kvm_rmap_head *rmap_head)
{
	struct pte_list_desc *desc, *prev = NULL;
	unsigned long val = rmap_head->val;

	if (!val) {
		PORT_EMPTY(kvm, sptep);
		return;
	}
	if (!(val & RMAP_MANY)) {
		if ((u64 *)val != sptep)
			PORT_SINGLE(kvm, sptep);
		rmap_head->val = 0;
		return;
	}
	for (desc = rmap_desc(val); desc; prev = desc, desc = desc->more) {
		for (u64 i = 0; i < desc->spte_count; i++) {
			if (desc->sptes[i] != sptep)
				continue;
			pte_list_desc_remove_entry(rmap_head, desc, (int)i,
						   prev);
			return;
		}
	}
	PORT_MANY(kvm, sptep);
}

/* Returns whether there was anything to zap. */
static bool kvm_zap_all_rmap_sptes(struct kvm *kvm,
				   struct kvm_rmap_head *rmap_head)
{
	unsigned long val = rmap_head->val;
	struct pte_list_desc *desc, *more;

	if (!val)
		return false;
	rmap_head->val = 0;
	if (!(val & RMAP_MANY)) {
		mmu_spte_clear_track_bits(kvm, (u64 *)val);
		return true;
	}
	for (desc = rmap_desc(val); desc; desc = more) {
		for (u64 i = 0; i < desc->spte_count; i++)
			mmu_spte_clear_track_bits(kvm, desc->sptes[i]);
		more = desc->more;
		kmem_cache_free(pte_list_desc_cache, desc);
	}
	return true;
}

/* The port "pages" has callers of its own. */
#ifndef PORT_LISTS_ONLY
static unsigned int pte_list_count(struct kvm_rmap_head *rmap_head)
{
	unsigned long val = rmap_head->val;
	unsigned int count = 0;

	if (!(val & RMAP_MANY))
		return !!val;
	for (struct pte_list_desc *desc = rmap_desc(val); desc;
	     desc = desc->more)
		count += desc->spte_count;
	return count;
}

#include "callers.h"

#define PYFUZZ_SPTE_COUNT spte_count
#define PYFUZZ_RMAP_ADD_RECYCLES 1
#include "seam.h"
#endif

#endif
