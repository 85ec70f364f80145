// SPDX-License-Identifier: GPL-2.0-only
/*
 * A made-up mmu.c in the manner of 7.x, for the tests: names, parameters and
 * order are as in kernels of that time, the bodies are this project's own.
 */
#include <linux/kvm_host.h>
#include "mmu_internal.h"

#define PTE_LIST_EXT 14

struct pte_list_desc {
	struct pte_list_desc *more;
	u32 spte_count;
	u32 tail_count;
	u64 *sptes[PTE_LIST_EXT];
};

static struct kmem_cache *pte_list_desc_cache;

static void mmu_free_pte_list_desc(struct pte_list_desc *block)
{
	kmem_cache_free(pte_list_desc_cache, block);
}

#define KVM_RMAP_MANY	BIT(0)
#define KVM_RMAP_LOCKED	BIT(1)

static unsigned long kvm_rmap_get(struct kvm_rmap_head *rmap_head)
{
	return atomic_long_read(&rmap_head->val) & ~KVM_RMAP_LOCKED;
}

static unsigned long __kvm_rmap_lock(struct kvm_rmap_head *rmap_head)
{
	unsigned long value;

	lockdep_assert_preemption_disabled();
	do {
		cpu_relax();
		value = kvm_rmap_get(rmap_head);
	} while (value && !atomic_long_try_cmpxchg_acquire(&rmap_head->val, &value,
							   value | KVM_RMAP_LOCKED));
	return value;
}

static unsigned long kvm_rmap_lock(struct kvm *kvm, struct kvm_rmap_head *rmap_head)
{
	lockdep_assert_held_write(&kvm->mmu_lock);
	return __kvm_rmap_lock(rmap_head);
}

static void kvm_rmap_unlock(struct kvm *kvm, struct kvm_rmap_head *rmap_head,
			    unsigned long value)
{
	lockdep_assert_held_write(&kvm->mmu_lock);
	KVM_MMU_WARN_ON(value & KVM_RMAP_LOCKED);
	atomic_long_set_release(&rmap_head->val, value);
}

static inline struct pte_list_desc *block_of(unsigned long value)
{
	return (struct pte_list_desc *)(value & ~KVM_RMAP_MANY);
}

static int pte_list_add(struct kvm *kvm, struct kvm_mmu_memory_cache *cache,
			u64 *spte, struct kvm_rmap_head *rmap_head)
{
	unsigned long value = kvm_rmap_lock(kvm, rmap_head);
	struct pte_list_desc *block = block_of(value);
	int before = 0;

	if (!value) {
		kvm_rmap_unlock(kvm, rmap_head, (unsigned long)spte);
		return 0;
	}
	if (!(value & KVM_RMAP_MANY)) {
		block = kvm_mmu_memory_cache_alloc(cache);
		block->sptes[block->spte_count++] = (u64 *)value;
		value = (unsigned long)block | KVM_RMAP_MANY;
	}
	before = block->spte_count + block->tail_count;
	if (block->spte_count == PTE_LIST_EXT) {
		block = kvm_mmu_memory_cache_alloc(cache);
		block->more = block_of(value);
		block->tail_count = before;
		value = (unsigned long)block | KVM_RMAP_MANY;
	}
	block->sptes[block->spte_count++] = spte;
	kvm_rmap_unlock(kvm, rmap_head, value);
	return before;
}

static void pte_list_desc_remove_entry(struct kvm *kvm, unsigned long *value,
				       struct pte_list_desc *block, int slot)
{
	struct pte_list_desc *head = block_of(*value);
	int last = head->spte_count - 1;

	if (KVM_BUG_ON_DATA_CORRUPTION(last < 0, kvm))
		return;
	block->sptes[slot] = head->sptes[last];
	head->sptes[last] = NULL;
	head->spte_count = last;
	if (last)
		return;
	*value = head->more ? (unsigned long)head->more | KVM_RMAP_MANY : 0;
	mmu_free_pte_list_desc(head);
}

static void pte_list_remove(struct kvm *kvm, u64 *spte,
			    struct kvm_rmap_head *rmap_head)
{
	unsigned long value = kvm_rmap_lock(kvm, rmap_head);
	struct pte_list_desc *block;
	int slot;

	if (KVM_BUG_ON_DATA_CORRUPTION(!value, kvm))
		goto out;
	if (!(value & KVM_RMAP_MANY)) {
		if (!KVM_BUG_ON_DATA_CORRUPTION(value != (unsigned long)spte, kvm))
			value = 0;
		goto out;
	}
	for (block = block_of(value); block; block = block->more) {
		for (slot = 0; slot < block->spte_count; slot++) {
			if (block->sptes[slot] != spte)
				continue;
			pte_list_desc_remove_entry(kvm, &value, block, slot);
			goto out;
		}
	}
	KVM_BUG_ON_DATA_CORRUPTION(true, kvm);
out:
	kvm_rmap_unlock(kvm, rmap_head, value);
}

static void kvm_zap_one_rmap_spte(struct kvm *kvm,
				  struct kvm_rmap_head *rmap_head, u64 *sptep)
{
	mmu_spte_clear_track_bits(kvm, sptep);
	pte_list_remove(kvm, sptep, rmap_head);
}

static bool kvm_zap_all_rmap_sptes(struct kvm *kvm,
				   struct kvm_rmap_head *rmap_head)
{
	unsigned long value = kvm_rmap_lock(kvm, rmap_head);
	struct pte_list_desc *block, *more;
	int slot;

	if (!(value & KVM_RMAP_MANY)) {
		if (value)
			mmu_spte_clear_track_bits(kvm, (u64 *)value);
		goto out;
	}
	for (block = block_of(value); block; block = more) {
		for (slot = 0; slot < block->spte_count; slot++)
			mmu_spte_clear_track_bits(kvm, block->sptes[slot]);
		more = block->more;
		mmu_free_pte_list_desc(block);
	}
out:
	kvm_rmap_unlock(kvm, rmap_head, 0);
	return value;
}

unsigned int pte_list_count(struct kvm_rmap_head *rmap_head)
{
	unsigned long value = kvm_rmap_get(rmap_head);

	if (!(value & KVM_RMAP_MANY))
		return value != 0;
	return block_of(value)->spte_count + block_of(value)->tail_count;
}

static struct kvm_rmap_head *gfn_to_rmap(gfn_t gfn, int level,
					 const struct kvm_memory_slot *slot)
{
	return slot->arch.rmap[level - PG_LEVEL_4K] +
		gfn_to_index(gfn, slot->base_gfn, level);
}

static void rmap_remove(struct kvm *kvm, u64 *spte)
{
	struct kvm_mmu_page *sp = sptep_to_sp(spte);
	gfn_t gfn = kvm_mmu_page_get_gfn(sp, spte_index(spte));
	struct kvm_memslots *slots = kvm_memslots_for_spte_role(kvm, sp->role);
	struct kvm_memory_slot *slot = __gfn_to_memslot(slots, gfn);

	pte_list_remove(kvm, spte, gfn_to_rmap(gfn, sp->role.level, slot));
}

struct rmap_iterator {
	struct rmap_head *head;
	struct pte_list_desc *desc;
	int pos;
};

static u64 *rmap_get_first(struct kvm_rmap_head *rmap_head,
			   struct rmap_iterator *iter)
{
	unsigned long value = kvm_rmap_get(rmap_head);

	iter->desc = value & KVM_RMAP_MANY ? block_of(value) : NULL;
	iter->pos = 0;
	return iter->desc ? iter->desc->sptes[0] : (u64 *)value;
}

static u64 *rmap_get_next(struct rmap_iterator *iter)
{
	if (iter->desc && ++iter->pos < PTE_LIST_EXT && iter->desc->sptes[iter->pos])
		return iter->desc->sptes[iter->pos];
	if (iter->desc)
		iter->desc = iter->desc->more;
	iter->pos = 0;
	return iter->desc ? iter->desc->sptes[0] : NULL;
}

#define RMAP_RECYCLE_THRESHOLD 1000

static void __rmap_add(struct kvm *kvm, struct kvm_mmu_memory_cache *cache,
		       const struct kvm_memory_slot *slot,
		       u64 *spte, gfn_t gfn, unsigned int access)
{
	struct kvm_mmu_page *sp = sptep_to_sp(spte);
	struct kvm_rmap_head *rmap_head = gfn_to_rmap(gfn, sp->role.level, slot);
	int before;

	kvm_mmu_page_set_translation(sp, spte_index(spte), gfn, access);
	kvm_update_page_stats(kvm, sp->role.level, 1);
	before = pte_list_add(kvm, cache, spte, rmap_head);
	kvm->stat.max_mmu_rmap_size = max(kvm->stat.max_mmu_rmap_size, (u64)before);
	if (before <= RMAP_RECYCLE_THRESHOLD)
		return;
	kvm_zap_all_rmap_sptes(kvm, rmap_head);
	kvm_flush_remote_tlbs_gfn(kvm, gfn, sp->role.level);
}

static void rmap_add(struct kvm_vcpu *vcpu, const struct kvm_memory_slot *slot,
		     u64 *spte, gfn_t gfn, unsigned int access)
{
	__rmap_add(vcpu->kvm, &vcpu->arch.mmu_pte_list_desc_cache, slot, spte, gfn, access);
}

static void mmu_page_add_parent_pte(struct kvm *kvm,
				    struct kvm_mmu_memory_cache *cache,
				    struct kvm_mmu_page *sp, u64 *parent_pte)
{
	if (parent_pte)
		pte_list_add(kvm, cache, parent_pte, &sp->parent_ptes);
}

static void mmu_page_remove_parent_pte(struct kvm *kvm, struct kvm_mmu_page *sp,
				       u64 *parent_pte)
{
	pte_list_remove(kvm, parent_pte, &sp->parent_ptes);
}

static void drop_parent_pte(struct kvm *kvm, struct kvm_mmu_page *sp,
			    u64 *parent_pte)
{
	mmu_page_remove_parent_pte(kvm, sp, parent_pte);
	mmu_spte_clear_no_track(parent_pte);
}

static void kvm_mmu_unlink_parents(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct rmap_iterator iter;
	u64 *sptep = rmap_get_first(&sp->parent_ptes, &iter);

	for (; sptep; sptep = rmap_get_first(&sp->parent_ptes, &iter))
		drop_parent_pte(kvm, sp, sptep);
}
