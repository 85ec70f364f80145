/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head-descriptor generation (6.4 on): only the first descriptor may have
 * room, and each has the number of entries in those that follow.
 *
 *     head -> desc[3, tail 28] -> desc[14, tail 14] -> desc[14, tail 0] -> NULL
 *
 * A new entry goes to the first descriptor or, if that is full, to a new one in
 * front of it.  The hole of a removed entry is filled with the first descriptor's
 * last entry, so all others stay full and tail counts stay correct.
 *
 * The port defines how it reads and writes a head before it includes this:
 *
 *     PORT_HEAD(rmap_head)		its value
 *     PORT_LOCK(rmap_head)		its value, and it is ours to change
 *     PORT_UNLOCK(rmap_head, val)	done, and this is its value now
 */
#ifndef PYFUZZ_PORTS_HEADDESC_H
#define PYFUZZ_PORTS_HEADDESC_H

#define PTE_LIST_EXT 14

struct pte_list_desc {
	struct pte_list_desc *more;
	u32 spte_count; /* entries in here: 1 to 14 */
	u32 tail_count; /* entries in all following descriptors */
	u64 *sptes[PTE_LIST_EXT];
};

#include "encoding.h"
#include "iterator.h"

/* Returns the entries before the new one. */
static int pte_list_add(struct kvm_mmu_memory_cache *cache, u64 *sptep,
			struct kvm_rmap_head *rmap_head)
{
	unsigned long val = PORT_LOCK(rmap_head);
	struct pte_list_desc *desc, *tail;
	u32 count = 0;

	if (!val) {
		val = (unsigned long)sptep;
	} else if (!(val & RMAP_MANY)) {
		count = 1;
		desc = kvm_mmu_memory_cache_alloc(cache);
		desc->sptes[0] = (u64 *)val;
		desc->sptes[1] = sptep;
		desc->spte_count = 2;
		desc->tail_count = 0;
		val = rmap_many(desc);
	} else {
		desc = rmap_desc(val);
		count = desc->tail_count + desc->spte_count;
		if (desc->spte_count == PTE_LIST_EXT) {
			tail = desc;
			desc = kvm_mmu_memory_cache_alloc(cache);
			desc->more = tail;
			desc->spte_count = 0;
			desc->tail_count = count;
			val = rmap_many(desc);
		}
		desc->sptes[desc->spte_count++] = sptep;
	}
	PORT_UNLOCK(rmap_head, val);
	return (int)count;
}

/* Returns the head's new value: the first descriptor may have become empty. */
static unsigned long pte_list_desc_remove_entry(struct kvm *kvm,
						unsigned long val,
						struct pte_list_desc *desc,
						int i)
{
	struct pte_list_desc *head = rmap_desc(val);
	int last = (int)head->spte_count - 1;

	/*
	 * An empty first descriptor breaks the rule above.  As merged: the VM
	 * is bugged, and the code continues and uses slot -1.
	 */
	KVM_BUG_ON_DATA_CORRUPTION(last < 0, kvm);

	desc->sptes[i] = head->sptes[last];
	head->sptes[last] = NULL; /* the iterator ends a descriptor at NULL */
	if (--head->spte_count)
		return val;
	val = head->more ? rmap_many(head->more) : 0;
	kmem_cache_free(pte_list_desc_cache, head);
	return val;
}

static void pte_list_remove(struct kvm *kvm, u64 *sptep,
			    struct kvm_rmap_head *rmap_head)
{
	unsigned long val = PORT_LOCK(rmap_head);
	struct pte_list_desc *desc;

	if (KVM_BUG_ON_DATA_CORRUPTION(!val, kvm))
		goto unlock;
	if (!(val & RMAP_MANY)) {
		if (!KVM_BUG_ON_DATA_CORRUPTION((u64 *)val != sptep, kvm))
			val = 0;
		goto unlock;
	}
	for (desc = rmap_desc(val); desc; desc = desc->more) {
		for (u32 i = 0; i < desc->spte_count; i++) {
			if (desc->sptes[i] != sptep)
				continue;
			val = pte_list_desc_remove_entry(kvm, val, desc, (int)i);
			goto unlock;
		}
	}
	KVM_BUG_ON_DATA_CORRUPTION(true, kvm);
unlock:
	PORT_UNLOCK(rmap_head, val);
}

/* Returns whether there was anything to zap. */
static bool kvm_zap_all_rmap_sptes(struct kvm *kvm,
				   struct kvm_rmap_head *rmap_head)
{
	unsigned long val = PORT_LOCK(rmap_head);
	struct pte_list_desc *desc, *more;

	if (!val)
		return false;
	if (!(val & RMAP_MANY)) {
		mmu_spte_clear_track_bits(kvm, (u64 *)val);
		goto unlock;
	}
	for (desc = rmap_desc(val); desc; desc = more) {
		for (u32 i = 0; i < desc->spte_count; i++)
			mmu_spte_clear_track_bits(kvm, desc->sptes[i]);
		more = desc->more;
		kmem_cache_free(pte_list_desc_cache, desc);
	}
unlock:
	PORT_UNLOCK(rmap_head, 0);
	return true;
}

/* The port "pages" has callers of its own. */
#ifndef PORT_LISTS_ONLY
static unsigned int pte_list_count(struct kvm_rmap_head *rmap_head)
{
	unsigned long val = PORT_HEAD(rmap_head);

	if (!(val & RMAP_MANY))
		return !!val;
	return rmap_desc(val)->tail_count + rmap_desc(val)->spte_count;
}

#include "callers.h"
#ifdef PORT_HAS_WALKERS
#include "lockless.h"
#endif

#define PYFUZZ_SPTE_COUNT spte_count
#define PYFUZZ_TAIL_COUNT tail_count
#define PYFUZZ_RMAP_ADD_RECYCLES 1
#include "seam.h"
#endif

#endif
