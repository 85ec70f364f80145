/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the shim's threads.h turns the kernel's marked accesses, atomics, locks
 * and barriers into, and what a target with lockless walkers tells the world.
 */
#ifndef PYFUZZ_THREADS_HOOKS_H
#define PYFUZZ_THREADS_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

/* Where the shim's SPTEs have the processor's bits, as those of a page table. */
#define PYFUZZ_SPTE_ACCESSED (1ULL << 5)
#define PYFUZZ_SPTE_DIRTY (1ULL << 6)

enum pyfuzz_atomic_op {
	PYFUZZ_A_READ,
	PYFUZZ_A_WRITE,
	PYFUZZ_A_XCHG,
	PYFUZZ_A_CMPXCHG,
	PYFUZZ_A_ADD,
	PYFUZZ_A_OR,
	PYFUZZ_A_AND,
};

/* The kernel's orders; a full barrier is both and more. */
#define PYFUZZ_RELAXED 0u
#define PYFUZZ_ACQUIRE 1u
#define PYFUZZ_RELEASE 2u
#define PYFUZZ_FULL 3u

/*
 * Returns the value before; compare is of CMPXCHG alone.  Two calls never
 * become one, which would be of no line.
 */
__attribute__((nomerge)) uint64_t pyfuzz_atomic(
	volatile void *address, unsigned int size, enum pyfuzz_atomic_op op,
	uint64_t operand, uint64_t compare, unsigned int order);
/* A fence: acquire orders earlier reads, release later writes. */
void pyfuzz_fence(unsigned int order);
void pyfuzz_relax(void);

void pyfuzz_write_lock(void *lock);
void pyfuzz_write_unlock(void *lock);
void pyfuzz_read_lock(void *lock);
void pyfuzz_read_unlock(void *lock);
void pyfuzz_preempt(int change);
void pyfuzz_may_sleep(void);
void pyfuzz_assert_held(const void *lock, bool write);
void pyfuzz_assert_preempt_off(void);
bool pyfuzz_is_held(const void *lock);
void pyfuzz_on_warn(unsigned int line, const char *function, const char *text);

/* What the target has beside csrc/worlds/lists/target.h; NULL: not in the target. */
struct pyfuzz_lockless {
	void *mmu_lock;
	/* Age the frame of a head; returns whether it was young. */
	bool (*age)(unsigned int vm, unsigned int head, bool test_only);
	/* Whether SPTEs have Accessed and Dirty bits from now on. */
	void (*set_ad)(bool on);
	uint64_t young_ad,
		young_no_ad; /* what an SPTE that is not aged has set */
	uint64_t accessed, dirty; /* the processor's bits */
};
extern const struct pyfuzz_lockless pyfuzz_lockless;

#endif
