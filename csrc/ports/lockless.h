/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walkers without mmu_lock (6.15 on): ageing.  They hold the head's lock bit
 * during the walk and may meet SPTEs that were just cleared: the lock protects
 * the list, not the values of the SPTEs in it.
 */
#ifndef PYFUZZ_PORTS_LOCKLESS_H
#define PYFUZZ_PORTS_LOCKLESS_H

#define PT_ACCESSED_SHIFT 5
#define SPTE_ACCESSED BIT_ULL(PT_ACCESSED_SHIFT)
/* Without Accessed bits an SPTE is young as long as it may be read. */
#define SPTE_READABLE BIT_ULL(0)
#define SPTE_SAVED_READABLE BIT_ULL(54)

static bool port_has_ad;

static bool spte_is_young(u64 spte)
{
	return is_shadow_present_pte(spte) &&
	       (spte & (port_has_ad ? SPTE_ACCESSED : SPTE_READABLE));
}

static unsigned long rmap_lock_readonly(struct kvm_rmap_head *rmap_head)
{
	unsigned long val;

	preempt_disable();
	val = rmap_lock(rmap_head);
	if (!val)
		preempt_enable();
	return val;
}

static void rmap_unlock_readonly(struct kvm_rmap_head *rmap_head,
				 unsigned long val)
{
	if (!val)
		return;
	WARN_ON_ONCE(val != ((unsigned long)atomic_long_read(&rmap_head->val) &
			     ~RMAP_LOCKED));
	atomic_long_set_release(&rmap_head->val, val);
	preempt_enable();
}

/* The processor or a zap may change the SPTE at any time. */
static void spte_make_old(u64 *sptep)
{
	u64 spte = READ_ONCE(*sptep);

	if (port_has_ad) {
		clear_bit(PT_ACCESSED_SHIFT, sptep);
		return;
	}
	/* If it changed, it was cleared or is already old. */
	if (spte_is_young(spte))
		cmpxchg64(sptep, spte,
			  (spte & ~SPTE_READABLE) | SPTE_SAVED_READABLE);
}

/* Returns whether a page of the frame was accessed since the last time. */
static bool rmap_age(struct kvm_rmap_head *rmap_head, bool test_only)
{
	unsigned long val = rmap_lock_readonly(rmap_head);
	struct pte_list_desc *desc = NULL;
	bool young = false;
	u64 *sptep;
	u32 i = 0;

	if (!val)
		return false;
	if (val & RMAP_MANY)
		desc = rmap_desc(val);
	sptep = desc ? desc->sptes[0] : (u64 *)val;
	while (sptep) {
		if (spte_is_young(READ_ONCE(*sptep))) {
			young = true;
			if (test_only)
				goto unlock;
			spte_make_old(sptep);
		}
		if (!desc)
			break;
		if (++i == desc->spte_count) {
			desc = desc->more;
			i = 0;
		}
		sptep = desc ? desc->sptes[i] : NULL;
	}
unlock:
	rmap_unlock_readonly(rmap_head, val);
	return young;
}

#define PYFUZZ_AGE(vm, head, test_only) \
	rmap_age(pyfuzz_head_of(vm, head), test_only)
#define PYFUZZ_SET_AD(on) ((void)(port_has_ad = (on)))
#define PYFUZZ_YOUNG_AD (SPTE_ACCESSED | SPTE_READABLE)
#define PYFUZZ_YOUNG_NO_AD SPTE_READABLE

#endif
