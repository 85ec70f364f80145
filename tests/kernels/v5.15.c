// SPDX-License-Identifier: GPL-2.0-only
/*
 * A made-up mmu.c in the manner of 5.15, for the tests: names, parameters and
 * order are as in kernels of that time, the bodies are this project's own.
 */
#include <linux/kvm_host.h>
#include "mmu_internal.h"

#define PTE_LIST_EXT 14

struct pte_list_desc {
	struct pte_list_desc *more;
	u64 spte_count;
	u64 *sptes[PTE_LIST_EXT];
};

static struct kmem_cache *pte_list_desc_cache;

static struct pte_list_desc *mmu_alloc_pte_list_desc(struct kvm_vcpu *vcpu)
{
	return kvm_mmu_memory_cache_alloc(&vcpu->arch.mmu_pte_list_desc_cache);
}

static void mmu_free_pte_list_desc(struct pte_list_desc *block)
{
	kmem_cache_free(pte_list_desc_cache, block);
}

#define BLOCK(value) ((struct pte_list_desc *)((value) & ~1ul))

static int pte_list_add(struct kvm_vcpu *vcpu, u64 *spte,
			struct kvm_rmap_head *rmap_head)
{
	unsigned long value = rmap_head->val;
	struct pte_list_desc *block;
	int before = 0;

	rmap_printk("%p goes to %lx\n", spte, value);
	if (!value) {
		rmap_head->val = (unsigned long)spte;
		return 0;
	}
	if (value & 1) {
		block = BLOCK(value);
	} else {
		block = mmu_alloc_pte_list_desc(vcpu);
		block->sptes[block->spte_count++] = (u64 *)value;
		rmap_head->val = (unsigned long)block | 1;
	}
	while (block->spte_count == PTE_LIST_EXT) {
		before += block->spte_count;
		if (!block->more)
			block->more = mmu_alloc_pte_list_desc(vcpu);
		block = block->more;
	}
	before += block->spte_count;
	block->sptes[block->spte_count++] = spte;
	return before;
}

static void
pte_list_desc_remove_entry(struct kvm_rmap_head *rmap_head,
			   struct pte_list_desc *block, int slot,
			   struct pte_list_desc *before)
{
	block->spte_count--;
	block->sptes[slot] = block->sptes[block->spte_count];
	block->sptes[block->spte_count] = NULL;
	if (block->spte_count)
		return;
	if (before)
		before->more = block->more;
	else
		rmap_head->val = block->more ? (unsigned long)block->more | 1 : 0;
	mmu_free_pte_list_desc(block);
}

static void __pte_list_remove(u64 *spte, struct kvm_rmap_head *rmap_head)
{
	struct pte_list_desc *block, *before = NULL;
	unsigned long value = rmap_head->val;
	int slot;

	if (!(value & 1)) {
		if (value != (unsigned long)spte) {
			pr_err("%s: %p is not it\n", __func__, spte);
			BUG();
		}
		rmap_head->val = 0;
		return;
	}
	for (block = BLOCK(value); block; before = block, block = block->more) {
		for (slot = 0; slot < block->spte_count; slot++) {
			if (block->sptes[slot] != spte)
				continue;
			pte_list_desc_remove_entry(rmap_head, block, slot, before);
			return;
		}
	}
	pr_err("%s: %p is nowhere\n", __func__, spte);
	BUG();
}

static void pte_list_remove(struct kvm *kvm, struct kvm_rmap_head *rmap_head,
			    u64 *sptep)
{
	mmu_spte_clear_track_bits(kvm, sptep);
	__pte_list_remove(sptep, rmap_head);
}

static bool pte_list_destroy(struct kvm *kvm, struct kvm_rmap_head *rmap_head)
{
	unsigned long value = rmap_head->val;
	struct pte_list_desc *block, *more;
	int slot;

	rmap_head->val = 0;
	if (value && !(value & 1))
		mmu_spte_clear_track_bits(kvm, (u64 *)value);
	if (!(value & 1))
		return value;
	for (block = BLOCK(value); block; block = more) {
		for (slot = 0; slot < block->spte_count; slot++)
			mmu_spte_clear_track_bits(kvm, block->sptes[slot]);
		more = block->more;
		mmu_free_pte_list_desc(block);
	}
	return true;
}

unsigned int pte_list_count(struct kvm_rmap_head *rmap_head)
{
	struct pte_list_desc *block;
	unsigned int all = 0;

	if (!(rmap_head->val & 1))
		return rmap_head->val != 0;
	for (block = BLOCK(rmap_head->val); block; block = block->more)
		all += block->spte_count;
	return all;
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
	gfn_t gfn = kvm_mmu_page_get_gfn(sp, spte - sp->spt);
	struct kvm_memslots *slots = kvm_memslots_for_spte_role(kvm, sp->role);

	__pte_list_remove(spte, gfn_to_rmap(gfn, sp->role.level, __gfn_to_memslot(slots, gfn)));
}

struct rmap_iterator {
	struct pte_list_desc *desc;
	int pos;
};

static u64 *rmap_get_first(struct kvm_rmap_head *rmap_head,
			   struct rmap_iterator *iter)
{
	u64 *sptep = (u64 *)rmap_head->val;

	iter->desc = NULL;
	if (rmap_head->val & 1) {
		iter->desc = BLOCK(rmap_head->val);
		iter->pos = 0;
		sptep = iter->desc->sptes[0];
	}
	if (sptep)
		BUG_ON(!is_shadow_present_pte(*sptep));
	return sptep;
}

static u64 *rmap_get_next(struct rmap_iterator *iter)
{
	u64 *sptep;

	if (!iter->desc)
		return NULL;
	if (++iter->pos == PTE_LIST_EXT || !iter->desc->sptes[iter->pos]) {
		iter->desc = iter->desc->more;
		iter->pos = 0;
	}
	if (!iter->desc)
		return NULL;
	sptep = iter->desc->sptes[iter->pos];
	BUG_ON(!is_shadow_present_pte(*sptep));
	return sptep;
}

static bool kvm_zap_rmapp(struct kvm *kvm, struct kvm_rmap_head *rmap_head,
			  const struct kvm_memory_slot *slot)
{
	return pte_list_destroy(kvm, rmap_head);
}

static bool kvm_unmap_rmapp(struct kvm *kvm, struct kvm_rmap_head *rmap_head,
			    struct kvm_memory_slot *slot, gfn_t gfn, int level,
			    pte_t unused)
{
	return kvm_zap_rmapp(kvm, rmap_head, slot);
}

#define RMAP_RECYCLE_THRESHOLD 1000

static void rmap_add(struct kvm_vcpu *vcpu, u64 *spte, gfn_t gfn)
{
	struct kvm_memory_slot *slot = kvm_vcpu_gfn_to_memslot(vcpu, gfn);
	struct kvm_mmu_page *sp = sptep_to_sp(spte);
	int level = sp->role.level;
	struct kvm_rmap_head *rmap_head = gfn_to_rmap(gfn, level, slot);

	kvm_mmu_page_set_gfn(sp, spte - sp->spt, gfn);
	if (pte_list_add(vcpu, spte, rmap_head) <= RMAP_RECYCLE_THRESHOLD)
		return;
	kvm_unmap_rmapp(vcpu->kvm, rmap_head, NULL, gfn, level, __pte(0));
	kvm_flush_remote_tlbs_with_address(vcpu->kvm, sp->gfn, KVM_PAGES_PER_HPAGE(level));
}

static void mmu_page_add_parent_pte(struct kvm_vcpu *vcpu,
				    struct kvm_mmu_page *sp, u64 *parent_pte)
{
	if (parent_pte)
		pte_list_add(vcpu, parent_pte, &sp->parent_ptes);
}

static void mmu_page_remove_parent_pte(struct kvm_mmu_page *sp, u64 *parent_pte)
{
	__pte_list_remove(parent_pte, &sp->parent_ptes);
}

static void drop_parent_pte(struct kvm_mmu_page *sp, u64 *parent_pte)
{
	mmu_page_remove_parent_pte(sp, parent_pte);
	mmu_spte_clear_no_track(parent_pte);
}

static void kvm_mmu_unlink_parents(struct kvm_mmu_page *sp)
{
	struct rmap_iterator iter;
	u64 *sptep = rmap_get_first(&sp->parent_ptes, &iter);

	for (; sptep; sptep = rmap_get_first(&sp->parent_ptes, &iter))
		drop_parent_pte(sp, sptep);
}
