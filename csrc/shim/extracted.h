/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins that only extracted code needs: names that some kernel from 4.19 on
 * uses near the reverse maps and that the ports do not use.  Sorted by duty like
 * the other three: first those that do nothing, then those that must mean the
 * same, with the header that they mirror.
 */
#ifndef PYFUZZ_EXTRACTED_H
#define PYFUZZ_EXTRACTED_H

#include <string.h>
#include "shim.h"

/* Annotations. */
#define __ro_after_init
#define __used __attribute__((used))
#define __cold
#define __hot
#define __weak
#define __packed __attribute__((packed))
#define __percpu
#define __private
#define __visible
#define __acquires(lock)
#define __releases(lock)
#define __must_hold(lock)
#define __printf(format, arguments)
#define __aligned(n) __attribute__((aligned(n)))
#define __sched
#define __section(name)
#define asmlinkage
#define noinstr
#define notrace
#define fallthrough __attribute__((fallthrough))
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp

/* One thread runs the world: locks, barriers and RCU have nothing to do. */
#define spin_lock(lock) ((void)(lock))
#define spin_unlock(lock) ((void)(lock))
#define raw_spin_lock(lock) ((void)(lock))
#define raw_spin_unlock(lock) ((void)(lock))
#define read_lock(lock) ((void)(lock))
#define read_unlock(lock) ((void)(lock))
#define write_lock(lock) ((void)(lock))
#define write_unlock(lock) ((void)(lock))
#define rcu_read_lock() ((void)0)
#define rcu_read_unlock() ((void)0)
#define rcu_dereference(pointer) (pointer)
#define local_irq_enable() ((void)0)
#define local_irq_disable() ((void)0)
#define barrier() __asm__ __volatile__("" : : : "memory")
#define smp_mb__before_atomic() ((void)0)
#define smp_mb__after_atomic() ((void)0)
#define smp_load_acquire(pointer) READ_ONCE(*(pointer))
#define smp_store_release(pointer, value) WRITE_ONCE(*(pointer), value)
#define smp_store_mb(variable, value) WRITE_ONCE(variable, value)
#define prefetch(address) ((void)(address))
#define prefetchw(address) ((void)(address))

/* Switches, off by default. */
#define static_branch_unlikely(key) 0
#define static_branch_likely(key) 0
#define static_key_false(key) 0

/*
 * The vendor module's callbacks (struct kvm_x86_ops) do nothing without hardware,
 * whatever their parameters are.
 */
#define pyfuzz_callback(...) 0L
#define static_call(name) pyfuzz_callback
#define static_call_cond(name) pyfuzz_callback
#define kvm_x86_call(name) pyfuzz_callback

/* Statistics and dirty tracking: nothing that is checked depends on them. */
#define percpu_counter_add(counter, amount) ((void)0)
#define kvm_account_pgtable_pages(...) ((void)0)
#define kvm_mod_used_mmu_pages(...) ((void)0)
#define kvm_set_pfn_dirty(...) ((void)0)
#define kvm_set_pfn_accessed(...) ((void)0)
#define mark_page_dirty(...) ((void)0)
#define mark_page_dirty_in_slot(...) ((void)0)

/* The stack of the process is unrelated to the kernel's. */
#define dump_stack() ((void)0)

/* include/linux/kern_levels.h: the level is not part of the line. */
#define KERN_EMERG ""
#define KERN_ALERT ""
#define KERN_CRIT ""
#define KERN_ERR ""
#define KERN_WARNING ""
#define KERN_NOTICE ""
#define KERN_INFO ""
#define KERN_DEBUG ""
#define KERN_CONT ""
#define pr_emerg(...) printk(__VA_ARGS__)
#define pr_alert(...) printk(__VA_ARGS__)
#define pr_crit(...) printk(__VA_ARGS__)
#define pr_notice(...) printk(__VA_ARGS__)
#define pr_cont(...) printk(__VA_ARGS__)
#define pr_warning(...) printk(__VA_ARGS__)
#define pr_info_once(...) PYFUZZ_ONCE(printk(__VA_ARGS__))
#define pr_info_ratelimited(...) PYFUZZ_ONCE(printk(__VA_ARGS__))
#define printk_once(...) PYFUZZ_ONCE(printk(__VA_ARGS__))
#define printk_ratelimited(...) PYFUZZ_ONCE(printk(__VA_ARGS__))
#define printk_ratelimit() 1
#define kvm_err(...) printk(__VA_ARGS__)
#define kvm_info(...) printk(__VA_ARGS__)
#define kvm_pr_unimpl(...) PYFUZZ_ONCE(printk(__VA_ARGS__))
#define WARN_RATELIMIT(condition, ...) WARN_ONCE(condition, __VA_ARGS__)
#define WARN_TAINT_ONCE(condition, taint, ...) WARN_ONCE(condition, __VA_ARGS__)

/* include/linux/build_bug.h */
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define BUILD_BUG_ON_INVALID(condition) ((void)sizeof((long)(condition)))
#define BUILD_BUG_ON_MSG(condition, message) \
	_Static_assert(!(condition), message)
#define BUILD_BUG() ((void)0)

/* include/linux/types.h, include/linux/kernel.h, container_of.h, nospec.h */
typedef unsigned int uint;
typedef unsigned long ulong;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s8 __s8;
typedef s16 __s16;
typedef s32 __s32;
typedef s64 __s64;
#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))
#define swap(a, b)                          \
	do {                                \
		__typeof__(a) __swap = (a); \
		(a) = (b);                  \
		(b) = __swap;               \
	} while (0)
#define array_index_nospec(index, size) (index)
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define BITS_PER_LONG 64
#define GENMASK(high, low) ((~0UL << (low)) & (~0UL >> (63 - (high))))
#define GENMASK_ULL(high, low) ((~0ULL << (low)) & (~0ULL >> (63 - (high))))
#define xchg(pointer, new)                                  \
	({                                                  \
		__typeof__(*(pointer)) __xchg = *(pointer); \
		*(pointer) = (new);                         \
		__xchg;                                     \
	})
#define cmpxchg(pointer, old, new)                             \
	({                                                     \
		__typeof__(*(pointer)) __cmpxchg = *(pointer); \
		if (__cmpxchg == (old))                        \
			*(pointer) = (new);                    \
		__cmpxchg;                                     \
	})
#define try_cmpxchg(pointer, old, new)              \
	({                                          \
		bool __same = *(pointer) == *(old); \
		if (__same)                         \
			*(pointer) = (new);         \
		else                                \
			*(old) = *(pointer);        \
		__same;                             \
	})

/* include/linux/atomic: what locked heads of other kernels may use. */
#define atomic_read(v) READ_ONCE((v)->counter)
#define atomic_set(v, i) WRITE_ONCE((v)->counter, i)
#define atomic_inc(v) ((void)(v)->counter++)
#define atomic_dec(v) ((void)(v)->counter--)
#define atomic_add(i, v) ((void)((v)->counter += (i)))
#define atomic64_read(v) READ_ONCE((v)->counter)
#define atomic64_set(v, i) WRITE_ONCE((v)->counter, i)
#define atomic64_inc(v) ((void)(v)->counter++)
#define atomic64_dec(v) ((void)(v)->counter--)
#define atomic64_add(i, v) ((void)((v)->counter += (i)))
#define atomic64_sub(i, v) ((void)((v)->counter -= (i)))
#define atomic_long_inc(v) ((void)(v)->counter++)
#define atomic_long_dec(v) ((void)(v)->counter--)
#define atomic_long_add(i, v) ((void)((v)->counter += (i)))
#define atomic_long_or(i, v) ((void)((v)->counter |= (long)(i)))
#define atomic_long_and(i, v) ((void)((v)->counter &= (long)(i)))
#define atomic_long_andnot(i, v) ((void)((v)->counter &= ~(long)(i)))
#define atomic_long_xchg(v, new) xchg(&(v)->counter, (long)(new))
#define atomic_long_cmpxchg(v, old, new) \
	cmpxchg(&(v)->counter, (long)(old), (long)(new))
#define atomic_long_cmpxchg_relaxed(v, old, new) \
	atomic_long_cmpxchg(v, old, new)
#define atomic_long_try_cmpxchg_relaxed(v, old, new) \
	atomic_long_try_cmpxchg(v, old, new)
#define atomic_long_try_cmpxchg_release(v, old, new) \
	atomic_long_try_cmpxchg(v, old, new)
#define atomic_long_fetch_or(i, v)         \
	({                                 \
		long __was = (v)->counter; \
		(v)->counter |= (long)(i); \
		__was;                     \
	})
#define atomic_long_fetch_or_acquire(i, v) atomic_long_fetch_or(i, v)

/* arch/x86/include/asm/pgtable_types.h */
typedef struct {
	unsigned long pte;
} pte_t;
#define __pte(value) ((pte_t){ .pte = (value) })
#define pte_val(value) ((value).pte)

/* arch/x86/kvm/mmu/spte.h, mmu_internal.h, paging.h */
#define PT64_LEVEL_BITS 9
#define PT64_ENT_PER_PAGE PYFUZZ_SPTES_PER_PAGE
#define SPTE_ENT_PER_PAGE PYFUZZ_SPTES_PER_PAGE
#define PT_DIRECTORY_LEVEL 2
#define PG_LEVEL_2M 2
#define PG_LEVEL_1G 3
#define INVALID_GFN (~(gfn_t)0)
#define KVM_MEMSLOT_INVALID (1UL << 16)

/* arch/x86/kvm/mmu/spte.h: the bits of an SPTE */
#define is_large_pte(pte) (!!((pte) & BIT_ULL(7)))
#define is_writable_pte(pte) (!!((pte) & BIT_ULL(1)))
#define is_last_spte(pte, level) ((level) == PG_LEVEL_4K || is_large_pte(pte))
#define spte_to_pfn(pte) \
	((kvm_pfn_t)(((pte) & GENMASK_ULL(51, 12)) >> PAGE_SHIFT))

/* arch/x86/kvm/mmu/mmu.c: an SPTE is a plain word when one thread runs. */
#define mmu_spte_set(sptep, value) ((void)(*(sptep) = (value)))
#define mmu_spte_get_lockless(sptep) READ_ONCE(*(sptep))
/* (kvm, sptep, value) or, without a kvm, (sptep, value); returns the old one. */
#define __mmu_spte_clear_track_bits(...) \
	PYFUZZ_3(__VA_ARGS__, pyfuzz_clear_3, pyfuzz_clear_2)(__VA_ARGS__)
#define PYFUZZ_3(a, b, c, name, ...) name
#define pyfuzz_clear_3(kvm, sptep, value) \
	((void)(kvm), xchg(sptep, (u64)(value)))
#define pyfuzz_clear_2(sptep, value) xchg(sptep, (u64)(value))
#define __set_spte(sptep, value) mmu_spte_set(sptep, value)

/* include/linux/bitops.h, atomic: what ageing uses */
#define ffs(word) __builtin_ffsll((long long)(word))
#define set_bit(n, p) \
	((void)(((unsigned long *)(p))[(n) / 64] |= BIT((n) % 64)))
#define clear_bit(n, p) \
	((void)(((unsigned long *)(p))[(n) / 64] &= ~BIT((n) % 64)))
#define cmpxchg64(p, old, new) cmpxchg(p, old, new)
#define try_cmpxchg64(p, old, new) try_cmpxchg(p, old, new)

/* include/linux/kvm_host.h: the frames of an operation */
struct kvm_gfn_range {
	struct kvm_memory_slot *slot;
	gfn_t start;
	gfn_t end;
	bool may_block;
	bool lockless;
};

/*
 * arch/x86/kvm/mmu/spte.c: an SPTE without Accessed bits is aged by removing its
 * permissions, which are saved in bits that the processor ignores.
 */
static inline u64 pyfuzz_track(u64 spte)
{
	return (spte & ~(BIT_ULL(5) | 7)) | (spte & 5) << 54;
}
#define mark_spte_for_access_track(spte) pyfuzz_track(spte)

/* arch/x86/kvm/mmu/mmu.c: every page of ours shadows a guest's page table */
#define sp_has_gptes(sp) ((void)(sp), true)
#define kvm_mmu_page_get_access(sp, index) ((void)(sp), (void)(index), ACC_ALL)
#define is_tdp_mmu_enabled(kvm) false
#define is_tdp_mmu_page(sp) ((void)(sp), false)

/* TDX and the like, under many names: our VMs have no private memory. */
#define is_private_sp(sp) ((void)(sp), false)
#define is_private_spte(...) false
#define is_private_gfn(...) false
#define is_private_zapped_spte(pte) ((void)(pte), false)
#define is_zapped_private_pte(pte) ((void)(pte), false)
#define is_mirror_sp(sp) ((void)(sp), false)
#define kvm_is_private_gfn(...) false
#define kvm_gfn_shared_mask(kvm) ((gfn_t)0)
#define kvm_gfn_stolen_mask(kvm) ((gfn_t)0)

/* include/linux/kvm_host.h: one slot, one address space */
#define KVM_REQ_VM_BUGGED KVM_REQ_VM_DEAD
#define kvm_vcpu_memslots(vcpu) kvm_memslots((vcpu)->kvm)
#define gfn_to_memslot(kvm, gfn) __gfn_to_memslot(kvm_memslots(kvm), gfn)
#define kvm_vcpu_gfn_to_memslot(vcpu, gfn) gfn_to_memslot((vcpu)->kvm, gfn)

/* Whether a head is that of a page's parents, and of which page. */
static inline bool pyfuzz_is_parent(const struct kvm_rmap_head *head)
{
	uintptr_t start = (uintptr_t)pyfuzz_pages;

	return (uintptr_t)head - start < sizeof(pyfuzz_pages);
}
#define pyfuzz_page(head) container_of(head, struct kvm_mmu_page, parent_ptes)

#endif
