/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Up to 5.14: three entries in a descriptor, which end at the first NULL;
 * each error prints a line to the log and kills the host.
 *
 *     head -> desc[a b c] -> desc[d] -> desc[e f] -> NULL
 *
 * A new entry goes to the first descriptor with room.  There is no count, and
 * the caller of rmap_add() recycles.  Only the caller zaps all: one by one.
 */
#include "../shim/shim.h"

#define PYFUZZ_NAME "v5.10"
#define PTE_LIST_EXT 3

struct pte_list_desc {
	u64 *sptes[PTE_LIST_EXT];
	struct pte_list_desc *more;
};

#include "encoding.h"
#define PORT_HEAD(rmap_head) ((rmap_head)->val)
#include "iterator.h"

/* Slots are NULL from the first free one on: descriptors come zeroed. */
static bool desc_full(const struct pte_list_desc *desc)
{
	return desc->sptes[PTE_LIST_EXT - 1];
}

/* As in the append generation, less than documented after a hole. */
static int pte_list_add(struct kvm_mmu_memory_cache *cache, u64 *sptep,
			struct kvm_rmap_head *rmap_head)
{
	unsigned long val = rmap_head->val;
	struct pte_list_desc *desc;
	int count = 0, i = 0;

	if (!val) {
		rmap_head->val = (unsigned long)sptep;
		return 0;
	}
	if (!(val & RMAP_MANY)) {
		desc = kvm_mmu_memory_cache_alloc(cache);
		desc->sptes[0] = (u64 *)val;
		desc->sptes[1] = sptep;
		rmap_head->val = rmap_many(desc);
		return 1;
	}
	for (desc = rmap_desc(val); desc_full(desc); desc = desc->more) {
		if (!desc->more)
			desc->more = kvm_mmu_memory_cache_alloc(cache);
		count += PTE_LIST_EXT;
	}
	while (desc->sptes[i])
		i++;
	desc->sptes[i] = sptep;
	return count + i;
}

static void pte_list_desc_remove_entry(struct kvm_rmap_head *rmap_head,
				       struct pte_list_desc *desc, int i,
				       struct pte_list_desc *prev)
{
	int last = PTE_LIST_EXT - 1;

	while (last > i && !desc->sptes[last])
		last--;
	desc->sptes[i] = desc->sptes[last];
	desc->sptes[last] = NULL;
	if (last)
		return;
	if (prev)
		prev->more = desc->more;
	else
		rmap_head->val = desc->more ? rmap_many(desc->more) : 0;
	kmem_cache_free(pte_list_desc_cache, desc);
}

#define PORT_DIES(what, sptep)                                          \
	do {                                                            \
		pr_err("%s: %p %s\n", __func__, (void *)(sptep), what); \
		BUG();                                                  \
	} while (0)

/* The raw remove: the SPTE stays as it is. */
static void __pte_list_remove(u64 *sptep, struct kvm_rmap_head *rmap_head)
{
	struct pte_list_desc *desc, *prev = NULL;
	unsigned long val = rmap_head->val;

	if (!val)
		PORT_DIES("0->BUG", sptep);
	if (!(val & RMAP_MANY)) {
		if ((u64 *)val != sptep)
			PORT_DIES("1->BUG", sptep);
		rmap_head->val = 0;
		return;
	}
	for (desc = rmap_desc(val); desc; prev = desc, desc = desc->more) {
		for (int i = 0; i < PTE_LIST_EXT && desc->sptes[i]; i++) {
			if (desc->sptes[i] != sptep)
				continue;
			pte_list_desc_remove_entry(rmap_head, desc, i, prev);
			return;
		}
	}
	PORT_DIES("many->many", sptep);
}

/* callers.h passes the VM; this generation does not use it. */
static void pte_list_remove(struct kvm *kvm, u64 *sptep,
			    struct kvm_rmap_head *rmap_head)
{
	(void)kvm;
	__pte_list_remove(sptep, rmap_head);
}

/* One at a time from the front, each cleared before it is removed. */
static bool kvm_zap_rmapp(struct kvm *kvm, struct kvm_rmap_head *rmap_head)
{
	struct rmap_iterator iter;
	bool flush = false;
	u64 *sptep;

	while ((sptep = rmap_get_first(rmap_head, &iter))) {
		mmu_spte_clear_track_bits(kvm, sptep);
		__pte_list_remove(sptep, rmap_head);
		flush = true;
	}
	return flush;
}
#define kvm_zap_all_rmap_sptes kvm_zap_rmapp

#define PORT_CALLER_RECYCLES
#define PORT_NO_COUNT
#include "callers.h"

#define PYFUZZ_REMOVE_NAME "__pte_list_remove"
#define PYFUZZ_ZAP_ALL_NAME "kvm_zap_rmapp"
#include "seam.h"
