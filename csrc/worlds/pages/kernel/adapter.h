/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel as a target of the world "pages".  Included after the kernel's own
 * mmu.c, spte.c and page_track.c, so that it can use their static functions; not
 * covered code.
 */
#ifndef PYFUZZ_KERNEL_ADAPTER_H
#define PYFUZZ_KERNEL_ADAPTER_H

#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), \
			     apply_to = function)

#include "calls.h"
#include "facts.h"
#include "data.h"

#define PYFUZZ_OFFSET(member) ((uint32_t)offsetof(struct pte_list_desc, member))
#define PYFUZZ_SIZE(member) \
	((uint32_t)sizeof(((struct pte_list_desc *)NULL)->member))
#define PYFUZZ_CALL(call, function) \
	.call = pyfuzz_##call, .names.call = function

struct pages_target pages_target __attribute__((visibility("hidden"))) = {
	.name = PYFUZZ_NAME,
	.layout = {
		.capacity = ARRAY_SIZE(((struct pte_list_desc *)NULL)->sptes),
		.descriptor_size = sizeof(struct pte_list_desc),
		.more_offset = PYFUZZ_OFFSET(more),
		.sptes_offset = PYFUZZ_OFFSET(sptes),
#ifdef PYFUZZ_HAVE_SPTE_COUNT
		.spte_count_offset = PYFUZZ_OFFSET(spte_count),
		.spte_count_size = PYFUZZ_SIZE(spte_count),
#endif
#ifdef PYFUZZ_HAVE_TAIL_COUNT
		.tail_count_offset = PYFUZZ_OFFSET(tail_count),
		.tail_count_size = PYFUZZ_SIZE(tail_count),
#endif
#ifdef PYFUZZ_HAVE_LOCKED_HEADS
		.locked_heads = true,
#endif
	},
	.modes = 1U << PAGES_NONPAGING | 1U << PAGES_32BIT | 1U << PAGES_PAE |
		 1U << PAGES_4LEVEL | 1U << PAGES_5LEVEL | PYFUZZ_NESTED_MODES,
	.vm_init = pyfuzz_vm_init, .names.vm_init = "kvm_mmu_init_vm",
	.vm_destroy = pyfuzz_vm_destroy, .names.vm_destroy = "kvm_mmu_zap_all",
	.topup = pyfuzz_topup,
	.drain = pyfuzz_drain,
#ifdef PYFUZZ_HAVE_TOPUP
	.settle = pyfuzz_settle,
#endif
	PYFUZZ_CALL(set_mode, "kvm_init_mmu"),
	PYFUZZ_CALL(load, "kvm_mmu_load"),
	PYFUZZ_CALL(unload, "kvm_mmu_unload"),
	PYFUZZ_CALL(new_root, "kvm_mmu_new_pgd"),
	PYFUZZ_CALL(sync_roots, "kvm_mmu_sync_roots"),
	PYFUZZ_CALL(page_fault, "kvm_mmu_page_fault"),
	PYFUZZ_CALL(invlpg, "kvm_mmu_invlpg"),
#if defined(PYFUZZ_HAVE_TRACK_WRITE)
	PYFUZZ_CALL(track_write, "kvm_mmu_track_write"),
#elif defined(PYFUZZ_HAVE_PTE_WRITE)
	PYFUZZ_CALL(track_write, "kvm_mmu_pte_write"),
#endif
	PYFUZZ_CALL(free_obsolete, "kvm_mmu_free_obsolete_roots"),
	PYFUZZ_CALL(slot_create, "kvm_set_memory_region"),
	PYFUZZ_CALL(slot_delete, "kvm_arch_flush_shadow_memslot"),
	PYFUZZ_CALL(set_dirty_log, "kvm_set_memory_region"),
	PYFUZZ_CALL(slot_move, "kvm_arch_flush_shadow_memslot"),
#if defined(PYFUZZ_HAVE_UNMAP_GFN_RANGE)
	PYFUZZ_CALL(unmap, "kvm_unmap_gfn_range"),
#elif defined(PYFUZZ_HAVE_UNMAP_HVA_RANGE_4) || \
	defined(PYFUZZ_HAVE_UNMAP_HVA_RANGE_3)
	PYFUZZ_CALL(unmap, "kvm_unmap_hva_range"),
#endif
#if defined(PYFUZZ_HAVE_SET_SPTE_GFN)
	PYFUZZ_CALL(change_pte, "kvm_set_spte_gfn"),
#elif defined(PYFUZZ_HAVE_SET_SPTE_HVA)
	PYFUZZ_CALL(change_pte, "kvm_set_spte_hva"),
#endif
#if defined(PYFUZZ_HAVE_AGE_GFN)
	PYFUZZ_CALL(age, "kvm_age_gfn"),
	PYFUZZ_CALL(test_age, "kvm_test_age_gfn"),
#elif defined(PYFUZZ_HAVE_AGE_HVA)
	PYFUZZ_CALL(age, "kvm_age_hva"),
	PYFUZZ_CALL(test_age, "kvm_test_age_hva"),
#endif
#ifdef PYFUZZ_HAVE_WRITE_PROTECT
	PYFUZZ_CALL(write_protect, "kvm_mmu_slot_remove_write_access"),
#endif
#if defined(PYFUZZ_HAVE_PROTECT_MASKED) || \
	defined(PYFUZZ_HAVE_PROTECT_MASKED_STATIC)
	PYFUZZ_CALL(protect_masked, "kvm_arch_mmu_enable_log_dirty_pt_masked"),
#endif
#ifdef PYFUZZ_HAVE_CLEAR_DIRTY
	PYFUZZ_CALL(clear_dirty, "kvm_mmu_slot_leaf_clear_dirty"),
#endif
#if defined(PYFUZZ_HAVE_ZAP_COLLAPSIBLE)
	PYFUZZ_CALL(collapse, "kvm_mmu_zap_collapsible_sptes"),
#elif defined(PYFUZZ_HAVE_RECOVER_HUGE)
	PYFUZZ_CALL(collapse, "kvm_mmu_recover_huge_pages"),
#endif
#ifdef PYFUZZ_HAVE_SPLIT
	PYFUZZ_CALL(split, "kvm_mmu_slot_try_split_huge_pages"),
#endif
#ifdef PYFUZZ_HAVE_ZAP_GFN_RANGE
	PYFUZZ_CALL(zap_range, "kvm_zap_gfn_range"),
#endif
#ifdef PYFUZZ_HAVE_ZAP_OLDEST
	PYFUZZ_CALL(reclaim, "kvm_mmu_zap_oldest_mmu_pages"),
#endif
#if defined(PYFUZZ_HAVE_RECOVER_NX_HUGE) || \
	defined(PYFUZZ_HAVE_RECOVER_NX_HUGE_TYPE)
	PYFUZZ_CALL(recover_nx, "kvm_recover_nx_huge_pages"),
#elif defined(PYFUZZ_HAVE_RECOVER_NX_LPAGES)
	PYFUZZ_CALL(recover_nx, "kvm_recover_nx_lpages"),
#endif
#ifdef PYFUZZ_HAVE_ZAP_ALL_FAST
	PYFUZZ_CALL(zap_all_fast, "kvm_mmu_zap_all_fast"),
#endif
	PYFUZZ_CALL(invalidate_mmio, "kvm_mmu_invalidate_mmio_sptes"),
#ifdef PYFUZZ_HAVE_KVM_BUG
	PYFUZZ_CALL(bug, "KVM_BUG"),
#endif
	.page = pyfuzz_page,
	.rmaps = pyfuzz_rmaps,
	.dirty_bitmap = pyfuzz_dirty_bitmap,
	.spte_present = pyfuzz_spte_present,
	.spte_mmio = pyfuzz_spte_mmio,
	.spte_large = pyfuzz_spte_large,
	.spte_writable = pyfuzz_spte_writable,
	.root = pyfuzz_root,
	.used_pages = pyfuzz_used_pages,
	.requests = pyfuzz_requests,
};

#ifndef PYFUZZ_HAVE_VM_BUGGED
/* Up to 5.14 nothing bugs a VM. */
static bool pyfuzz_never_bugged[PAGES_VMS];
#endif

/* Before the harness's constructors. */
static void __attribute__((constructor(200))) pyfuzz_adapter_wire(void)
{
	pyfuzz_kernel_init();
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++) {
#ifdef PYFUZZ_HAVE_VM_BUGGED
		pages_target.bugged[vm] = &pyfuzz_kvms[vm].vm_bugged;
#else
		pages_target.bugged[vm] = &pyfuzz_never_bugged[vm];
#endif
#ifdef PYFUZZ_HAVE_VM_DEAD
		pages_target.dead[vm] = &pyfuzz_kvms[vm].vm_dead;
#endif
	}
	pages_target.spte_frame_mask = PYFUZZ_FRAME_MASK;
#ifdef PYFUZZ_HAVE_NONPRESENT_VALUE
	pages_target.spte_nothing = SHADOW_NONPRESENT_VALUE;
#endif
	pyfuzz_data_wire();
}

#pragma clang attribute pop

#endif
