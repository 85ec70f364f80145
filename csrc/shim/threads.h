/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flavour "threads": marked accesses, atomics, locks and barriers become
 * calls into csrc/worlds/threads, with the ordering that each has in the kernel
 * (Documentation/atomic_t.txt, memory-barriers.txt).  Plain accesses are left
 * to the compiler's instrumentation.  Included last, since it replaces the
 * single-threaded definitions of the other three; and again by generic.h, to
 * replace those of extracted.h and of that file.
 */
#include "../worlds/threads/hooks.h"

#define pyfuzz_order(x, op, operand, compare, order)                            \
	((__typeof__(x))pyfuzz_atomic(&(x), sizeof(x), op, (uint64_t)(operand), \
				      (uint64_t)(compare), order))

#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x) pyfuzz_order(x, PYFUZZ_A_READ, 0, 0, PYFUZZ_RELAXED)
#define WRITE_ONCE(x, v) \
	((void)pyfuzz_order(x, PYFUZZ_A_WRITE, v, 0, PYFUZZ_RELAXED))
#undef smp_load_acquire
#undef smp_store_release
#undef smp_store_mb
#define smp_load_acquire(p) \
	pyfuzz_order(*(p), PYFUZZ_A_READ, 0, 0, PYFUZZ_ACQUIRE)
#define smp_store_release(p, v) \
	((void)pyfuzz_order(*(p), PYFUZZ_A_WRITE, v, 0, PYFUZZ_RELEASE))
#define smp_store_mb(x, v)        \
	do {                      \
		WRITE_ONCE(x, v); \
		smp_mb();         \
	} while (0)
#undef smp_mb
#undef smp_rmb
#undef smp_wmb
#define smp_mb() pyfuzz_fence(PYFUZZ_FULL)
#define smp_rmb() pyfuzz_fence(PYFUZZ_ACQUIRE)
#define smp_wmb() pyfuzz_fence(PYFUZZ_RELEASE)
#undef smp_mb__before_atomic
#undef smp_mb__after_atomic
#define smp_mb__before_atomic() pyfuzz_fence(PYFUZZ_FULL)
#define smp_mb__after_atomic() pyfuzz_fence(PYFUZZ_FULL)

/* xchg, cmpxchg and the like are full barriers, unless they fail. */
#undef xchg
#undef cmpxchg
#undef try_cmpxchg
#define xchg(p, v) pyfuzz_order(*(p), PYFUZZ_A_XCHG, v, 0, PYFUZZ_FULL)
#define cmpxchg(p, old, new) \
	pyfuzz_order(*(p), PYFUZZ_A_CMPXCHG, new, old, PYFUZZ_FULL)
#undef cmpxchg64
#define cmpxchg64(p, old, new) cmpxchg(p, old, new)
#define pyfuzz_try(x, old, new, order)                                         \
	({                                                                     \
		__typeof__(old) __old = (old);                                 \
		__typeof__(*__old) __want = *__old;                            \
		*__old = (__typeof__(*__old))pyfuzz_order(x, PYFUZZ_A_CMPXCHG, \
							  new, __want, order); \
		*__old == __want;                                              \
	})
#define try_cmpxchg(p, old, new) pyfuzz_try(*(p), old, new, PYFUZZ_FULL)
#undef try_cmpxchg64
#define try_cmpxchg64(p, old, new) try_cmpxchg(p, old, new)

#undef atomic_long_read
#undef atomic_long_read_acquire
#undef atomic_long_set
#undef atomic_long_set_release
#undef atomic_long_try_cmpxchg
#undef atomic_long_try_cmpxchg_acquire
#undef atomic_long_try_cmpxchg_relaxed
#undef atomic_long_try_cmpxchg_release
#undef atomic_long_cmpxchg
#undef atomic_long_cmpxchg_acquire
#undef atomic_long_cmpxchg_relaxed
#define atomic_long_read(v) READ_ONCE((v)->counter)
#define atomic_long_read_acquire(v) smp_load_acquire(&(v)->counter)
#define atomic_long_set(v, i) WRITE_ONCE((v)->counter, (long)(i))
#define atomic_long_set_release(v, i) \
	smp_store_release(&(v)->counter, (long)(i))
/*
 * As in the kernel: old points to a long; any other type is read and written as
 * that type.
 */
#define atomic_long_try_cmpxchg(v, old, new) \
	pyfuzz_try((v)->counter, old, new, PYFUZZ_FULL)
#define atomic_long_try_cmpxchg_acquire(v, old, new) \
	pyfuzz_try((v)->counter, old, new, PYFUZZ_ACQUIRE)
#define atomic_long_try_cmpxchg_release(v, old, new) \
	pyfuzz_try((v)->counter, old, new, PYFUZZ_RELEASE)
#define atomic_long_try_cmpxchg_relaxed(v, old, new) \
	pyfuzz_try((v)->counter, old, new, PYFUZZ_RELAXED)
#define atomic_long_cmpxchg(v, old, new) cmpxchg(&(v)->counter, old, new)
#define atomic_long_cmpxchg_acquire(v, old, new) \
	pyfuzz_order((v)->counter, PYFUZZ_A_CMPXCHG, new, old, PYFUZZ_ACQUIRE)
#define atomic_long_cmpxchg_relaxed(v, old, new) \
	pyfuzz_order((v)->counter, PYFUZZ_A_CMPXCHG, new, old, PYFUZZ_RELAXED)
#undef atomic_long_xchg
#undef atomic_long_or
#undef atomic_long_and
#undef atomic_long_andnot
#undef atomic_long_fetch_or
#undef atomic_long_fetch_or_acquire
#define atomic_long_xchg(v, new) xchg(&(v)->counter, (long)(new))
#define pyfuzz_modify(v, op, i, order) \
	pyfuzz_order((v)->counter, op, (long)(i), 0, order)
#define atomic_long_or(i, v) \
	((void)pyfuzz_modify(v, PYFUZZ_A_OR, i, PYFUZZ_RELAXED))
#define atomic_long_and(i, v) \
	((void)pyfuzz_modify(v, PYFUZZ_A_AND, i, PYFUZZ_RELAXED))
#define atomic_long_andnot(i, v) \
	((void)pyfuzz_modify(v, PYFUZZ_A_AND, ~(long)(i), PYFUZZ_RELAXED))
#define atomic_long_fetch_or(i, v) pyfuzz_modify(v, PYFUZZ_A_OR, i, PYFUZZ_FULL)
#define atomic_long_fetch_or_acquire(i, v) \
	pyfuzz_modify(v, PYFUZZ_A_OR, i, PYFUZZ_ACQUIRE)

/* include/linux/bitops.h: those with a return value are full barriers */
#undef test_and_set_bit
#undef test_and_clear_bit
#define pyfuzz_old_bit(n, p, op, mask)                                      \
	((bool)(pyfuzz_order(((unsigned long *)(p))[(n) / 64], op, mask, 0, \
			     PYFUZZ_FULL) >>                                \
			(n) % 64 &                                          \
		1))
#define test_and_set_bit(n, p) pyfuzz_old_bit(n, p, PYFUZZ_A_OR, BIT((n) % 64))
#define test_and_clear_bit(n, p) \
	pyfuzz_old_bit(n, p, PYFUZZ_A_AND, ~BIT((n) % 64))
/* and those without one order nothing */
#undef set_bit
#define set_bit(n, p)                                                      \
	((void)pyfuzz_order(((unsigned long *)(p))[(n) / 64], PYFUZZ_A_OR, \
			    BIT((n) % 64), 0, PYFUZZ_RELAXED))
#undef clear_bit
#define clear_bit(n, p)                                                     \
	((void)pyfuzz_order(((unsigned long *)(p))[(n) / 64], PYFUZZ_A_AND, \
			    ~BIT((n) % 64), 0, PYFUZZ_RELAXED))

/* RCU: grace periods never end, so objects that they would free stay. */
#undef rcu_dereference
#define rcu_dereference(p) smp_load_acquire(&(p))
#undef rcu_assign_pointer
#define rcu_assign_pointer(p, v) smp_store_release(&(p), v)

#undef lockdep_assert_held
#undef lockdep_assert_held_write
#undef lockdep_assert_held_read
#undef lockdep_assert_preemption_disabled
#undef lockdep_is_held
#define lockdep_assert_held(lock) pyfuzz_assert_held(lock, false)
#define lockdep_assert_held_write(lock) pyfuzz_assert_held(lock, true)
#define lockdep_assert_held_read(lock) pyfuzz_assert_held(lock, false)
#define lockdep_assert_preemption_disabled() pyfuzz_assert_preempt_off()
#define lockdep_is_held(lock) pyfuzz_is_held(lock)
#undef preempt_disable
#undef preempt_enable
#undef cpu_relax
#undef might_sleep
#undef cond_resched
#define preempt_disable() pyfuzz_preempt(1)
#define preempt_enable() pyfuzz_preempt(-1)
#define cpu_relax() pyfuzz_relax()
#define might_sleep() pyfuzz_may_sleep()
#define cond_resched() pyfuzz_may_sleep()
#undef spin_lock
#undef spin_unlock
#undef read_lock
#undef read_unlock
#undef write_lock
#undef write_unlock
#define spin_lock(lock) pyfuzz_write_lock(lock)
#define spin_unlock(lock) pyfuzz_write_unlock(lock)
#define read_lock(lock) pyfuzz_read_lock(lock)
#define read_unlock(lock) pyfuzz_read_unlock(lock)
#define write_lock(lock) pyfuzz_write_lock(lock)
#define write_unlock(lock) pyfuzz_write_unlock(lock)

/* Warnings are distinguished from log lines. */
#undef WARN
#undef WARN_ON
#undef WARN_ONCE
#undef WARN_ON_ONCE
#define PYFUZZ_WARN(condition, text)                              \
	({                                                        \
		bool __warn = !!(condition);                      \
		if (unlikely(__warn))                             \
			pyfuzz_on_warn(__LINE__, __func__, text); \
		unlikely(__warn);                                 \
	})
#define WARN(condition, ...) PYFUZZ_WARN(condition, "WARN(" #condition ")")
#define WARN_ON(condition) PYFUZZ_WARN(condition, "WARN_ON(" #condition ")")
#define WARN_ONCE(condition, ...) \
	PYFUZZ_WARN(condition, "WARN_ONCE(" #condition ")")
#define WARN_ON_ONCE(condition) \
	PYFUZZ_WARN(condition, "WARN_ON_ONCE(" #condition ")")

/*
 * arch/x86/kvm/mmu/mmu.c: an SPTE that the processor may change behind KVM's
 * back is exchanged, others are written once.
 */
#ifndef PYFUZZ_CLEAR_MARKED
#define PYFUZZ_CLEAR_MARKED
static inline u64 pyfuzz_spte_clear_marked(u64 *sptep)
{
	return xchg(sptep, 0);
}
#endif
#undef mmu_spte_clear_track_bits
#undef mmu_spte_clear_no_track
#define mmu_spte_clear_track_bits(...) \
	pyfuzz_spte_clear_marked(PYFUZZ_CLEARED(__VA_ARGS__, __VA_ARGS__))
#define mmu_spte_clear_no_track(sptep) WRITE_ONCE(*(sptep), 0)
#undef mmu_spte_get_lockless
#define mmu_spte_get_lockless(sptep) READ_ONCE(*(sptep))
#undef mmu_spte_set
#define mmu_spte_set(sptep, value) WRITE_ONCE(*(sptep), value)
