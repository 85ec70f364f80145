/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow pages: finding or creating, linking to parents, zapping.
 *
 * A zapped page loses its children, its parents and its place in the hash at
 * once, and its memory when the zap is committed.  A root in use stays, empty
 * and invalid, until the last vCPU drops it.
 */
#ifndef PYFUZZ_PORTS_PAGES_SHADOW_H
#define PYFUZZ_PORTS_PAGES_SHADOW_H

#include "rmap.h"

static void prepare_zap_page(struct kvm *kvm, struct kvm_mmu_page *sp,
			     struct doomed *doomed);
static void commit_zap(struct kvm *kvm, struct doomed *doomed);
static bool sync_page(struct kvm_vcpu *vcpu, struct kvm_mmu_page *sp);

static struct kvm_mmu_page **hash_bucket(struct kvm *kvm, gfn_t gfn)
{
	return &kvm->hash[gfn % HASH_BUCKETS];
}

static bool is_obsolete(const struct kvm *kvm, const struct kvm_mmu_page *sp)
{
	return sp->role.invalid || sp->valid_gen != kvm->valid_gen;
}

/* Whether it shadows a guest's page table, writes to which must be seen. */
static bool shadows_a_table(const struct kvm_mmu_page *sp)
{
	return !sp->role.direct && !sp->role.passthrough;
}

/* The frame holds a guest's table, so it must not be in a huge page. */
static void account_shadowed(struct kvm *kvm, struct kvm_mmu_page *sp, int by)
{
	struct kvm_memory_slot *slot = gfn_to_slot(kvm, sp->role, sp->gfn);

	if (!slot)
		return;
	for (int level = 2; level <= PAGES_LEVELS; level++)
		slot->lpage[level - 1][gfn_to_index(sp->gfn, slot->base_gfn, level)]
			.disallow += by;
	if (by > 0)
		write_protect_gfn(slot, sp->gfn);
}

static void list_insert(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	sp->prev = NULL;
	sp->next = kvm->newest;
	if (kvm->newest)
		kvm->newest->prev = sp;
	else
		kvm->oldest = sp;
	kvm->newest = sp;
	kvm->used_pages++;
}

static void list_remove(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	*(sp->prev ? &sp->prev->next : &kvm->newest) = sp->next;
	*(sp->next ? &sp->next->prev : &kvm->oldest) = sp->prev;
	kvm->used_pages--;
}

static void hash_remove(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct kvm_mmu_page **at = hash_bucket(kvm, sp->gfn);

	while (*at != sp)
		at = &(*at)->hash_next;
	*at = sp->hash_next;
}

static struct kvm_mmu_page *find_shadow_page(struct kvm_vcpu *vcpu, gfn_t gfn,
					     union kvm_mmu_page_role role)
{
	struct kvm *kvm = vcpu->kvm;
	struct doomed doomed = { NULL };
	struct kvm_mmu_page *sp, *next, *found = NULL;

	for (sp = *hash_bucket(kvm, gfn); sp && !found; sp = next) {
		next = sp->hash_next;
		if (sp->gfn != gfn || is_obsolete(kvm, sp))
			continue;
		if (sp->role.word != role.word) {
			/*
			 * The frame is now used as a table of a higher level:
			 * out-of-sync pages are no longer allowed.
			 */
			if (role.level > 1 && sp->unsync)
				prepare_zap_page(kvm, sp, &doomed);
			continue;
		}
		found = sp;
		if (sp->unsync && !sync_page(vcpu, sp)) {
			prepare_zap_page(kvm, sp, &doomed);
			found = NULL;
		}
	}
	commit_zap(kvm, &doomed);
	return found;
}

static struct kvm_mmu_page *new_page(struct kvm *kvm, gfn_t gfn,
				     union kvm_mmu_page_role role,
				     struct kvm_mmu_page *sp, u64 *spt,
				     u64 *translations)
{
	struct kvm_mmu_page **bucket = hash_bucket(kvm, gfn);

	sp->spt = spt;
	sp->translations = translations;
	sp->gfn = gfn;
	sp->role = role;
	sp->valid_gen = kvm->valid_gen;
	pages_set_private(spt, sp);
	sp->hash_next = *bucket;
	*bucket = sp;
	list_insert(kvm, sp);
	if (shadows_a_table(sp))
		account_shadowed(kvm, sp, 1);
	return sp;
}

static struct kvm_mmu_page *get_shadow_page(struct kvm_vcpu *vcpu, gfn_t gfn,
					    union kvm_mmu_page_role role)
{
	struct kvm_mmu_page *sp = find_shadow_page(vcpu, gfn, role);
	u64 *translations = NULL;

	if (sp)
		return sp;
	if (!role.direct)
		translations = kvm_mmu_memory_cache_alloc(&vcpu->translations);
	return new_page(vcpu->kvm, gfn, role,
			kvm_mmu_memory_cache_alloc(&vcpu->headers),
			kvm_mmu_memory_cache_alloc(&vcpu->tables), translations);
}

static union kvm_mmu_page_role child_role(const u64 *sptep, bool direct,
					  unsigned int access)
{
	union kvm_mmu_page_role role = sptep_to_sp(sptep)->role;

	role.level--;
	role.access = access;
	role.direct = direct;
	role.passthrough = 0;
	role.invalid = 0;
	return role;
}

/*
 * The page that an entry must point to; NULL: it already does.  The present
 * child is right only if it has the same frame and the same role: the guest's
 * entry may have changed behind KVM's back.
 */
static struct kvm_mmu_page *get_child(struct kvm_vcpu *vcpu, u64 *sptep,
				      gfn_t gfn, bool direct,
				      unsigned int access)
{
	union kvm_mmu_page_role role = child_role(sptep, direct, access);

	if (is_shadow_present_pte(*sptep) && !is_large_pte(*sptep)) {
		struct kvm_mmu_page *child = spte_to_child(*sptep);

		if (child->gfn == gfn && child->role.word == role.word)
			return NULL;
	}
	return get_shadow_page(vcpu, gfn, role);
}

static void drop_parent_pte(struct kvm *kvm, struct kvm_mmu_page *sp,
			    u64 *parent_pte)
{
	flush_all(kvm);
	pte_list_remove(kvm, parent_pte, &sp->parent_ptes);
	*parent_pte = 0;
}

/* Empty an entry, whatever it holds. */
static void zap_entry(struct kvm *kvm, struct kvm_mmu_page *sp, u64 *sptep)
{
	u64 spte = *sptep;

	if (!is_shadow_present_pte(spte)) {
		if (is_mmio_spte(spte))
			*sptep = 0;
	} else if (is_last_spte(spte, sp->role.level)) {
		drop_spte(kvm, sptep);
	} else {
		drop_parent_pte(kvm, spte_to_child(spte), sptep);
	}
}

static void link_shadow_page(struct kvm *kvm, struct kvm_mmu_memory_cache *cache,
			     u64 *sptep, struct kvm_mmu_page *sp)
{
	if (is_shadow_present_pte(*sptep))
		zap_entry(kvm, sptep_to_sp(sptep), sptep);
	*sptep = make_nonleaf_spte(sp->spt);
	pte_list_add(cache, sptep, &sp->parent_ptes);
}

/*
 * A direct page under a guest's huge page has that entry's access: a different
 * access needs a different page.
 */
static void validate_direct_child(struct kvm *kvm, u64 *sptep,
				  unsigned int access)
{
	struct kvm_mmu_page *child;

	if (!is_shadow_present_pte(*sptep) || is_large_pte(*sptep))
		return;
	child = spte_to_child(*sptep);
	if (child->role.access != access)
		drop_parent_pte(kvm, child, sptep);
}

static void unlink_parents(struct kvm *kvm, struct kvm_mmu_page *sp)
{
	struct rmap_iterator iter;
	u64 *sptep;

	while ((sptep = rmap_get_first(&sp->parent_ptes, &iter)))
		drop_parent_pte(kvm, sp, sptep);
}

static void prepare_zap_page(struct kvm *kvm, struct kvm_mmu_page *sp,
			     struct doomed *doomed)
{
	for (int i = 0; i < ENTRIES; i++)
		zap_entry(kvm, sp, sp->spt + i);
	unlink_parents(kvm, sp);
	if (!sp->role.invalid && shadows_a_table(sp))
		account_shadowed(kvm, sp, -1);
	sp->unsync = false;
	if (!sp->role.invalid)
		list_remove(kvm, sp);
	sp->role.invalid = 1;
	if (sp->root_count)
		return;
	sp->doomed = doomed->first;
	doomed->first = sp;
}

static void commit_zap(struct kvm *kvm, struct doomed *doomed)
{
	struct kvm_mmu_page *sp, *next;

	for (sp = doomed->first; sp; sp = next) {
		next = sp->doomed;
		flush_all(kvm);
		WARN_ON_ONCE(!sp->role.invalid || sp->root_count);
		hash_remove(kvm, sp);
		pages_free(PAGES_SPT, sp->spt);
		if (sp->translations)
			pages_free(PAGES_ARRAY, sp->translations);
		pages_free(PAGES_HEADER, sp);
	}
	doomed->first = NULL;
}

/* The generation advanced: zap everything older. */
static void zap_obsolete(struct kvm *kvm, struct doomed *doomed)
{
	struct kvm_mmu_page *sp, *older;

	for (sp = kvm->oldest; sp; sp = older) {
		older = sp->prev;
		if (is_obsolete(kvm, sp))
			prepare_zap_page(kvm, sp, doomed);
	}
}

static void zap_all_fast(struct kvm *kvm)
{
	struct doomed doomed = { NULL };

	kvm->valid_gen ^= 1;
	zap_obsolete(kvm, &doomed);
	commit_zap(kvm, &doomed);
}

static void zap_oldest(struct kvm *kvm, unsigned int pages)
{
	struct doomed doomed = { NULL };
	struct kvm_mmu_page *sp, *newer;

	for (sp = kvm->oldest; sp && pages; sp = newer) {
		newer = sp->prev;
		if (sp->root_count)
			continue;
		prepare_zap_page(kvm, sp, &doomed);
		pages--;
	}
	commit_zap(kvm, &doomed);
}

#endif
