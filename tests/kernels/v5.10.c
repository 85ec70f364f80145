// SPDX-License-Identifier: GPL-2.0-only
/*
 * A made-up mmu.c in the manner of 5.10, for the tests: names, parameters and
 * order are as in kernels of that time, the bodies are this project's own.
 * 注释可以用任何语言。
 */
#include <linux/kvm_host.h>
#include "mmu_internal.h"

#define PTE_LIST_EXT 3

struct pte_list_desc {
	u64 *sptes[PTE_LIST_EXT];
	struct pte_list_desc *more;
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

/* 返回加入前的条目数 */
static int pte_list_add(struct kvm_vcpu *vcpu, u64 *spte,
			struct kvm_rmap_head *rmap_head)
{
	struct pte_list_desc *block;
	int before = 0, slot = 0;

	if (rmap_head->val == 0) {
		rmap_head->val = (unsigned long)spte;
		return 0;
	}
	if ((rmap_head->val & 1) == 0) {
		block = mmu_alloc_pte_list_desc(vcpu);
		block->sptes[0] = (u64 *)rmap_head->val;
		block->sptes[1] = spte;
		rmap_head->val = (unsigned long)block | 1;
		return 1;
	}
	block = BLOCK(rmap_head->val);
	while (block->sptes[PTE_LIST_EXT - 1]) {
		if (!block->more)
			block->more = mmu_alloc_pte_list_desc(vcpu);
		block = block->more;
		before += PTE_LIST_EXT;
	}
	while (block->sptes[slot])
		slot++;
	block->sptes[slot] = spte;
	trace_pte_list_add(spte, before + slot);
	return before + slot;
}

static void
pte_list_desc_remove_entry(struct kvm_rmap_head *rmap_head,
			   struct pte_list_desc *block, int slot,
			   struct pte_list_desc *before)
{
	int last = PTE_LIST_EXT;

	do
		last--;
	while (!block->sptes[last]);
	swap(block->sptes[slot], block->sptes[last]);
	block->sptes[last] = NULL;
	if (last)
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
	int slot;

	if (!rmap_head->val) {
		pr_err("%s: an empty list has no %p\n", __func__, spte);
		BUG();
	}
	if (!(rmap_head->val & 1)) {
		if (rmap_head->val != (unsigned long)spte)
			BUG();
		rmap_head->val = 0;
		return;
	}
	for (block = BLOCK(rmap_head->val); block; before = block, block = block->more) {
		for (slot = 0; slot < PTE_LIST_EXT; slot++) {
			if (block->sptes[slot] != spte)
				continue;
			pte_list_desc_remove_entry(rmap_head, block, slot, before);
			return;
		}
	}
	pr_err("%s: the list has no %p\n", __func__, spte);
	BUG();
}

static void pte_list_remove(struct kvm_rmap_head *rmap_head, u64 *sptep)
{
	mmu_spte_clear_track_bits(sptep);
	__pte_list_remove(sptep, rmap_head);
}

static struct kvm_rmap_head *__gfn_to_rmap(gfn_t gfn, int level,
					   struct kvm_memory_slot *slot)
{
	return slot->arch.rmap[level - PG_LEVEL_4K] +
		gfn_to_index(gfn, slot->base_gfn, level);
}

static struct kvm_rmap_head *gfn_to_rmap(struct kvm *kvm, gfn_t gfn,
					 struct kvm_mmu_page *sp)
{
	struct kvm_memslots *slots = kvm_memslots_for_spte_role(kvm, sp->role);

	return __gfn_to_rmap(gfn, sp->role.level, __gfn_to_memslot(slots, gfn));
}

static int rmap_add(struct kvm_vcpu *vcpu, u64 *spte, gfn_t gfn)
{
	struct kvm_mmu_page *sp = sptep_to_sp(spte);

	kvm_mmu_page_set_gfn(sp, spte - sp->spt, gfn);
	return pte_list_add(vcpu, spte, gfn_to_rmap(vcpu->kvm, gfn, sp));
}

static void rmap_remove(struct kvm *kvm, u64 *spte)
{
	struct kvm_mmu_page *sp = sptep_to_sp(spte);

	__pte_list_remove(spte, gfn_to_rmap(kvm, kvm_mmu_page_get_gfn(sp, spte - sp->spt), sp));
}

struct rmap_iterator {
	struct pte_list_desc *desc;
	int pos;
};

static u64 *checked(u64 *sptep)
{
	BUG_ON(sptep && !is_shadow_present_pte(*sptep));
	return sptep;
}

static u64 *rmap_get_first(struct kvm_rmap_head *rmap_head,
			   struct rmap_iterator *iter)
{
	iter->desc = rmap_head->val & 1 ? BLOCK(rmap_head->val) : NULL;
	iter->pos = 0;
	return checked(iter->desc ? iter->desc->sptes[0] : (u64 *)rmap_head->val);
}

static u64 *rmap_get_next(struct rmap_iterator *iter)
{
	if (!iter->desc)
		return NULL;
	if (++iter->pos < PTE_LIST_EXT && iter->desc->sptes[iter->pos])
		return checked(iter->desc->sptes[iter->pos]);
	iter->desc = iter->desc->more;
	iter->pos = 0;
	return iter->desc ? checked(iter->desc->sptes[0]) : NULL;
}

static bool kvm_zap_rmapp(struct kvm *kvm, struct kvm_rmap_head *rmap_head)
{
	struct rmap_iterator iter;
	bool any = false;
	u64 *sptep;

	while ((sptep = rmap_get_first(rmap_head, &iter))) {
		pte_list_remove(rmap_head, sptep);
		any = true;
	}
	return any;
}

static bool kvm_mmu_zap_collapsible_spte(struct kvm *kvm,
					 struct kvm_rmap_head *rmap_head)
{
	struct rmap_iterator iter;
	u64 *sptep = rmap_get_first(rmap_head, &iter);

	if (sptep && kvm_is_reserved_pfn(spte_to_pfn(*sptep)))
		return false;
	pte_list_remove(rmap_head, sptep);
	return true;
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

static void kvm_mmu_unlink_parents(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct rmap_iterator iter;
	u64 *sptep = rmap_get_first(&sp->parent_ptes, &iter);

	for (; sptep; sptep = rmap_get_first(&sp->parent_ptes, &iter))
		drop_parent_pte(sp, sptep);
}
