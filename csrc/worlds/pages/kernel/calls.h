/* SPDX-License-Identifier: GPL-2.0-only */
/* The world's operations as calls into the kernel's code. */
#ifndef PYFUZZ_KERNEL_CALLS_H
#define PYFUZZ_KERNEL_CALLS_H

#include "facts.h"
#include "vm.h"

/*
 * What the CPU reports of its walk of the shadow pages: whether it came to an SPTE that
 * is present, and that an MMIO SPTE has reserved bits set.
 */
static u64 pyfuzz_walked(struct kvm_vcpu *vcpu, uint64_t gva)
{
	struct kvm_shadow_walk_iterator walk;
	u64 spte = 0;

	for_each_shadow_entry_lockless(vcpu, gva, walk, spte)
		if (!is_shadow_present_pte(spte))
			break;
	if (pyfuzz_spte_mmio(spte))
		return PFERR_RSVD_MASK | PFERR_PRESENT_MASK;
	return is_shadow_present_pte(spte) ? PFERR_PRESENT_MASK : 0;
}

/* The number of faults that installed the guest's translation. */
static u64 pyfuzz_faults_done(const struct kvm_vcpu *vcpu)
{
	u64 n = vcpu->stat.pf_fixed;

#ifdef PYFUZZ_HAVE_STAT_FAST
	n += vcpu->stat.pf_fast;
#endif
#ifdef PYFUZZ_HAVE_STAT_SPURIOUS
	n += vcpu->stat.pf_spurious;
#endif
	return n;
}

static enum pages_result pyfuzz_page_fault(unsigned int vm, unsigned int i,
					   uint64_t gva, uint32_t error)
{
	struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];
	u64 done = pyfuzz_faults_done(vcpu);
	int r;

	/* To nested tables each access is one from user mode. */
	if (pyfuzz_nests(vcpu))
		error |= PFERR_USER_MASK;

	if (pyfuzz_root(vm, i, 0))
		error |= pyfuzz_walked(vcpu, gva);
	memset(&pyfuzz_asked, 0, sizeof(pyfuzz_asked));
	r = kvm_mmu_page_fault(vcpu, gva, error, NULL, 0);
	if (pyfuzz_asked.guest_fault)
		return PAGES_GUEST_FAULT;
	if (pyfuzz_asked.emulate)
		return PAGES_EMULATE;
	if (r <= 0)
		return PAGES_ERROR;
	return pyfuzz_faults_done(vcpu) == done ? PAGES_RETRY : PAGES_FIXED;
}

static void pyfuzz_invlpg(unsigned int vm, unsigned int i, uint64_t gva)
{
	struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];

	if (!pyfuzz_nests(vcpu)) {
		kvm_mmu_invlpg(vcpu, gva);
		return;
	}
	/* L1 has an address of L2's flushed, as by INVEPT. */
#if defined(PYFUZZ_HAVE_NESTED_WALK)
	kvm_mmu_invalidate_addr(vcpu, vcpu->arch.mmu->w, gva, KVM_MMU_ROOTS_ALL);
#elif defined(PYFUZZ_HAVE_INVALIDATE_ADDR)
	kvm_mmu_invalidate_addr(vcpu, vcpu->arch.mmu, gva, KVM_MMU_ROOTS_ALL);
#elif defined(PYFUZZ_HAVE_INVALIDATE_GVA)
	kvm_mmu_invalidate_gva(vcpu, vcpu->arch.mmu, gva, INVALID_PAGE);
#endif
}

static void pyfuzz_track_write(unsigned int vm, unsigned int i, uint64_t gpa,
			       const void *value, unsigned int bytes)
{
#if defined(PYFUZZ_HAVE_TRACK_WRITE)
	kvm_mmu_track_write(&pyfuzz_vcpus[vm][i], gpa, value, (int)bytes);
#elif defined(PYFUZZ_HAVE_PTE_WRITE)
	kvm_mmu_pte_write(&pyfuzz_vcpus[vm][i], gpa, value, (int)bytes,
			  &pyfuzz_kvms[vm].arch.mmu_sp_tracker);
#endif
}

#ifdef PYFUZZ_HAVE_UNMAP_GFN_RANGE
static struct kvm_gfn_range pyfuzz_range(unsigned int vm, unsigned int as,
					 unsigned int slot, uint64_t start,
					 uint64_t end)
{
	struct kvm_gfn_range range;

	memset(&range, 0, sizeof(range));
	range.slot = pyfuzz_slot(vm, as, slot);
	range.start = start;
	range.end = end;
	range.may_block = true;
	return range;
}
#endif

static unsigned long __maybe_unused pyfuzz_slot_hva(unsigned int vm,
						    unsigned int as,
						    unsigned int slot,
						    uint64_t gfn)
{
	return pyfuzz_hva(pyfuzz_slot(vm, as, slot), gfn);
}

/* As kvm_main.c does when one of the next two returns that it is needed. */
static void pyfuzz_flush_if(unsigned int vm, bool needed)
{
	if (needed)
		pages_on_flush(vm, 0, 0);
}

static void pyfuzz_unmap(unsigned int vm, unsigned int as, unsigned int slot,
			 uint64_t start, uint64_t end)
{
	struct kvm *kvm = &pyfuzz_kvms[vm];
#if defined(PYFUZZ_HAVE_UNMAP_GFN_RANGE)
	struct kvm_gfn_range range = pyfuzz_range(vm, as, slot, start, end);

	pyfuzz_flush_if(vm, kvm_unmap_gfn_range(kvm, &range));
#elif defined(PYFUZZ_HAVE_UNMAP_HVA_RANGE_4)
	pyfuzz_flush_if(vm,
			kvm_unmap_hva_range(kvm,
					    pyfuzz_slot_hva(vm, as, slot, start),
					    pyfuzz_slot_hva(vm, as, slot, end),
					    0));
#elif defined(PYFUZZ_HAVE_UNMAP_HVA_RANGE_3)
	pyfuzz_flush_if(vm,
			kvm_unmap_hva_range(kvm,
					    pyfuzz_slot_hva(vm, as, slot, start),
					    pyfuzz_slot_hva(vm, as, slot, end)));
#endif
}

static void __maybe_unused pyfuzz_change_pte(unsigned int vm, unsigned int as,
					     unsigned int slot, uint64_t gfn,
					     uint64_t pfn, bool writable)
{
	struct kvm *kvm __maybe_unused = &pyfuzz_kvms[vm];
	pte_t pte __maybe_unused =
		__pte((pfn << PAGE_SHIFT) | _PAGE_PRESENT | _PAGE_USER |
		      _PAGE_ACCESSED | (writable ? _PAGE_RW : 0));
#if defined(PYFUZZ_HAVE_SET_SPTE_GFN)
	struct kvm_gfn_range range = pyfuzz_range(vm, as, slot, gfn, gfn + 1);

#if defined(PYFUZZ_HAVE_RANGE_PTE)
	range.pte = pte;
#elif defined(PYFUZZ_HAVE_RANGE_ARG_PTE)
	range.arg.pte = pte;
#endif
	pyfuzz_flush_if(vm, kvm_set_spte_gfn(kvm, &range));
#elif defined(PYFUZZ_HAVE_SET_SPTE_HVA)
	pyfuzz_flush_if(vm, kvm_set_spte_hva(kvm,
					     pyfuzz_slot_hva(vm, as, slot, gfn),
					     pte));
#endif
}

static void pyfuzz_age(unsigned int vm, unsigned int as, unsigned int slot,
		       uint64_t start, uint64_t end)
{
	struct kvm *kvm = &pyfuzz_kvms[vm];
#if defined(PYFUZZ_HAVE_AGE_GFN)
	struct kvm_gfn_range range = pyfuzz_range(vm, as, slot, start, end);

	kvm_age_gfn(kvm, &range);
#elif defined(PYFUZZ_HAVE_AGE_HVA)
	kvm_age_hva(kvm, pyfuzz_slot_hva(vm, as, slot, start),
		    pyfuzz_slot_hva(vm, as, slot, end));
#endif
}

static void pyfuzz_test_age(unsigned int vm, unsigned int as, unsigned int slot,
			    uint64_t start, uint64_t end)
{
	struct kvm *kvm = &pyfuzz_kvms[vm];
#if defined(PYFUZZ_HAVE_AGE_GFN)
	struct kvm_gfn_range range = pyfuzz_range(vm, as, slot, start, end);

	kvm_test_age_gfn(kvm, &range);
#elif defined(PYFUZZ_HAVE_AGE_HVA)
	for (; start < end; start++)
		kvm_test_age_hva(kvm, pyfuzz_slot_hva(vm, as, slot, start));
#endif
}

#ifdef PYFUZZ_HAVE_WRITE_PROTECT
static void pyfuzz_write_protect(unsigned int vm, unsigned int as,
				 unsigned int slot, unsigned int level)
{
	kvm_mmu_slot_remove_write_access(&pyfuzz_kvms[vm],
					 pyfuzz_slot(vm, as, slot), (int)level);
}
#endif

static void pyfuzz_protect_masked(unsigned int vm, unsigned int as,
				  unsigned int slot, uint64_t gfn, uint64_t mask)
{
	struct kvm_memory_slot *s = pyfuzz_slot(vm, as, slot);

#if defined(PYFUZZ_HAVE_PROTECT_MASKED)
	kvm_arch_mmu_enable_log_dirty_pt_masked(&pyfuzz_kvms[vm], s,
						gfn - s->base_gfn, mask);
#elif defined(PYFUZZ_HAVE_PROTECT_MASKED_STATIC)
	kvm_mmu_write_protect_pt_masked(&pyfuzz_kvms[vm], s, gfn - s->base_gfn,
					mask);
#endif
}

#ifdef PYFUZZ_HAVE_CLEAR_DIRTY
static void pyfuzz_clear_dirty(unsigned int vm, unsigned int as,
			       unsigned int slot)
{
	kvm_mmu_slot_leaf_clear_dirty(&pyfuzz_kvms[vm],
				      pyfuzz_slot(vm, as, slot));
}
#endif

static void __maybe_unused pyfuzz_collapse(unsigned int vm, unsigned int as,
					   unsigned int slot)
{
#if defined(PYFUZZ_HAVE_ZAP_COLLAPSIBLE)
	kvm_mmu_zap_collapsible_sptes(&pyfuzz_kvms[vm],
				      pyfuzz_slot(vm, as, slot));
#elif defined(PYFUZZ_HAVE_RECOVER_HUGE)
	kvm_mmu_recover_huge_pages(&pyfuzz_kvms[vm], pyfuzz_slot(vm, as, slot));
#endif
}

#ifdef PYFUZZ_HAVE_SPLIT
static void pyfuzz_split(unsigned int vm, unsigned int as, unsigned int slot,
			 unsigned int level)
{
	kvm_mmu_slot_try_split_huge_pages(&pyfuzz_kvms[vm],
					  pyfuzz_slot(vm, as, slot), (int)level);
}
#endif

#ifdef PYFUZZ_HAVE_ZAP_GFN_RANGE
static void pyfuzz_zap_range(unsigned int vm, uint64_t start, uint64_t end)
{
	kvm_zap_gfn_range(&pyfuzz_kvms[vm], start, end);
}
#endif

#ifdef PYFUZZ_HAVE_ZAP_OLDEST
static void pyfuzz_reclaim(unsigned int vm, unsigned int pages)
{
	kvm_mmu_zap_oldest_mmu_pages(&pyfuzz_kvms[vm], pages);
}
#endif

static void __maybe_unused pyfuzz_recover_nx(unsigned int vm)
{
	struct kvm *kvm __maybe_unused = &pyfuzz_kvms[vm];

#if defined(PYFUZZ_HAVE_RECOVER_NX_HUGE)
	kvm_recover_nx_huge_pages(kvm);
#elif defined(PYFUZZ_HAVE_RECOVER_NX_HUGE_TYPE)
	kvm_recover_nx_huge_pages(kvm, KVM_SHADOW_MMU);
#elif defined(PYFUZZ_HAVE_RECOVER_NX_LPAGES)
	kvm_recover_nx_lpages(kvm);
#endif
}

#ifdef PYFUZZ_HAVE_ZAP_ALL_FAST
static void pyfuzz_zap_all_fast(unsigned int vm)
{
	kvm_mmu_zap_all_fast(&pyfuzz_kvms[vm]);
}
#endif

static void pyfuzz_invalidate_mmio(unsigned int vm, uint64_t generation)
{
	u64 last = 0;

	/* It is that of the memslots, which a change of one advances as well. */
	for (unsigned int as = 0; as < PAGES_SPACES; as++) {
		struct kvm_memslots *set =
			__kvm_memslots(&pyfuzz_kvms[vm], (int)as);
		u64 next = (generation & ~(PAGES_SPACES - 1ULL)) + as;

		set->generation += PAGES_SPACES;
		if (set->generation < next)
			set->generation = next;
		last = set->generation;
	}
	kvm_mmu_invalidate_mmio_sptes(&pyfuzz_kvms[vm], last);
}

#ifdef PYFUZZ_HAVE_KVM_BUG
static void pyfuzz_bug(unsigned int vm)
{
	KVM_BUG(true, &pyfuzz_kvms[vm], "asked for");
}
#endif

#endif
