/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included at the end of a target's translation unit: turns the PYFUZZ_*
 * macros that the target defined (csrc/ports/seam.h, or the extractor) into
 * the table of target.h, and owns the structures of the world.  Nothing in here
 * is covered code.
 */
#ifndef PYFUZZ_LISTS_ADAPTER_H
#define PYFUZZ_LISTS_ADAPTER_H

#include <string.h>
#include "target.h"

/* The code under test ends here: from the kernel's types to the C library's. */
#undef uint64_t
#undef int64_t

#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), \
			     apply_to = function)

/* The members of struct pte_list_desc, if a tree has other names for them. */
#ifndef PYFUZZ_MORE
#define PYFUZZ_MORE more
#endif
#ifndef PYFUZZ_ENTRIES
#define PYFUZZ_ENTRIES sptes
#endif

#ifndef PYFUZZ_ADD_NAME
#define PYFUZZ_ADD_NAME "pte_list_add"
#endif
#ifndef PYFUZZ_REMOVE_NAME
#define PYFUZZ_REMOVE_NAME "pte_list_remove"
#endif
#ifndef PYFUZZ_ZAP_ONE_NAME
#define PYFUZZ_ZAP_ONE_NAME "kvm_zap_one_rmap_spte"
#endif
#ifndef PYFUZZ_ZAP_ALL_NAME
#define PYFUZZ_ZAP_ALL_NAME "kvm_zap_all_rmap_sptes"
#endif
#ifndef PYFUZZ_COUNT_NAME
#define PYFUZZ_COUNT_NAME "pte_list_count"
#endif
#ifndef PYFUZZ_ITER_NAME
#define PYFUZZ_ITER_NAME "rmap_get_next"
#endif
#ifndef PYFUZZ_PARENT_ADD_NAME
#define PYFUZZ_PARENT_ADD_NAME "mmu_page_add_parent_pte"
#endif
#ifndef PYFUZZ_PARENT_REMOVE_NAME
#define PYFUZZ_PARENT_REMOVE_NAME "mmu_page_remove_parent_pte"
#endif
#ifndef PYFUZZ_PARENT_DROP_NAME
#define PYFUZZ_PARENT_DROP_NAME "drop_parent_pte"
#endif
#ifndef PYFUZZ_PARENT_UNLINK_NAME
#define PYFUZZ_PARENT_UNLINK_NAME "kvm_mmu_unlink_parents"
#endif
#ifndef PYFUZZ_RMAP_ADD_NAME
#define PYFUZZ_RMAP_ADD_NAME "rmap_add"
#endif
#ifndef PYFUZZ_RMAP_REMOVE_NAME
#define PYFUZZ_RMAP_REMOVE_NAME "rmap_remove"
#endif

/* Every parameter that a function has in any kernel. */
struct pyfuzz_call {
	struct kvm *kvm;
	struct kvm_vcpu *vcpu;
	struct kvm_mmu_memory_cache *cache;
	struct kvm_memory_slot *slot;
};

static struct kvm pyfuzz_kvms[PYFUZZ_VMS];
static struct kvm_memory_slot pyfuzz_slots[PYFUZZ_VMS];
static struct kvm_rmap_head pyfuzz_rmap[PYFUZZ_VMS][PYFUZZ_FRAME_HEADS];

/*
 * The parameters are those of a vCPU of the operation's own VM; which vCPU (or
 * kworker) is running is a separate matter, see pyfuzz_running_vm().
 */
static inline struct pyfuzz_call pyfuzz_call_of(unsigned int vm)
{
	struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][0];

	return (struct pyfuzz_call){
		.kvm = &pyfuzz_kvms[vm],
		.vcpu = vcpu,
		.cache = &vcpu->arch.mmu_pte_list_desc_cache,
		.slot = &pyfuzz_slots[vm],
	};
}

static inline struct kvm_rmap_head *pyfuzz_head_of(unsigned int vm,
						   unsigned int head)
{
	if (head < PYFUZZ_FRAME_HEADS)
		return &pyfuzz_rmap[vm][head];
	return &pyfuzz_pages[vm][head - PYFUZZ_FRAME_HEADS].parent_ptes;
}

static inline struct kvm_mmu_page *pyfuzz_page_of(unsigned int vm,
						  unsigned int head)
{
	return &pyfuzz_pages[vm][head - PYFUZZ_FRAME_HEADS];
}

static void pyfuzz_adapter_vm_init(unsigned int vm)
{
	struct kvm *kvm = &pyfuzz_kvms[vm];

	kvm->vm_bugged = false;
	kvm->vm_dead = false;
	/* Including the members that the extractor added for this kernel. */
	memset(&kvm->stat, 0, sizeof(kvm->stat));
	memset(&kvm->arch, 0, sizeof(kvm->arch));
	for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++)
		pyfuzz_vcpus[vm][i].arch.mmu_pte_list_desc_cache.nobjs = 0;
}

static void pyfuzz_adapter_topup(unsigned int vm)
{
	struct kvm_mmu_memory_cache *cache = pyfuzz_call_of(vm).cache;

	if (cache->nobjs)
		return;
	while (cache->nobjs < PYFUZZ_CACHE_OBJECTS)
		cache->objects[cache->nobjs++] = pyfuzz_descriptor_alloc(vm);
}

static void pyfuzz_adapter_drain(unsigned int vm)
{
	struct kvm_mmu_memory_cache *cache = pyfuzz_call_of(vm).cache;

	while (cache->nobjs)
		pyfuzz_descriptor_free(cache->objects[--cache->nobjs]);
}

static unsigned int pyfuzz_adapter_cached(unsigned int vm)
{
	return (unsigned int)pyfuzz_call_of(vm).cache->nobjs;
}

static void **pyfuzz_adapter_cache_slot(unsigned int vm, unsigned int i)
{
	return &pyfuzz_call_of(vm).cache->objects[i];
}

static int64_t pyfuzz_adapter_add(unsigned int vm, unsigned int head,
				  uint64_t *sptep)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

	return PYFUZZ_ADD(&c, (u64 *)sptep, pyfuzz_head_of(vm, head));
}

static void pyfuzz_adapter_remove(unsigned int vm, unsigned int head_vm,
				  unsigned int head, uint64_t *sptep)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

	PYFUZZ_REMOVE(&c, (u64 *)sptep, pyfuzz_head_of(head_vm, head));
}

#ifdef PYFUZZ_ZAP_ONE
static void pyfuzz_adapter_zap_one(unsigned int vm, unsigned int head,
				   uint64_t *sptep)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

	PYFUZZ_ZAP_ONE(&c, (u64 *)sptep, pyfuzz_head_of(vm, head));
}
#endif

#ifdef PYFUZZ_ZAP_ALL
static int64_t pyfuzz_adapter_zap_all(unsigned int vm, unsigned int head)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

#ifdef PYFUZZ_ZAP_ALL_RETURNS
	return PYFUZZ_ZAP_ALL(&c, pyfuzz_head_of(vm, head)) ? 1 : 0;
#else
	(void)PYFUZZ_ZAP_ALL(&c, pyfuzz_head_of(vm, head));
	return -1;
#endif
}
#endif

#ifdef PYFUZZ_COUNT
static int64_t pyfuzz_adapter_count(unsigned int vm, unsigned int head)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

	return PYFUZZ_COUNT(&c, pyfuzz_head_of(vm, head));
}
#endif

#ifdef PYFUZZ_ITER_FIRST
static unsigned int pyfuzz_adapter_iterate(unsigned int vm, unsigned int head,
					   uint64_t **out, unsigned int cap)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);
	struct kvm_rmap_head *rmap_head = pyfuzz_head_of(vm, head);
	PYFUZZ_ITER_TYPE iter;
	unsigned int n = 0;
	u64 *sptep;

	for (sptep = PYFUZZ_ITER_FIRST(rmap_head, &iter); sptep && n < cap;
	     sptep = PYFUZZ_ITER_NEXT(&iter)) {
		/* A walk of a list also reads the SPTEs in it. */
		(void)READ_ONCE(*sptep);
		out[n++] = (uint64_t *)sptep;
	}
	return n;
}
#endif

#ifdef PYFUZZ_PARENT_ADD
static void pyfuzz_adapter_parent_add(unsigned int vm, unsigned int head,
				      uint64_t *sptep)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

	PYFUZZ_PARENT_ADD(&c, pyfuzz_page_of(vm, head), (u64 *)sptep);
}
#endif

#ifdef PYFUZZ_PARENT_REMOVE
static void pyfuzz_adapter_parent_remove(unsigned int vm, unsigned int head,
					 uint64_t *sptep)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

	PYFUZZ_PARENT_REMOVE(&c, pyfuzz_page_of(vm, head), (u64 *)sptep);
}
#endif

#ifdef PYFUZZ_PARENT_DROP
static void pyfuzz_adapter_parent_drop(unsigned int vm, unsigned int head,
				       uint64_t *sptep)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

	PYFUZZ_PARENT_DROP(&c, pyfuzz_page_of(vm, head), (u64 *)sptep);
}
#endif

#ifdef PYFUZZ_PARENT_UNLINK
static void pyfuzz_adapter_parent_unlink(unsigned int vm, unsigned int head)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

	PYFUZZ_PARENT_UNLINK(&c, pyfuzz_page_of(vm, head));
}
#endif

#ifdef PYFUZZ_RMAP_ADD
static void pyfuzz_adapter_rmap_add(unsigned int vm, uint64_t *sptep,
				    unsigned int gfn)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

#ifdef PYFUZZ_RMAP_ADD_RECYCLES
	PYFUZZ_RMAP_ADD(&c, (u64 *)sptep, gfn);
#else
	/* The kernel's caller recycles depending on the number. */
	if (PYFUZZ_RMAP_ADD(&c, (u64 *)sptep, gfn) > PYFUZZ_RECYCLE_THRESHOLD) {
#ifdef PYFUZZ_ZAP_ALL
		(void)PYFUZZ_ZAP_ALL(&c, pyfuzz_head_of(vm, gfn));
#endif
	}
#endif
}
#endif

#ifdef PYFUZZ_RMAP_REMOVE
static void pyfuzz_adapter_rmap_remove(unsigned int vm, uint64_t *sptep)
{
	struct pyfuzz_call c __maybe_unused = pyfuzz_call_of(vm);

	PYFUZZ_RMAP_REMOVE(&c, (u64 *)sptep);
}
#endif

static void pyfuzz_adapter_set_gfn(unsigned int vm, uint64_t *sptep,
				   unsigned int gfn)
{
	pyfuzz_gfns[vm][(u64 *)sptep - pyfuzz_spt[vm]] = (u8)gfn;
}

#define PYFUZZ_OFFSET(member) ((uint32_t)offsetof(struct pte_list_desc, member))
#define PYFUZZ_SIZE(member) \
	((uint32_t)sizeof(((struct pte_list_desc *)NULL)->member))

struct pyfuzz_traits pyfuzz_target_traits = {
	.name = PYFUZZ_NAME,
	.capacity = PYFUZZ_CAPACITY,
	.descriptor_size = sizeof(struct pte_list_desc),
	.more_offset = PYFUZZ_OFFSET(PYFUZZ_MORE),
	.sptes_offset = PYFUZZ_OFFSET(PYFUZZ_ENTRIES),
#ifdef PYFUZZ_SPTE_COUNT
	.spte_count_offset = PYFUZZ_OFFSET(PYFUZZ_SPTE_COUNT),
	.spte_count_size = PYFUZZ_SIZE(PYFUZZ_SPTE_COUNT),
#endif
#ifdef PYFUZZ_TAIL_COUNT
	.tail_count_offset = PYFUZZ_OFFSET(PYFUZZ_TAIL_COUNT),
	.tail_count_size = PYFUZZ_SIZE(PYFUZZ_TAIL_COUNT),
#endif
#ifdef PYFUZZ_LOCKED_HEADS
	.locked_heads = 1,
#endif
#ifdef PYFUZZ_RMAP_ADD_RECYCLES
	.rmap_add_recycles = 1,
#endif
#ifdef PYFUZZ_ZAP_ALL_RETURNS
	.zap_all_returns = 1,
#endif
};

struct pyfuzz_target pyfuzz_target = {
	.names = {
		.add = PYFUZZ_ADD_NAME,
		.remove = PYFUZZ_REMOVE_NAME,
		.zap_one = PYFUZZ_ZAP_ONE_NAME,
		.zap_all = PYFUZZ_ZAP_ALL_NAME,
		.count = PYFUZZ_COUNT_NAME,
		.iterate = PYFUZZ_ITER_NAME,
		.parent_add = PYFUZZ_PARENT_ADD_NAME,
		.parent_remove = PYFUZZ_PARENT_REMOVE_NAME,
		.parent_drop = PYFUZZ_PARENT_DROP_NAME,
		.parent_unlink = PYFUZZ_PARENT_UNLINK_NAME,
		.rmap_add = PYFUZZ_RMAP_ADD_NAME,
		.rmap_remove = PYFUZZ_RMAP_REMOVE_NAME,
	},
#ifdef PYFUZZ_NO_VM_DEAD
	.no_vm_dead = true,
#endif
	.vm_init = pyfuzz_adapter_vm_init,
	.topup = pyfuzz_adapter_topup,
	.drain = pyfuzz_adapter_drain,
	.cached = pyfuzz_adapter_cached,
	.cache_slot = pyfuzz_adapter_cache_slot,
	.add = pyfuzz_adapter_add,
	.remove = pyfuzz_adapter_remove,
#ifdef PYFUZZ_ZAP_ONE
	.zap_one = pyfuzz_adapter_zap_one,
#endif
#ifdef PYFUZZ_ZAP_ALL
	.zap_all = pyfuzz_adapter_zap_all,
#endif
#ifdef PYFUZZ_COUNT
	.count = pyfuzz_adapter_count,
#endif
#ifdef PYFUZZ_ITER_FIRST
	.iterate = pyfuzz_adapter_iterate,
#endif
#ifdef PYFUZZ_PARENT_ADD
	.parent_add = pyfuzz_adapter_parent_add,
#endif
#ifdef PYFUZZ_PARENT_REMOVE
	.parent_remove = pyfuzz_adapter_parent_remove,
#endif
#ifdef PYFUZZ_PARENT_DROP
	.parent_drop = pyfuzz_adapter_parent_drop,
#endif
#ifdef PYFUZZ_PARENT_UNLINK
	.parent_unlink = pyfuzz_adapter_parent_unlink,
#endif
#ifdef PYFUZZ_RMAP_ADD
	.rmap_add = pyfuzz_adapter_rmap_add,
#endif
#ifdef PYFUZZ_RMAP_REMOVE
	.rmap_remove = pyfuzz_adapter_rmap_remove,
#endif
	.set_gfn = pyfuzz_adapter_set_gfn,
};

/* Set the world up, once, when the module is loaded. */
static void __attribute__((constructor)) pyfuzz_adapter_wire(void)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		struct kvm *kvm = &pyfuzz_kvms[vm];
		struct kvm_memory_slot *slot = &pyfuzz_slots[vm];

		kvm->pyfuzz_vm = vm;
		kvm->pyfuzz_memslots.pyfuzz_slot = slot;
		slot->npages = PYFUZZ_FRAME_HEADS;
		slot->arch.rmap[0] = pyfuzz_rmap[vm];
		for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++) {
			struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];

			vcpu->kvm = kvm;
			vcpu->vcpu_id = (int)i;
			vcpu->arch.mmu_pte_list_desc_cache.pyfuzz_vm = vm;
			kvm->pyfuzz_vcpus[i] = vcpu;
		}
		for (unsigned int i = 0; i < PYFUZZ_PAGES; i++) {
			struct kvm_mmu_page *sp = &pyfuzz_pages[vm][i];

			sp->role.level = PG_LEVEL_4K;
			sp->spt = &pyfuzz_spt[vm][i * PYFUZZ_SPTES_PER_PAGE];
			sp->pyfuzz_gfns =
				&pyfuzz_gfns[vm][i * PYFUZZ_SPTES_PER_PAGE];
		}
		for (unsigned int i = 0; i < PYFUZZ_HEADS; i++)
			pyfuzz_target.heads[vm][i] =
				(unsigned long *)&pyfuzz_head_of(vm, i)->val;
		pyfuzz_target.bugged[vm] = &kvm->vm_bugged;
		pyfuzz_target.dead[vm] = &kvm->vm_dead;
		pyfuzz_target.sptes[vm] = (uint64_t *)pyfuzz_spt[vm];
		pyfuzz_target.gfns[vm] = pyfuzz_gfns[vm];
		pyfuzz_target.nobjs[vm] = &pyfuzz_call_of(vm).cache->nobjs;
	}
}

#pragma clang attribute pop

#endif
