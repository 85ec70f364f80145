/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memslots: what kvm_set_memory_region() and kvm_arch_prepare_memory_region()
 * leave behind, in the kernel's own structures for its own look-ups.  The slots
 * of an address space are rebuilt when one of them changes.
 */
#ifndef PYFUZZ_KERNEL_SLOTS_H
#define PYFUZZ_KERNEL_SLOTS_H

#include "caches.h"

#ifdef PYFUZZ_HAVE_SLOT_TREES

/* A plain search tree: with few slots it need not be balanced. */
static void pyfuzz_tree_insert(struct kvm_memslots *set,
			       struct kvm_memory_slot *slot)
{
	struct rb_node **link = &set->gfn_tree.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = slot->base_gfn < container_of(parent,
						     struct kvm_memory_slot,
						     gfn_node[0])
						->base_gfn ?
			       &parent->rb_left :
			       &parent->rb_right;
	}
	rb_link_node(&slot->gfn_node[0], parent, link);
	hash_add(set->id_hash, &slot->id_node[0], slot->id);
}

static void pyfuzz_slots_rebuild(unsigned int vm, unsigned int as)
{
	struct kvm *kvm = &pyfuzz_kvms[vm];
#ifdef PYFUZZ_HAVE_SLOT_SETS
	struct kvm_memslots *set = &kvm->__memslots[as][0];
#else
	static struct kvm_memslots sets[PAGES_VMS][PAGES_SPACES];
	struct kvm_memslots *set = &sets[vm][as];
#endif

	set->gfn_tree = RB_ROOT;
	hash_init(set->id_hash);
	atomic_long_set(&set->last_used_slot, 0);
	for (unsigned int i = 0; i < PAGES_SLOTS; i++)
		if (pyfuzz_slot_there[vm][as][i])
			pyfuzz_tree_insert(set, &pyfuzz_slots[vm][as][i]);
	rcu_assign_pointer(kvm->memslots[as], set);
}

static struct kvm_memory_slot *pyfuzz_slot(unsigned int vm, unsigned int as,
					   unsigned int slot)
{
	return &pyfuzz_slots[vm][as][slot];
}

/* lib/rbtree.c's walks, from node to node. */
static struct rb_node *pyfuzz_rb_end(struct rb_node *node, bool right)
{
	struct rb_node *next = node;

	for (; next; next = right ? node->rb_right : node->rb_left)
		node = next;
	return node;
}

static struct rb_node *pyfuzz_rb_step(const struct rb_node *node, bool right)
{
	struct rb_node *below = right ? node->rb_right : node->rb_left;
	struct rb_node *parent;

	if (below)
		return pyfuzz_rb_end(below, !right);
	while ((parent = rb_parent(node)) &&
	       node == (right ? parent->rb_right : parent->rb_left))
		node = parent;
	return parent;
}

STANDIN(struct rb_node *, rb_next, (const struct rb_node *node))
{
	return pyfuzz_rb_step(node, true);
}

STANDIN(struct rb_node *, rb_prev, (const struct rb_node *node))
{
	return pyfuzz_rb_step(node, false);
}

STANDIN(struct rb_node *, rb_first, (const struct rb_root *root))
{
	return pyfuzz_rb_end(root->rb_node, false);
}

STANDIN(struct rb_node *, rb_last, (const struct rb_root *root))
{
	return pyfuzz_rb_end(root->rb_node, true);
}

#else /* up to 5.16: an array, sorted by gfn, the highest first */

struct pyfuzz_slot_set {
	struct kvm_memslots set;
	struct kvm_memory_slot slots[PAGES_SLOTS + 1];
};
static struct pyfuzz_slot_set pyfuzz_slot_sets[PAGES_VMS][PAGES_SPACES];

static void pyfuzz_slots_rebuild(unsigned int vm, unsigned int as)
{
	struct kvm_memslots *set = &pyfuzz_slot_sets[vm][as].set;
	int n = 0;

	memset(set->id_to_index, 0xff, sizeof(set->id_to_index));
	memset(set->memslots, 0, sizeof(set->memslots[0]) * (PAGES_SLOTS + 1));
	for (unsigned int i = 0; i < PAGES_SLOTS; i++) {
		struct kvm_memory_slot *slot = &pyfuzz_slots[vm][as][i];
		int at = n;

		if (!pyfuzz_slot_there[vm][as][i])
			continue;
		for (; at && set->memslots[at - 1].base_gfn < slot->base_gfn;
		     at--)
			set->memslots[at] = set->memslots[at - 1];
		set->memslots[at] = *slot;
		n++;
	}
	for (int i = 0; i < n; i++)
		set->id_to_index[set->memslots[i].id] = (short)i;
	set->used_slots = n;
#ifdef PYFUZZ_HAVE_LAST_USED_SLOT
	memset(&set->last_used_slot, 0, sizeof(set->last_used_slot));
#else
	memset(&set->lru_slot, 0, sizeof(set->lru_slot));
#endif
	rcu_assign_pointer(pyfuzz_kvms[vm].memslots[as], set);
}

static struct kvm_memory_slot *pyfuzz_slot(unsigned int vm, unsigned int as,
					   unsigned int slot)
{
	struct kvm_memslots *set = &pyfuzz_slot_sets[vm][as].set;

	return &set->memslots[set->id_to_index[slot]];
}

#endif

/* kvm_main.c counts them, and the MMU skips looking a slot up if there are none. */
static void pyfuzz_count_logged(unsigned int vm)
{
#ifdef PYFUZZ_HAVE_DIRTY_SLOTS
	int logged = 0;

	for (unsigned int as = 0; as < PAGES_SPACES; as++)
		for (unsigned int i = 0; i < PAGES_SLOTS; i++)
			if (pyfuzz_slot_there[vm][as][i] &&
			    pyfuzz_slots[vm][as][i].flags &
				    KVM_MEM_LOG_DIRTY_PAGES)
				logged++;
	atomic_set(&pyfuzz_kvms[vm].nr_memslots_dirty_logging, logged);
#endif
}

/* A new generation makes the MMIO SPTEs of the old one stale. */
static void pyfuzz_slots_changed(unsigned int vm, unsigned int as)
{
	struct kvm *kvm = &pyfuzz_kvms[vm];
	u64 *generation;

	pyfuzz_count_logged(vm);
	pyfuzz_slots_rebuild(vm, as);
	generation = &__kvm_memslots(kvm, as)->generation;
	*generation += PAGES_SPACES;
	kvm_mmu_invalidate_mmio_sptes(kvm, *generation);
}

static unsigned long pyfuzz_large_pages(const struct kvm_memory_slot *slot,
					int level)
{
	int shift = KVM_HPAGE_GFN_SHIFT(level);

	return ((slot->base_gfn + slot->npages - 1) >> shift) -
	       (slot->base_gfn >> shift) + 1;
}

/* What arch/x86/kvm/x86.c allocates for a slot, and what it forbids in it. */
static void pyfuzz_slot_metadata(unsigned int vm, struct kvm_memory_slot *slot)
{
	memset(&slot->arch, 0, sizeof(slot->arch));
	for (int level = 1; level <= KVM_NR_PAGE_SIZES; level++) {
		unsigned long n = pyfuzz_large_pages(slot, level);
		unsigned long mask = KVM_PAGES_PER_HPAGE(level) - 1;
		struct kvm_lpage_info *info;

		slot->arch.rmap[level - 1] =
			pages_alloc(PAGES_ARRAY, vm,
				    n * sizeof(*slot->arch.rmap[0]));
		if (level == 1)
			continue;
		info = pages_alloc(PAGES_ARRAY, vm, n * sizeof(*info));
		slot->arch.lpage_info[level - 2] = info;
		if (slot->base_gfn & mask)
			info[0].disallow_lpage = 1;
		if ((slot->base_gfn + slot->npages) & mask)
			info[n - 1].disallow_lpage = 1;
		if ((slot->base_gfn ^ (slot->userspace_addr >> PAGE_SHIFT)) &
		    mask)
			for (unsigned long i = 0; i < n; i++)
				info[i].disallow_lpage = 1;
	}
	pyfuzz_vm_made = (int)vm;
#if defined(PYFUZZ_HAVE_TRACK_CREATE_3)
	kvm_page_track_create_memslot(&pyfuzz_kvms[vm], slot, slot->npages);
#elif defined(PYFUZZ_HAVE_TRACK_CREATE_2)
	kvm_page_track_create_memslot(slot, slot->npages);
#endif
	pyfuzz_vm_made = -1;
}

static void pyfuzz_slot_free(struct kvm_memory_slot *slot)
{
	for (int i = 0; i < KVM_NR_PAGE_SIZES; i++) {
		pyfuzz_free_array(slot->arch.rmap[i]);
		if (i)
			pyfuzz_free_array(slot->arch.lpage_info[i - 1]);
	}
#ifdef PYFUZZ_HAVE_TRACK_FREE
	kvm_page_track_free_memslot(slot);
#endif
	memset(&slot->arch, 0, sizeof(slot->arch));
}

/* As many bits as a slot has frames; kvm_main.c allocates and frees them. */
static void pyfuzz_log_alloc(unsigned int vm, struct kvm_memory_slot *slot)
{
	if (!slot->dirty_bitmap)
		slot->dirty_bitmap = pages_alloc(PAGES_ARRAY, vm,
						 (slot->npages + 63) / 64 * 8);
}

static void pyfuzz_log_free(struct kvm_memory_slot *slot)
{
	pyfuzz_free_array(slot->dirty_bitmap);
	slot->dirty_bitmap = NULL;
}

static void pyfuzz_slot_create(unsigned int vm, unsigned int as,
			       unsigned int id, uint64_t base_gfn,
			       uint64_t npages, uint64_t hva_frame)
{
	struct kvm_memory_slot *slot = &pyfuzz_slots[vm][as][id];

	memset(slot, 0, sizeof(*slot));
	slot->base_gfn = base_gfn;
	slot->npages = npages;
	slot->userspace_addr = hva_frame << PAGE_SHIFT;
	slot->id = (short)id;
#ifdef PYFUZZ_HAVE_SLOT_AS_ID
	slot->as_id = (u16)as;
#endif
	pyfuzz_slot_metadata(vm, slot);
	pyfuzz_slot_there[vm][as][id] = true;
	pyfuzz_slots_changed(vm, as);
}

/* While its mappings are zapped, a slot is still found, but not for new mappings. */
static void pyfuzz_slot_flush(unsigned int vm, unsigned int as, unsigned int id)
{
	struct kvm *kvm __maybe_unused = &pyfuzz_kvms[vm];

	pyfuzz_slots[vm][as][id].flags |= KVM_MEMSLOT_INVALID;
	pyfuzz_slots_changed(vm, as);
#if defined(PYFUZZ_HAVE_INVALIDATE_MEMSLOT)
	/* Up to 6.3; the next one, from arch/x86/kvm/x86.c, does the same. */
	kvm_mmu_invalidate_zap_pages_in_memslot(kvm, pyfuzz_slot(vm, as, id),
						NULL);
#elif defined(PYFUZZ_HAVE_FLUSH_MEMSLOT)
	kvm_arch_flush_shadow_memslot(kvm, pyfuzz_slot(vm, as, id));
#endif
}

static void pyfuzz_slot_delete(unsigned int vm, unsigned int as, unsigned int id)
{
	struct kvm_memory_slot *slot = &pyfuzz_slots[vm][as][id];

	pyfuzz_slot_flush(vm, as, id);
	pyfuzz_slot_there[vm][as][id] = false;
	pyfuzz_slots_changed(vm, as);
	pyfuzz_slot_free(slot);
	pyfuzz_log_free(slot);
}

static void pyfuzz_slot_move(unsigned int vm, unsigned int as, unsigned int id,
			     uint64_t base_gfn)
{
	struct kvm_memory_slot *slot = &pyfuzz_slots[vm][as][id];
	struct kvm_memory_slot old;

	pyfuzz_slot_flush(vm, as, id);
	old = *slot;
	slot->flags &= ~KVM_MEMSLOT_INVALID;
	slot->base_gfn = base_gfn;
	pyfuzz_slot_metadata(vm, slot);
	pyfuzz_slots_changed(vm, as);
	pyfuzz_slot_free(&old);
}

/* KVM_MR_FLAGS_ONLY; changing the SPTEs is a separate operation. */
static void pyfuzz_set_dirty_log(unsigned int vm, unsigned int as,
				 unsigned int id, bool on)
{
	struct kvm_memory_slot *slot = &pyfuzz_slots[vm][as][id];

	if (on) {
		pyfuzz_log_alloc(vm, slot);
		slot->flags |= KVM_MEM_LOG_DIRTY_PAGES;
	} else {
		pyfuzz_log_free(slot);
		slot->flags &= ~KVM_MEM_LOG_DIRTY_PAGES;
	}
	pyfuzz_slots_changed(vm, as);
}

STANDIN(struct kvm_memory_slot *, gfn_to_memslot, (struct kvm * kvm, gfn_t gfn))
{
	return __gfn_to_memslot(kvm_memslots(kvm), gfn);
}

STANDIN(struct kvm_memory_slot *, kvm_vcpu_gfn_to_memslot,
	(struct kvm_vcpu * vcpu, gfn_t gfn))
{
	return __gfn_to_memslot(kvm_vcpu_memslots(vcpu), gfn);
}

static bool pyfuzz_visible(const struct kvm_memory_slot *slot)
{
	return slot && slot->id < KVM_USER_MEM_SLOTS &&
	       !(slot->flags & KVM_MEMSLOT_INVALID);
}

STANDIN(bool, kvm_vcpu_is_visible_gfn, (struct kvm_vcpu * vcpu, gfn_t gfn))
{
	return pyfuzz_visible(__gfn_to_memslot(kvm_vcpu_memslots(vcpu), gfn));
}

#endif
