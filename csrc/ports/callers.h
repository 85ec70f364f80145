/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The callers of the list primitives, the same in every port.  A port defines
 * pte_list_add(cache, sptep, head), pte_list_remove(kvm, sptep, head),
 * kvm_zap_all_rmap_sptes(kvm, head) and rmap_get_first() first.
 *
 * struct kvm is plumbed through all of them, as patch 1 of the series does;
 * before, callers that need no VM took none.  A port whose primitives all take
 * it as the first parameter defines PORT_KVM(kvm) as "kvm,".
 */
#ifndef PYFUZZ_PORTS_CALLERS_H
#define PYFUZZ_PORTS_CALLERS_H

#ifndef PORT_KVM
#define PORT_KVM(kvm)
#endif

static void kvm_zap_one_rmap_spte(struct kvm *kvm,
				  struct kvm_rmap_head *rmap_head, u64 *sptep)
{
	mmu_spte_clear_track_bits(kvm, sptep);
	pte_list_remove(kvm, sptep, rmap_head);
}

/* Guest frames: the head follows from the gfn. */
static struct kvm_rmap_head *gfn_to_rmap(struct kvm *kvm, gfn_t gfn,
					 const struct kvm_mmu_page *sp)
{
	struct kvm_memslots *slots = kvm_memslots_for_spte_role(kvm, sp->role);
	struct kvm_memory_slot *slot = __gfn_to_memslot(slots, gfn);
	int level = sp->role.level;

	return slot->arch.rmap[level - PG_LEVEL_4K] +
	       gfn_to_index(gfn, slot->base_gfn, level);
}

/* Returns what pte_list_add() returns. */
static int rmap_insert(struct kvm_vcpu *vcpu, u64 *sptep, gfn_t gfn)
{
	struct kvm_mmu_memory_cache *cache = &vcpu->arch.mmu_pte_list_desc_cache;
	struct kvm_mmu_page *sp = sptep_to_sp(sptep);

	kvm_mmu_page_set_gfn(sp, spte_index(sptep), gfn);
	return pte_list_add(PORT_KVM(vcpu->kvm) cache, sptep,
			    gfn_to_rmap(vcpu->kvm, gfn, sp));
}

#ifndef PORT_CALLER_RECYCLES
#define RMAP_RECYCLE_THRESHOLD 1000

static void rmap_add(struct kvm_vcpu *vcpu, u64 *sptep, gfn_t gfn)
{
	struct kvm *kvm = vcpu->kvm;

	if (rmap_insert(vcpu, sptep, gfn) <= RMAP_RECYCLE_THRESHOLD)
		return;
	kvm_zap_all_rmap_sptes(kvm, gfn_to_rmap(kvm, gfn, sptep_to_sp(sptep)));
	kvm_flush_remote_tlbs(kvm);
}
#endif

/* The gfn is read from the shadow page: a wrong one means the wrong head. */
static void rmap_remove(struct kvm *kvm, u64 *sptep)
{
	struct kvm_mmu_page *sp = sptep_to_sp(sptep);
	gfn_t gfn = kvm_mmu_page_get_gfn(sp, spte_index(sptep));

	pte_list_remove(kvm, sptep, gfn_to_rmap(kvm, gfn, sp));
}

/* Parents: the head is in the shadow page. */
static void mmu_page_add_parent_pte(struct kvm *kvm,
				    struct kvm_mmu_memory_cache *cache,
				    struct kvm_mmu_page *sp, u64 *parent_pte)
{
	(void)kvm;
	if (parent_pte)
		pte_list_add(PORT_KVM(kvm) cache, parent_pte, &sp->parent_ptes);
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

/* Each iteration removes the first one, so the iterator starts again. */
static void kvm_mmu_unlink_parents(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct kvm_rmap_head *parents = &sp->parent_ptes;
	struct rmap_iterator iter;

	for (;;) {
		u64 *parent_pte = rmap_get_first(PORT_KVM(kvm) parents, &iter);

		if (!parent_pte)
			return;
		drop_parent_pte(kvm, sp, parent_pte);
	}
}

#endif
