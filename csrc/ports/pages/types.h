/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types of the port "pages": a VM, its vCPUs and memslots, its shadow pages,
 * with only the members that the code in this folder uses.
 */
#ifndef PYFUZZ_PORTS_PAGES_TYPES_H
#define PYFUZZ_PORTS_PAGES_TYPES_H

#include "../../shim/pages.h"

#define ROOT_LEVELS 5
#define ENTRIES 512
#define HASH_BUCKETS 16
#define CACHED 24
#define PREFETCHED 8

#define ACC_EXEC 1u
#define ACC_WRITE 2u
#define ACC_USER 4u
#define ACC_ALL 7u

struct kvm_rmap_head {
	unsigned long val;
};

/* Preallocated objects, so that no operation has to allocate halfway. */
struct kvm_mmu_memory_cache {
	int nobjs, wanted;
	unsigned int vm;
	enum pages_kind kind;
	size_t size;
	void *objects[CACHED];
};

union kvm_mmu_page_role {
	u32 word;
	struct {
		unsigned int level : 4;
		unsigned int direct : 1;
		unsigned int access : 3;
		unsigned int invalid : 1;
		unsigned int guest_mode : 1;
		unsigned int passthrough : 1;
		unsigned int smm : 1;
	};
};

struct kvm_mmu_page {
	struct kvm_mmu_page *hash_next;
	struct kvm_mmu_page *prev, *next; /* all of the VM, newest first */
	struct kvm_mmu_page *doomed; /* zapped, to be freed */
	union kvm_mmu_page_role role;
	u8 valid_gen;
	bool unsync;
	bool nx_disallowed; /* huge page kept from being executed */
	u8 written; /* tracked writes since it was last used */
	gfn_t gfn;
	u64 *spt;
	/* gfn << 12 | access of each SPTE; a direct page computes them. */
	u64 *translations;
	struct kvm_rmap_head parent_ptes;
	unsigned int root_count;
};

/* The number of reasons not to map a huge page there. */
struct lpage_info {
	int disallow;
};

struct kvm_memory_slot {
	gfn_t base_gfn;
	unsigned long npages;
	u64 hva_frame;
	unsigned int as;
	bool present;
	bool dirty_log;
	unsigned long *dirty_bitmap; /* a bit for each frame; NULL: not logged yet */
	struct kvm_rmap_head *rmap[PAGES_LEVELS];
	struct lpage_info *lpage[PAGES_LEVELS]; /* none for 4K */
};

struct kvm_mmu {
	enum pages_mode mode;
	bool smm;
	u64 root_gpa;
	int guest_levels; /* of the guest's tables, 0: it has none */
	struct kvm_mmu_page *root;
};

struct kvm_vcpu {
	struct kvm *kvm;
	int vcpu_id;
	struct kvm_mmu mmu;
	struct kvm_mmu_memory_cache descriptors, headers, tables, translations;
};

struct kvm {
	bool vm_bugged;
	bool vm_dead;
	unsigned int pyfuzz_vm;
	u8 valid_gen;
	unsigned int used_pages;
	struct kvm_mmu_page *newest, *oldest;
	struct kvm_mmu_page *hash[HASH_BUCKETS];
	struct kvm_vcpu *pyfuzz_vcpus[PAGES_VCPUS];
	struct kvm_memory_slot slots[PAGES_SPACES][PAGES_SLOTS];
	struct kvm_mmu_memory_cache split_descriptors;
	u64 mmio_generation;
};

/* Zapped pages, until nobody can use them any more. */
struct doomed {
	struct kvm_mmu_page *first;
};

static struct kvm pyfuzz_kvms[PAGES_VMS];
static struct kvm_vcpu pyfuzz_vcpus[PAGES_VMS][PAGES_VCPUS];

static inline void *kvm_mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *mc)
{
	BUG_ON(!mc->nobjs);
	return mc->objects[--mc->nobjs];
}

static inline gfn_t pages_per(int level)
{
	return 1ULL << (level - 1) * 9;
}

static inline gfn_t gfn_to_index(gfn_t gfn, gfn_t base_gfn, int level)
{
	return (gfn >> (level - 1) * 9) - (base_gfn >> (level - 1) * 9);
}

static inline int spte_index(const u64 *sptep)
{
	return (int)((uintptr_t)sptep / sizeof(*sptep) % ENTRIES);
}

static inline struct kvm_mmu_page *sptep_to_sp(const u64 *sptep)
{
	return pages_private(sptep);
}

static inline struct kvm_memory_slot *
gfn_to_slot(struct kvm *kvm, union kvm_mmu_page_role role, gfn_t gfn)
{
	struct kvm_memory_slot *slots = kvm->slots[role.smm];

	for (unsigned int i = 0; i < PAGES_SLOTS; i++)
		if (slots[i].present && gfn - slots[i].base_gfn < slots[i].npages)
			return &slots[i];
	return NULL;
}

#endif
