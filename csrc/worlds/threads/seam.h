/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included at the end of a target's translation unit, after adapter.h: what it
 * has besides the functions of the lists.  A target with walkers without
 * mmu_lock defines before
 *
 *	PYFUZZ_AGE(vm, head, test_only)	age the frame of a head
 *	PYFUZZ_AGE_NAME			the name of its function
 *	PYFUZZ_SET_AD(on)		whether SPTEs have Accessed bits
 *	PYFUZZ_YOUNG_AD, _NO_AD		the bits of a young SPTE
 */
#ifndef PYFUZZ_THREADS_SEAM_H
#define PYFUZZ_THREADS_SEAM_H

#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), \
			     apply_to = function)

#ifdef PYFUZZ_AGE
/* Walkers visit every level, but there are no large pages. */
static struct kvm_rmap_head pyfuzz_rmap_large[2][PYFUZZ_FRAME_HEADS];

static void __attribute__((constructor)) pyfuzz_walker_wire(void)
{
	for (unsigned int i = 0; i < 2; i++)
		pyfuzz_slots[0].arch.rmap[1 + i] = pyfuzz_rmap_large[i];
}

static bool pyfuzz_walker_age(unsigned int vm, unsigned int head, bool test_only)
{
	return PYFUZZ_AGE(vm, head, test_only);
}

static void pyfuzz_walker_set_ad(bool on)
{
	PYFUZZ_SET_AD(on);
}
#endif

#ifndef PYFUZZ_AGE_NAME
#define PYFUZZ_AGE_NAME "rmap_age"
#endif
#ifndef PYFUZZ_YOUNG_AD
#define PYFUZZ_YOUNG_AD 0
#define PYFUZZ_YOUNG_NO_AD 0
#endif

const struct pyfuzz_lockless pyfuzz_lockless = {
	.mmu_lock = &pyfuzz_kvms[0].mmu_lock,
	.name = PYFUZZ_AGE_NAME,
#ifdef PYFUZZ_AGE
	.age = pyfuzz_walker_age,
	.set_ad = pyfuzz_walker_set_ad,
#endif
	.young_ad = PYFUZZ_YOUNG_AD,
	.young_no_ad = PYFUZZ_YOUNG_NO_AD,
	.accessed = PYFUZZ_SPTE_ACCESSED,
	.dirty = PYFUZZ_SPTE_DIRTY,
};

#pragma clang attribute pop

#endif
