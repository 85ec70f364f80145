/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * first/next over a list, the same in every port.  PORT_HEAD(rmap_head) reads
 * the head's value without a lock bit; PORT_YIELD(sptep) is what happens to
 * each entry found, by default BUG_ON() if it is not present.
 *
 * A NULL slot ends a descriptor.  That is only correct because descriptors come
 * zeroed from the cache (csrc/harness/descriptors.c) and because remove stores
 * NULL into the slot that it frees; both are far from here.
 */
#ifndef PYFUZZ_PORTS_ITERATOR_H
#define PYFUZZ_PORTS_ITERATOR_H

struct rmap_iterator {
	struct pte_list_desc *desc; /* NULL: a single entry, or the end */
	int pos;
};

/* Every SPTE in a list must still be present. */
#ifndef PORT_YIELD
static u64 *rmap_yield(u64 *sptep)
{
	BUG_ON(!is_shadow_present_pte(*sptep));
	return sptep;
}
#define PORT_YIELD(sptep) rmap_yield(sptep)
#endif

static u64 *rmap_get_first(struct kvm_rmap_head *rmap_head,
			   struct rmap_iterator *iter)
{
	unsigned long val = PORT_HEAD(rmap_head);

	iter->desc = NULL;
	iter->pos = 0;
	if (!val)
		return NULL;
	if (!(val & RMAP_MANY))
		return PORT_YIELD((u64 *)val);
	iter->desc = rmap_desc(val);
	return PORT_YIELD(iter->desc->sptes[0]);
}

static u64 *rmap_get_next(struct rmap_iterator *iter)
{
	if (!iter->desc)
		return NULL;
	if (++iter->pos == PTE_LIST_EXT || !iter->desc->sptes[iter->pos]) {
		iter->desc = iter->desc->more;
		iter->pos = 0;
		if (!iter->desc)
			return NULL;
	}
	return PORT_YIELD(iter->desc->sptes[iter->pos]);
}

#endif
