/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls into which the shim's threads.h turns the kernel's marked accesses,
 * atomics, locks and barriers, and the interface of a target with lockless walkers.
 */
#ifndef PYFUZZ_THREADS_HOOKS_H
#define PYFUZZ_THREADS_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

/* The processor's bits in the shim's SPTEs, as in a page table. */
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
 * Returns the old value; compare is for CMPXCHG only.  The compiler must not
 * merge two calls, or the result would have no line.
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

/* What the target has besides csrc/worlds/lists/target.h; NULL: not in the target. */
struct pyfuzz_lockless {
	void *mmu_lock;
	const char *name; /* of the function below */
	/* Age the frame of a head; returns whether it was young. */
	bool (*age)(unsigned int vm, unsigned int head, bool test_only);
	/* Whether SPTEs have Accessed and Dirty bits from now on. */
	void (*set_ad)(bool on);
	uint64_t young_ad, young_no_ad; /* the bits of a young SPTE */
	uint64_t accessed, dirty; /* the processor's bits */
};
extern const struct pyfuzz_lockless pyfuzz_lockless;

#endif
