/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins that must mean the same as in the kernel; each group names the
 * header whose declarations it mirrors.  Structures hold only the members
 * that the code under test and its callers use.
 */
#ifndef PYFUZZ_MIRROR_H
#define PYFUZZ_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../worlds/lists/sizes.h"
#include "../worlds/lists/target.h"

/* include/uapi/asm-generic/int-ll64.h, include/linux/kvm_types.h */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
/*
 * include/linux/types.h: these are the fixed-width types of C.  In the C
 * library of a 64-bit machine two of them are long, a different type of the same
 * size, so pointers to them are incompatible.  The rest of the target's file uses
 * the kernel's types; adapter.h switches back to the C library's, with which the
 * headers above were read.
 */
#define uint64_t u64
#define int64_t s64
typedef u64 gfn_t;
typedef u64 gpa_t;
typedef u64 hpa_t;
typedef unsigned long gva_t;
typedef unsigned long hva_t;
typedef u64 kvm_pfn_t;
typedef unsigned int gfp_t;

/* include/linux/compiler.h, bits.h, minmax.h, kconfig.h */
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
/* IS_ENABLED(): 1 where the option is defined to 1, 0 where it is undefined. */
#define PYFUZZ_COMMA_1 , 1
#define PYFUZZ_SECOND(first, second, ...) second
#define PYFUZZ_PICK(...) PYFUZZ_SECOND(__VA_ARGS__)
#define PYFUZZ_IS_1(value) PYFUZZ_PICK(PYFUZZ_COMMA_##value, 0, 0)
#define PYFUZZ_IS_1_EXPANDED(value) PYFUZZ_IS_1(value)
#define IS_ENABLED(option) PYFUZZ_IS_1_EXPANDED(option)

/* include/linux/atomic: one thread, so plain words do. */
typedef struct {
	long counter;
} atomic_long_t;
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
/* include/linux/spinlock_types.h, rwlock_types.h: nothing to lock out. */
typedef int spinlock_t;
typedef int rwlock_t;
#define atomic_long_read(v) READ_ONCE((v)->counter)
#define atomic_long_read_acquire(v) READ_ONCE((v)->counter)
#define atomic_long_set(v, i) WRITE_ONCE((v)->counter, (long)(i))
#define atomic_long_set_release(v, i) WRITE_ONCE((v)->counter, (long)(i))
/* If *v is *old, store new and return true; otherwise set *old to *v. */
#define atomic_long_try_cmpxchg(v, old, new)                       \
	({                                                         \
		__typeof__(old) __old = (old);                     \
		bool __same = (v)->counter == (long)*__old;        \
		if (__same)                                        \
			(v)->counter = (long)(new);                \
		else                                               \
			*__old = (__typeof__(*__old))(v)->counter; \
		__same;                                            \
	})
#define atomic_long_try_cmpxchg_acquire(v, old, new) \
	atomic_long_try_cmpxchg(v, old, new)
#define atomic_long_cmpxchg_acquire(v, old, new)    \
	({                                          \
		long __was = (v)->counter;          \
		if (__was == (long)(old))           \
			(v)->counter = (long)(new); \
		__was;                              \
	})

/* arch/x86/include/asm/page_types.h, kvm_host.h; arch/x86/kvm/mmu.h */
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#endif
#define PG_LEVEL_4K 1
#define PT_PAGE_TABLE_LEVEL 1
#define KVM_HPAGE_GFN_SHIFT(level) (((level) - 1) * 9)
#define KVM_PAGES_PER_HPAGE(level) (1UL << KVM_HPAGE_GFN_SHIFT(level))
#define ACC_ALL 7u

/* arch/x86/include/asm/kvm_host.h: struct kvm_rmap_head */
#ifdef PYFUZZ_HAVE_RMAP_HEAD
/* A kernel's own definition, from the extractor. */
PYFUZZ_HAVE_RMAP_HEAD
#else
struct kvm_rmap_head {
#ifdef PYFUZZ_RMAP_HEAD_ATOMIC
	atomic_long_t val;
#else
	unsigned long val;
#endif
#ifdef PYFUZZ_RMAP_HEAD_EXTRA
	PYFUZZ_RMAP_HEAD_EXTRA
#endif
};
#endif

/*
 * include/linux/kvm_types.h: struct kvm_mmu_memory_cache.  The kernel tops up
 * to 40 objects when fewer than about 14 are left; one step of ours needs one
 * object, so a few are enough and cost less per sequence.
 */
#define PYFUZZ_CACHE_OBJECTS 4
struct kvm_mmu_memory_cache {
	int nobjs;
	unsigned int pyfuzz_vm;
	void *objects[PYFUZZ_CACHE_OBJECTS];
#ifdef PYFUZZ_CACHE_EXTRA
	PYFUZZ_CACHE_EXTRA
#endif
};

/* arch/x86/include/asm/kvm_host.h: union kvm_mmu_page_role */
union kvm_mmu_page_role {
	u32 word;
	struct {
		unsigned int level : 4;
		unsigned int direct : 1;
		unsigned int access : 3;
		unsigned int smm : 1;
		unsigned int passthrough : 1;
		unsigned int guest_mode : 1;
#ifdef PYFUZZ_ROLE_EXTRA
		PYFUZZ_ROLE_EXTRA
#endif
	};
};

/* arch/x86/kvm/mmu/mmu_internal.h: struct kvm_mmu_page */
struct kvm_mmu_page {
	union kvm_mmu_page_role role;
	gfn_t gfn;
	u64 *spt;
	struct kvm_rmap_head parent_ptes;
	u8 *pyfuzz_gfns; /* gfn and access of each shadowed guest PTE */
#ifdef PYFUZZ_MMU_PAGE_EXTRA
	PYFUZZ_MMU_PAGE_EXTRA
#endif
};

/* include/linux/kvm_host.h: memslots, struct kvm_vcpu, struct kvm */
struct kvm_arch_memory_slot {
	struct kvm_rmap_head *rmap[3];
#ifdef PYFUZZ_SLOT_ARCH_EXTRA
	PYFUZZ_SLOT_ARCH_EXTRA
#endif
};
struct kvm_memory_slot {
	gfn_t base_gfn;
	unsigned long npages;
	struct kvm_arch_memory_slot arch;
	unsigned int id;
#ifdef PYFUZZ_SLOT_EXTRA
	PYFUZZ_SLOT_EXTRA
#endif
};
struct kvm_memslots {
	struct kvm_memory_slot *pyfuzz_slot;
};

struct kvm;
struct kvm_vcpu_arch {
	struct kvm_mmu_memory_cache mmu_pte_list_desc_cache;
#ifdef PYFUZZ_VCPU_ARCH_EXTRA
	PYFUZZ_VCPU_ARCH_EXTRA
#endif
};
struct kvm_vcpu_stat {
	u64 pyfuzz_unused;
#ifdef PYFUZZ_VCPU_STAT_EXTRA
	PYFUZZ_VCPU_STAT_EXTRA
#endif
};
struct kvm_vcpu {
	struct kvm *kvm;
	int vcpu_id;
	struct kvm_vcpu_arch arch;
	struct kvm_vcpu_stat stat;
#ifdef PYFUZZ_VCPU_EXTRA
	PYFUZZ_VCPU_EXTRA
#endif
};
struct kvm_vm_stat {
	u64 max_mmu_rmap_size;
#ifdef PYFUZZ_STAT_EXTRA
	PYFUZZ_STAT_EXTRA
#endif
};
struct kvm_arch {
	int pyfuzz_unused;
#ifdef PYFUZZ_KVM_ARCH_EXTRA
	PYFUZZ_KVM_ARCH_EXTRA
#endif
};
struct kvm {
	bool vm_bugged;
	bool vm_dead;
	unsigned int pyfuzz_vm;
	int mmu_lock;
	struct kvm_vcpu *pyfuzz_vcpus[PYFUZZ_VCPUS];
	struct kvm_memslots pyfuzz_memslots;
	struct kvm_vm_stat stat;
	struct kvm_arch arch;
#ifdef PYFUZZ_KVM_EXTRA
	PYFUZZ_KVM_EXTRA
#endif
};

/*
 * Storage of the world.  SPTEs are contiguous and page aligned, so that the
 * shadow page of an SPTE follows from its address as it does in the kernel.
 */
#define PYFUZZ_SPTES_PER_PAGE 512
#define PYFUZZ_PAGES (PYFUZZ_SPTES / PYFUZZ_SPTES_PER_PAGE)
static u64 pyfuzz_spt[PYFUZZ_VMS][PYFUZZ_SPTES] __attribute__((aligned(4096)));
static u8 pyfuzz_gfns[PYFUZZ_VMS][PYFUZZ_SPTES];
static struct kvm_mmu_page pyfuzz_pages[PYFUZZ_VMS][PYFUZZ_PAGES];

/* arch/x86/kvm/mmu/spte.h, mmu_internal.h: an SPTE's page and index in it */
static inline struct kvm_mmu_page *sptep_to_sp(const u64 *sptep)
{
	size_t n = (size_t)(sptep - &pyfuzz_spt[0][0]) / PYFUZZ_SPTES_PER_PAGE;

	/* Anything else has no struct page here: as fatal as in the kernel. */
	if (n >= PYFUZZ_VMS * PYFUZZ_PAGES)
		return NULL;
	return &pyfuzz_pages[n / PYFUZZ_PAGES][n % PYFUZZ_PAGES];
}
#define __pa(address) ((hpa_t)(unsigned long)(address))
#define page_header(pa) sptep_to_sp((const u64 *)(unsigned long)(pa))

static inline int spte_index(const u64 *sptep)
{
	return (unsigned long)sptep / sizeof(*sptep) &
	       (PYFUZZ_SPTES_PER_PAGE - 1);
}

/* arch/x86/kvm/mmu/spte.h: SPTE_MMU_PRESENT_MASK is bit 11 */
#define SPTE_MMU_PRESENT_MASK BIT_ULL(11)
static inline bool is_shadow_present_pte(u64 spte)
{
	return !!(spte & SPTE_MMU_PRESENT_MASK);
}

/*
 * arch/x86/kvm/mmu/mmu.c: clear an SPTE and return its old value.  Some kernels
 * have a kvm parameter in front; older ones only return whether it was set, for
 * which the old value works as well.
 */
static inline u64 pyfuzz_spte_clear(u64 *sptep)
{
	u64 old = *sptep;

	*sptep = 0;
	return old;
}
#define mmu_spte_clear_track_bits(...) \
	pyfuzz_spte_clear(PYFUZZ_CLEARED(__VA_ARGS__, __VA_ARGS__))
/* (sptep, sptep) for one argument, (kvm, sptep, kvm, sptep) for two. */
#define PYFUZZ_CLEARED(a, b, ...) ((void)(a), (b))
#define mmu_spte_clear_no_track(sptep) ((void)pyfuzz_spte_clear(sptep))

/* arch/x86/kvm/mmu/mmu.c: the gfn that a shadow page records for an SPTE */
static inline gfn_t kvm_mmu_page_get_gfn(struct kvm_mmu_page *sp, int index)
{
	return sp->pyfuzz_gfns[index];
}
static inline void kvm_mmu_page_set_gfn(struct kvm_mmu_page *sp, int index,
					gfn_t gfn)
{
	sp->pyfuzz_gfns[index] = (u8)gfn;
}
static inline void kvm_mmu_page_set_translation(struct kvm_mmu_page *sp,
						int index, gfn_t gfn,
						unsigned int access)
{
	(void)access;
	kvm_mmu_page_set_gfn(sp, index, gfn);
}

/* include/linux/kvm_host.h, arch/x86/kvm/mmu.h: one slot, one address space */
#define kvm_memslots_for_spte_role(kvm, role) (&(kvm)->pyfuzz_memslots)
#define __kvm_memslots(kvm, as_id) (&(kvm)->pyfuzz_memslots)
#define kvm_memslots(kvm) (&(kvm)->pyfuzz_memslots)
static inline struct kvm_memory_slot *
__gfn_to_memslot(struct kvm_memslots *slots, gfn_t gfn)
{
	struct kvm_memory_slot *slot = slots->pyfuzz_slot;

	return gfn - slot->base_gfn < slot->npages ? slot : NULL;
}
static inline unsigned long gfn_to_index(gfn_t gfn, gfn_t base_gfn, int level)
{
	return (gfn >> KVM_HPAGE_GFN_SHIFT(level)) -
	       (base_gfn >> KVM_HPAGE_GFN_SHIFT(level));
}

#endif
