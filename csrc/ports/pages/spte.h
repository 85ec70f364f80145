/* SPDX-License-Identifier: GPL-2.0-only */
/* The bits of a shadow page-table entry. */
#ifndef PYFUZZ_PORTS_PAGES_SPTE_H
#define PYFUZZ_PORTS_PAGES_SPTE_H

#include "types.h"

#define SPTE_HARDWARE_PRESENT BIT_ULL(0)
#define SPTE_WRITABLE BIT_ULL(1)
#define SPTE_USER BIT_ULL(2)
#define SPTE_ACCESSED BIT_ULL(5)
#define SPTE_DIRTY BIT_ULL(6)
#define SPTE_LARGE BIT_ULL(7)
#define SPTE_MMU_PRESENT_MASK BIT_ULL(11)
#define SPTE_FRAME_MASK 0x0007fffffffff000ULL
/* The host lets the guest write here, whatever write tracking says. */
#define SPTE_HOST_WRITABLE BIT_ULL(57)
#define SPTE_NX BIT_ULL(63)

/* A reserved bit that is set makes hardware fault on every access. */
#define SPTE_MMIO BIT_ULL(51)
/*
 * An MMIO SPTE carries the memslots' generation: bits 3 to 10 and 52 to 56.
 * Bit 11 is none of them, or the SPTE would look present.
 */
#define MMIO_GEN_LOW_BITS 8
#define MMIO_GEN_LOW_SHIFT 3
#define MMIO_GEN_HIGH_BITS 5
#define MMIO_GEN_HIGH_SHIFT 52

static inline bool is_shadow_present_pte(u64 spte)
{
	return spte & SPTE_MMU_PRESENT_MASK;
}

static inline bool is_mmio_spte(u64 spte)
{
	return spte & SPTE_MMIO;
}

static inline bool is_large_pte(u64 spte)
{
	return spte & SPTE_LARGE;
}

static inline bool is_last_spte(u64 spte, int level)
{
	return level == 1 || is_large_pte(spte);
}

static inline u64 spte_to_pfn(u64 spte)
{
	return (spte & SPTE_FRAME_MASK) >> 12;
}

static inline struct kvm_mmu_page *spte_to_child(u64 spte)
{
	return pages_private(pages_virtual(spte & SPTE_FRAME_MASK));
}

static u64 make_mmio_spte(u64 generation, gfn_t gfn)
{
	u64 low = generation & (BIT_ULL(MMIO_GEN_LOW_BITS) - 1);
	u64 high = generation >> MMIO_GEN_LOW_BITS &
		   (BIT_ULL(MMIO_GEN_HIGH_BITS) - 1);

	return SPTE_MMIO | low << MMIO_GEN_LOW_SHIFT |
	       high << MMIO_GEN_HIGH_SHIFT | gfn << 12;
}

static u64 make_nonleaf_spte(const u64 *child)
{
	return (u64)(uintptr_t)child | SPTE_MMU_PRESENT_MASK |
	       SPTE_HARDWARE_PRESENT | SPTE_WRITABLE | SPTE_USER | SPTE_ACCESSED;
}

static u64 make_leaf_spte(u64 pfn, unsigned int access, int level,
			  bool host_writable)
{
	u64 spte = pfn << 12 | SPTE_MMU_PRESENT_MASK | SPTE_HARDWARE_PRESENT |
		   SPTE_ACCESSED;

	if (level > 1)
		spte |= SPTE_LARGE;
	if (host_writable)
		spte |= SPTE_HOST_WRITABLE;
	if (access & ACC_USER)
		spte |= SPTE_USER;
	if (!(access & ACC_EXEC))
		spte |= SPTE_NX;
	if (access & ACC_WRITE)
		spte |= SPTE_WRITABLE | SPTE_DIRTY;
	return spte;
}

static void flush_spte(const u64 *sptep);

static u64 mmu_spte_clear_track_bits(struct kvm *kvm, u64 *sptep)
{
	u64 old = *sptep;

	(void)kvm;
	flush_spte(sptep);
	*sptep = 0;
	return old;
}

#endif
