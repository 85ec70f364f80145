// SPDX-License-Identifier: GPL-2.0-only
/*
 * A made-up mmu.c in the manner of 4.19, for the tests: names, parameters and
 * order are as in kernels of that time, the bodies are this project's own.
 * Its place in a tree is arch/x86/kvm/mmu.c.
 */
#include <linux/kvm_host.h>
#include "mmu.h"

#define PTE_LIST_EXT 3

struct pte_list_desc {
	u64 *sptes[PTE_LIST_EXT];
	struct pte_list_desc *more;
};

static struct kmem_cache *pte_list_desc_cache;
static bool __read_mostly tdp_enabled = false;

#ifdef MMU_DEBUG
static bool dbg = 1;
#define rmap_printk(x...) do { if (dbg) printk(x); } while (0)
#else
#define rmap_printk(x...) do { } while (0)
#endif

static u64 mmu_spte_clear_track_bits(u64 *sptep)
{
	return xchg(sptep, 0ull) & shadow_present_mask;
}

static void *mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *mc)
{
	BUG_ON(mc->nobjs == 0);
	return mc->objects[--mc->nobjs];
}

static struct pte_list_desc *mmu_alloc_pte_list_desc(struct kvm_vcpu *vcpu)
{
	return mmu_memory_cache_alloc(&vcpu->arch.mmu_pte_list_desc_cache);
}

static void mmu_free_pte_list_desc(struct pte_list_desc *block)
{
	kmem_cache_free(pte_list_desc_cache, block);
}

static struct pte_list_desc *first_block(struct kvm_rmap_head *rmap_head)
{
	return (void *)(rmap_head->val - 1);
}

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
		block->sptes[0] = (void *)rmap_head->val;
		block->sptes[1] = spte;
		rmap_head->val = (unsigned long)block + 1;
		return 1;
	}
	for (block = first_block(rmap_head); block->sptes[PTE_LIST_EXT - 1];
	     block = block->more) {
		if (block->more == NULL)
			block->more = mmu_alloc_pte_list_desc(vcpu);
		before += PTE_LIST_EXT;
	}
	while (block->sptes[slot])
		slot++;
	block->sptes[slot] = spte;
	return before + slot;
}

static void drop_slot(struct kvm_rmap_head *rmap_head, struct pte_list_desc *block,
		      struct pte_list_desc *before, int slot)
{
	int last = slot;

	while (last + 1 < PTE_LIST_EXT && block->sptes[last + 1])
		last++;
	block->sptes[slot] = block->sptes[last];
	block->sptes[last] = NULL;
	if (last > 0)
		return;
	if (before)
		before->more = block->more;
	else if (block->more)
		rmap_head->val = (unsigned long)block->more + 1;
	else
		rmap_head->val = 0;
	mmu_free_pte_list_desc(block);
}

static void pte_list_remove(u64 *spte, struct kvm_rmap_head *rmap_head)
{
	struct pte_list_desc *block, *before = NULL;
	int slot;

	if (!rmap_head->val) {
		printk(KERN_ERR "%s: nothing to remove %p from\n", __func__, spte);
		BUG();
	} else if (!(rmap_head->val & 1)) {
		BUG_ON(rmap_head->val != (unsigned long)spte);
		rmap_head->val = 0;
	} else {
		for (block = first_block(rmap_head); block; block = block->more) {
			for (slot = 0; slot < PTE_LIST_EXT; slot++) {
				if (block->sptes[slot] == spte) {
					drop_slot(rmap_head, block, before, slot);
					return;
				}
			}
			before = block;
		}
		rmap_printk("%s: %p is nowhere\n", __func__, spte);
		BUG();
	}
}

static struct kvm_rmap_head *gfn_to_rmap(struct kvm *kvm, gfn_t gfn,
					 struct kvm_mmu_page *sp)
{
	struct kvm_memslots *slots = kvm_memslots_for_spte_role(kvm, sp->role);
	struct kvm_memory_slot *slot = __gfn_to_memslot(slots, gfn);
	int level = sp->role.level;

	return slot->arch.rmap[level - PT_PAGE_TABLE_LEVEL] +
		gfn_to_index(gfn, slot->base_gfn, level);
}

static int rmap_add(struct kvm_vcpu *vcpu, u64 *spte, gfn_t gfn)
{
	struct kvm_mmu_page *sp = page_header(__pa(spte));

	kvm_mmu_page_set_gfn(sp, spte - sp->spt, gfn);
	return pte_list_add(vcpu, spte, gfn_to_rmap(vcpu->kvm, gfn, sp));
}

static void rmap_remove(struct kvm *kvm, u64 *spte)
{
	struct kvm_mmu_page *sp = page_header(__pa(spte));
	gfn_t gfn = kvm_mmu_page_get_gfn(sp, spte - sp->spt);

	pte_list_remove(spte, gfn_to_rmap(kvm, gfn, sp));
}

struct rmap_iterator {
	struct pte_list_desc *desc;
	int pos;
};

static u64 *rmap_get_first(struct kvm_rmap_head *rmap_head,
			   struct rmap_iterator *iter)
{
	u64 *sptep = NULL;

	iter->desc = NULL;
	iter->pos = 0;
	if (rmap_head->val & 1) {
		iter->desc = first_block(rmap_head);
		sptep = iter->desc->sptes[0];
	} else {
		sptep = (u64 *)rmap_head->val;
	}
	BUG_ON(sptep && !is_shadow_present_pte(*sptep));
	return sptep;
}

static u64 *rmap_get_next(struct rmap_iterator *iter)
{
	u64 *sptep = NULL;

	if (!iter->desc)
		return NULL;
	if (++iter->pos < PTE_LIST_EXT)
		sptep = iter->desc->sptes[iter->pos];
	if (!sptep) {
		iter->desc = iter->desc->more;
		iter->pos = 0;
		sptep = iter->desc ? iter->desc->sptes[0] : NULL;
	}
	BUG_ON(sptep && !is_shadow_present_pte(*sptep));
	return sptep;
}

#define for_each_rmap_spte(head, iter, sptep) \
	for (sptep = rmap_get_first(head, iter); sptep; sptep = rmap_get_next(iter))

static void drop_spte(struct kvm *kvm, u64 *sptep)
{
	if (mmu_spte_clear_track_bits(sptep))
		rmap_remove(kvm, sptep);
}

static bool kvm_zap_rmapp(struct kvm *kvm, struct kvm_rmap_head *rmap_head)
{
	struct rmap_iterator iter;
	bool any = false;
	u64 *sptep;

	for (; (sptep = rmap_get_first(rmap_head, &iter)); any = true)
		drop_spte(kvm, sptep);
	return any;
}

/* Nothing that the harness calls needs the rest. */
static bool __rmap_write_protect(struct kvm *kvm, struct kvm_rmap_head *rmap_head)
{
	struct rmap_iterator iter;
	bool flush = false;
	u64 *sptep;

	for_each_rmap_spte(rmap_head, &iter, sptep) {
		flush |= spte_write_protect(sptep, tdp_enabled);
	}
	return flush;
}

static void mmu_page_add_parent_pte(struct kvm_vcpu *vcpu,
				    struct kvm_mmu_page *sp, u64 *parent_pte)
{
	if (parent_pte)
		pte_list_add(vcpu, parent_pte, &sp->parent_ptes);
}

static void mmu_page_remove_parent_pte(struct kvm_mmu_page *sp, u64 *parent_pte)
{
	pte_list_remove(parent_pte, &sp->parent_ptes);
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
