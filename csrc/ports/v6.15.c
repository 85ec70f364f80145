/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 6.15 on: as 6.6, but walkers that hold no mmu_lock may read a list, so a
 * head is an atomic word with a lock in bit 1.
 */
#define PYFUZZ_RMAP_HEAD_ATOMIC
#include "../shim/shim.h"

#define PYFUZZ_NAME "v6.15"
#define RMAP_LOCKED BIT(1)

/*
 * Returns the value without the lock bit.  An empty head needs no lock: there
 * is nothing to walk, and filling it takes mmu_lock.
 */
static unsigned long rmap_lock(struct kvm_rmap_head *rmap_head)
{
	unsigned long val = (unsigned long)atomic_long_read(&rmap_head->val);

	/* A spinning CPU must not wait for a holder that cannot run. */
	lockdep_assert_preemption_disabled();
	do {
		while (val & RMAP_LOCKED) {
			cpu_relax();
			val = (unsigned long)atomic_long_read(&rmap_head->val);
		}
		if (!val)
			return 0;
	} while (!atomic_long_try_cmpxchg_acquire(&rmap_head->val, &val,
						  val | RMAP_LOCKED));
	return val;
}

static void rmap_unlock(struct kvm_rmap_head *rmap_head, unsigned long val)
{
	WARN_ON_ONCE(val & RMAP_LOCKED);
	atomic_long_set_release(&rmap_head->val, val);
}

#define PORT_HEAD(rmap_head) \
	((unsigned long)atomic_long_read(&(rmap_head)->val) & ~RMAP_LOCKED)
#define PORT_LOCK(rmap_head) rmap_lock(rmap_head)
#define PORT_UNLOCK(rmap_head, new_val) rmap_unlock(rmap_head, new_val)

/*
 * first/next no longer check the SPTE: a walker without mmu_lock may meet one
 * that was just cleared.  Walkers with mmu_lock warn once and skip it.
 */
#define PORT_YIELD(sptep) (sptep)

#define PYFUZZ_LOCKED_HEADS 1
#ifdef PYFUZZ_THREADS
#define PORT_HAS_WALKERS
#endif
#include "headdesc.h"
