/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the harness calls a port (csrc/worlds/lists/adapter.h).  All ports have the
 * same names and parameters; an extracted target has its own version of this.
 */
#define PYFUZZ_CAPACITY PTE_LIST_EXT
#define PYFUZZ_ADD(c, sptep, head) \
	pte_list_add(PORT_KVM((c)->kvm)(c)->cache, sptep, head)
#define PYFUZZ_REMOVE(c, sptep, head) pte_list_remove((c)->kvm, sptep, head)
#define PYFUZZ_ZAP_ONE(c, sptep, head) \
	kvm_zap_one_rmap_spte((c)->kvm, head, sptep)
#define PYFUZZ_ZAP_ALL(c, head) kvm_zap_all_rmap_sptes((c)->kvm, head)
#define PYFUZZ_ZAP_ALL_RETURNS 1
#ifndef PORT_NO_COUNT
#define PYFUZZ_COUNT(c, head) pte_list_count(PORT_KVM((c)->kvm) head)
#endif
#define PYFUZZ_ITER_TYPE struct rmap_iterator
#define PYFUZZ_ITER_FIRST(head, iter) rmap_get_first(PORT_KVM(c.kvm) head, iter)
#define PYFUZZ_ITER_NEXT(iter) rmap_get_next(PORT_KVM(c.kvm) iter)
#define PYFUZZ_PARENT_ADD(c, sp, sptep) \
	mmu_page_add_parent_pte((c)->kvm, (c)->cache, sp, sptep)
#define PYFUZZ_PARENT_REMOVE(c, sp, sptep) \
	mmu_page_remove_parent_pte((c)->kvm, sp, sptep)
#define PYFUZZ_PARENT_DROP(c, sp, sptep) drop_parent_pte((c)->kvm, sp, sptep)
#define PYFUZZ_PARENT_UNLINK(c, sp) kvm_mmu_unlink_parents((c)->kvm, sp)
#ifdef PORT_CALLER_RECYCLES
#define PYFUZZ_RMAP_ADD(c, sptep, gfn) rmap_insert((c)->vcpu, sptep, gfn)
#else
#define PYFUZZ_RMAP_ADD(c, sptep, gfn) rmap_add((c)->vcpu, sptep, gfn)
#endif
#define PYFUZZ_RMAP_REMOVE(c, sptep) rmap_remove((c)->kvm, sptep)
#include "adapter.h"
#ifdef PYFUZZ_THREADS
#include "../worlds/threads/seam.h"
#endif
