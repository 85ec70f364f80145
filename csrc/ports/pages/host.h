/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host does to ranges of a memslot, or to a whole VM. */
#ifndef PYFUZZ_PORTS_PAGES_HOST_H
#define PYFUZZ_PORTS_PAGES_HOST_H

#include "fault.h"

static void topup(struct kvm_mmu_memory_cache *mc)
{
	while (mc->nobjs < mc->wanted)
		mc->objects[mc->nobjs++] =
			pages_alloc(mc->kind, mc->vm, mc->size);
}

static void drain(struct kvm_mmu_memory_cache *mc)
{
	while (mc->nobjs)
		pages_free(mc->kind, mc->objects[--mc->nobjs]);
}

/* The heads of one level for the frames from start up to, without, end. */
#define for_each_head(slot, level, start, end, head) \
	for (head = gfn_to_rmap(slot, start, level); \
	     head <= gfn_to_rmap(slot, (end) - 1, level); head++)
#define for_each_level(from, level) \
	for (int level = (from); level <= PAGES_LEVELS; level++)

static void unmap_range(struct kvm *kvm, const struct kvm_memory_slot *slot,
			gfn_t start, gfn_t end)
{
	struct kvm_rmap_head *head;

	for_each_level(1, level)
		for_each_head(slot, level, start, end, head)
			kvm_zap_all_rmap_sptes(kvm, head);
}

/* The host has another frame there now. */
static void change_pte(struct kvm *kvm, const struct kvm_memory_slot *slot,
		       gfn_t gfn, u64 pfn, bool writable)
{
	struct rmap_iterator iter;
	struct kvm_rmap_head *head;
	u64 *sptep;

	for_each_level(2, level)
		kvm_zap_all_rmap_sptes(kvm, gfn_to_rmap(slot, gfn, level));
	head = gfn_to_rmap(slot, gfn, 1);
	if (writable) {
		kvm_zap_all_rmap_sptes(kvm, head);
		return;
	}
	/* Read-only now, as under copy on write: the mapping can stay. */
	for_each_mapping(head, &iter, sptep) {
		flush_spte(sptep);
		*sptep = (*sptep & ~(SPTE_FRAME_MASK | SPTE_WRITABLE |
				     SPTE_HOST_WRITABLE)) |
			 pfn << 12;
	}
}

static bool age_range(const struct kvm_memory_slot *slot, gfn_t start,
		      gfn_t end, bool clear)
{
	struct rmap_iterator iter;
	struct kvm_rmap_head *head;
	bool young = false;
	u64 *sptep;

	for_each_level(1, level) {
		for_each_head(slot, level, start, end, head) {
			for_each_mapping(head, &iter, sptep) {
				young |= !!(*sptep & SPTE_ACCESSED);
				if (clear)
					*sptep &= ~SPTE_ACCESSED;
			}
		}
	}
	return young;
}

static void write_protect_slot(const struct kvm_memory_slot *slot, int from)
{
	struct kvm_rmap_head *head;

	for_each_level(from, level)
		for_each_head(slot, level, slot->base_gfn,
			      slot->base_gfn + slot->npages, head)
			rmap_write_protect(head);
}

/* User space has read these bits of the log, for 64 frames from gfn on. */
static void write_protect_masked(const struct kvm_memory_slot *slot, gfn_t gfn,
				 u64 mask)
{
	for (; mask; mask &= mask - 1)
		rmap_write_protect(
			gfn_to_rmap(slot, gfn + (gfn_t)__builtin_ctzll(mask), 1));
}

static void clear_dirty_slot(const struct kvm_memory_slot *slot)
{
	struct rmap_iterator iter;
	struct kvm_rmap_head *head;
	u64 *sptep;

	for_each_head(slot, 1, slot->base_gfn, slot->base_gfn + slot->npages,
		      head)
		for_each_mapping(head, &iter, sptep) {
			flush_write(sptep, 0);
			*sptep &= ~(SPTE_DIRTY | SPTE_WRITABLE);
		}
}

static bool could_be_larger(struct kvm *kvm, const struct kvm_memory_slot *slot,
			    const u64 *sptep)
{
	struct kvm_mmu_page *sp = sptep_to_sp(sptep);

	/* Only the frames of a direct page are contiguous. */
	if (!sp->role.direct)
		return false;
	/* The page's first frame may be outside of the slot. */
	if (sp->gfn < slot->base_gfn || sp->gfn >= slot->base_gfn + slot->npages)
		return false;
	return max_mapping_level(kvm, slot, sp->gfn) > sp->role.level;
}

/* Small mappings that a huge one could replace: the next fault maps that. */
static void collapse_slot(struct kvm *kvm, const struct kvm_memory_slot *slot)
{
	struct kvm_rmap_head *head;
	struct rmap_iterator iter;
	u64 *sptep;

	for (int level = 1; level < PAGES_LEVELS; level++) {
		for_each_head(slot, level, slot->base_gfn,
			      slot->base_gfn + slot->npages, head) {
again:
			for_each_mapping(head, &iter, sptep) {
				if (!could_be_larger(kvm, slot, sptep))
					continue;
				kvm_zap_one_rmap_spte(kvm, head, sptep);
				goto again;
			}
		}
	}
}

/* The page that replaces one huge SPTE, of small ones for the same frames. */
static void split_one(struct kvm *kvm, const struct kvm_memory_slot *slot,
		      u64 *sptep)
{
	struct kvm_vcpu *vcpu = kvm->pyfuzz_vcpus[0];
	struct kvm_mmu_page *sp = sptep_to_sp(sptep), *child;
	struct kvm_mmu_memory_cache *mc = &kvm->split_descriptors;
	int level = sp->role.level - 1;
	gfn_t gfn = kvm_mmu_page_get_gfn(sp, spte_index(sptep));
	unsigned int access = sp->translations ?
				      sp->translations[spte_index(sptep)] &
					      ACC_ALL :
				      sp->role.access;
	u64 huge = *sptep;

	topup(&vcpu->headers);
	topup(&vcpu->tables);
	child = get_shadow_page(vcpu, gfn, child_role(sptep, true, access));
	for (int i = 0; i < ENTRIES; i++) {
		u64 pfn = spte_to_pfn(huge) + (u64)i * pages_per(level);
		unsigned int now = access;

		/* Created before and left behind, with the same contents. */
		if (is_shadow_present_pte(child->spt[i]))
			continue;
		if (!(huge & SPTE_WRITABLE))
			now &= ~ACC_WRITE;
		child->spt[i] = make_leaf_spte(pfn, now, level,
					       huge & SPTE_HOST_WRITABLE);
		topup(mc);
		rmap_add(kvm, mc, slot, child->spt + i,
			 kvm_mmu_page_get_gfn(child, i), access);
	}
	topup(mc);
	link_shadow_page(kvm, mc, sptep, child);
}

static void split_slot(struct kvm *kvm, const struct kvm_memory_slot *slot,
		       int down_to)
{
	struct rmap_iterator iter;
	struct kvm_rmap_head *head;
	u64 *sptep;

	for (int level = PAGES_LEVELS; level > down_to; level--) {
		for_each_head(slot, level, slot->base_gfn,
			      slot->base_gfn + slot->npages, head) {
			/* Splitting takes it out of this list. */
			while ((sptep = rmap_get_first(head, &iter)))
				split_one(kvm, slot, sptep);
		}
	}
}

static void zap_range(struct kvm *kvm, gfn_t start, gfn_t end)
{
	for (int as = 0; as < PAGES_SPACES; as++) {
		for (int i = 0; i < PAGES_SLOTS; i++) {
			struct kvm_memory_slot *slot = &kvm->slots[as][i];
			gfn_t from = start, to = end;

			if (!slot->present)
				continue;
			if (from < slot->base_gfn)
				from = slot->base_gfn;
			if (to > slot->base_gfn + slot->npages)
				to = slot->base_gfn + slot->npages;
			if (from < to)
				unmap_range(kvm, slot, from, to);
		}
	}
}

/* Pages that are there only because what is executed must be mapped small. */
static void recover_nx(struct kvm *kvm)
{
	struct doomed doomed = { NULL };
	struct kvm_mmu_page *sp, *next;

	for (sp = kvm->newest; sp; sp = next) {
		struct kvm_memory_slot *slot;

		next = sp->next;
		if (!sp->nx_disallowed)
			continue;
		slot = gfn_to_slot(kvm, sp->role, sp->gfn);
		if (!WARN_ON_ONCE(!slot) && !slot->dirty_log)
			prepare_zap_page(kvm, sp, &doomed);
		else
			sp->nx_disallowed = false;
	}
	commit_zap(kvm, &doomed);
}

static void invalidate_mmio(struct kvm *kvm, u64 generation)
{
	u64 mask = BIT_ULL(MMIO_GEN_LOW_BITS + MMIO_GEN_HIGH_BITS) - 1;

	kvm->mmio_generation = generation;
	/* It wrapped: an SPTE's generation may be from the round before. */
	if (!(generation & mask))
		zap_all_fast(kvm);
}

#endif
