/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's own page tables: read, walked, and what may be done under them. */
#ifndef PYFUZZ_PORTS_PAGES_GUEST_H
#define PYFUZZ_PORTS_PAGES_GUEST_H

#include "shadow.h"

#define GPTE_PRESENT BIT_ULL(0)
#define GPTE_WRITABLE BIT_ULL(1)
#define GPTE_USER BIT_ULL(2)
#define GPTE_ACCESSED BIT_ULL(5)
#define GPTE_DIRTY BIT_ULL(6)
#define GPTE_LARGE BIT_ULL(7)
#define GPTE_NX BIT_ULL(63)
#define GPTE_FRAME_MASK 0x000ffffffffff000ULL

/* The result of a walk; tables and access are indexed by level. */
struct walk {
	gfn_t table_gfn[ROOT_LEVELS + 1];
	unsigned int table_access[ROOT_LEVELS + 1];
	int leaf_level; /* of the entry that maps the page */
	unsigned int access; /* all levels together */
	gfn_t gfn; /* of the address itself */
};

static int index_of(u64 address, int level)
{
	return (int)(address >> (12 + (level - 1) * 9)) % ENTRIES;
}

static u64 *guest_table(struct kvm *kvm, union kvm_mmu_page_role role, gfn_t gfn)
{
	struct kvm_memory_slot *slot = gfn_to_slot(kvm, role, gfn);

	if (!slot)
		return NULL;
	return pages_frame(kvm->pyfuzz_vm,
			   slot->hva_frame + (gfn - slot->base_gfn));
}

static gfn_t gpte_gfn(u64 gpte, int level)
{
	return (gpte & GPTE_FRAME_MASK) >> 12 & ~(pages_per(level) - 1);
}

static unsigned int gpte_access(u64 gpte)
{
	unsigned int access = gpte & GPTE_NX ? 0 : ACC_EXEC;

	if (gpte & GPTE_WRITABLE)
		access |= ACC_WRITE;
	if (gpte & GPTE_USER)
		access |= ACC_USER;
	return access;
}

static bool access_allowed(unsigned int access, u32 error)
{
	return (!(error & PAGES_PF_WRITE) || (access & ACC_WRITE)) &&
	       (!(error & PAGES_PF_USER) || (access & ACC_USER)) &&
	       (!(error & PAGES_PF_FETCH) || (access & ACC_EXEC));
}

/* False: the guest gets a page fault. */
static bool walk_guest(struct kvm_vcpu *vcpu, u64 gva, u32 error, struct walk *w)
{
	union kvm_mmu_page_role role = vcpu->mmu.root->role;
	u64 *entries[ROOT_LEVELS + 1];
	gfn_t gfn = vcpu->mmu.root_gpa >> 12;
	int level = vcpu->mmu.guest_levels;
	u64 gpte;

	w->access = ACC_ALL;
	for (;; level--) {
		u64 *table = guest_table(vcpu->kvm, role, gfn);

		if (!table)
			return false;
		w->table_gfn[level] = gfn;
		w->table_access[level] = w->access;
		entries[level] = table + index_of(gva, level);
		gpte = *entries[level];
		if (!(gpte & GPTE_PRESENT))
			return false;
		w->access &= gpte_access(gpte);
		if (level == 1)
			break;
		if (gpte & GPTE_LARGE) {
			if (level > PAGES_LEVELS)
				return false;
			break;
		}
		gfn = gpte_gfn(gpte, 1);
	}
	if (!access_allowed(w->access, error))
		return false;
	w->leaf_level = level;
	w->gfn = gpte_gfn(gpte, level) + (gva >> 12) % pages_per(level);
	for (int l = vcpu->mmu.guest_levels; l >= level; l--)
		*entries[l] |= GPTE_ACCESSED;
	if (error & PAGES_PF_WRITE)
		*entries[level] |= GPTE_DIRTY;
	/* The first write must be seen, to set the dirty bit. */
	if (!(*entries[level] & GPTE_DIRTY))
		w->access &= ~ACC_WRITE;
	return true;
}

/*
 * Whether the frame may be mapped writable: not if it holds a higher-level
 * table; the page of a last-level table becomes out of sync instead, if allowed.
 */
static bool may_write(struct kvm *kvm, union kvm_mmu_page_role role, gfn_t gfn,
		      bool may_unsync)
{
	struct kvm_mmu_page *sp;

	for (int pass = 0; pass < 2; pass++) {
		for (sp = *hash_bucket(kvm, gfn); sp; sp = sp->hash_next) {
			if (sp->gfn != gfn || sp->role.invalid ||
			    !shadows_a_table(sp) || sp->role.smm != role.smm)
				continue;
			if (sp->unsync)
				continue;
			if (sp->role.level > 1 || !may_unsync)
				return false;
			if (pass)
				sp->unsync = true;
		}
	}
	return true;
}

#endif
