/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins that do nothing, because nothing that the harness checks depends
 * on them: one thread, no TLB, no tracing, no statistics.
 */
#ifndef PYFUZZ_NOOP_H
#define PYFUZZ_NOOP_H

/* Annotations. */
#define __init
#define __exit
#define __read_mostly
#define __must_check
#define noinline __attribute__((noinline))
#define __always_inline inline __attribute__((always_inline))
#ifndef __maybe_unused
#define __maybe_unused __attribute__((unused))
#endif
#define __rcu
#define __force
#define __user
#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)

/* One thread runs the world, and mmu_lock is held throughout. */
#define lockdep_assert_held(lock) ((void)0)
#define lockdep_assert_held_write(lock) ((void)0)
#define lockdep_assert_held_read(lock) ((void)0)
#define lockdep_assert_once(condition) ((void)0)
#define lockdep_assert_preemption_disabled() ((void)0)
#define lockdep_is_held(lock) 1
#define preempt_disable() ((void)0)
#define preempt_enable() ((void)0)
#define cpu_relax() ((void)0)
#define might_sleep() ((void)0)
#define cond_resched() ((void)0)
#define smp_mb() ((void)0)
#define smp_rmb() ((void)0)
#define smp_wmb() ((void)0)

/* Debug output that is compiled out by default in the kernel as well. */
#define rmap_printk(...) ((void)0)
#define pgprintk(...) ((void)0)

/* No TLB to flush, no statistics to keep. */
#define kvm_flush_remote_tlbs(...) ((void)0)
#define kvm_flush_remote_tlbs_gfn(...) ((void)0)
#define kvm_flush_remote_tlbs_range(...) ((void)0)
#define kvm_flush_remote_tlbs_sptep(...) ((void)0)
#define kvm_flush_remote_tlbs_with_address(...) ((void)0)
#define kvm_update_page_stats(...) ((void)0)

#endif
