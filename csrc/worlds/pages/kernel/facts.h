/* SPDX-License-Identifier: GPL-2.0-only */
/* What the oracle reads from the kernel's structures, without changing them. */
#ifndef PYFUZZ_KERNEL_FACTS_H
#define PYFUZZ_KERNEL_FACTS_H

#include "slots.h"

static void pyfuzz_page(unsigned int vm, const void *header,
			struct pages_page *out)
{
	const struct kvm_mmu_page *sp = header;
	union kvm_mmu_page_role role = sp->role;

	memset(out, 0, sizeof(*out));
	out->header = header;
	out->gfn = sp->gfn;
	out->spt = (uint64_t *)sp->spt;
	out->parents = (unsigned long *)&sp->parent_ptes;
#if defined(PYFUZZ_HAVE_TRANSLATION)
	out->stored = (const uint64_t *)sp->shadowed_translation;
	out->stored_shift = PAGE_SHIFT;
#elif defined(PYFUZZ_HAVE_GFNS)
	out->stored = (const uint64_t *)sp->gfns;
#endif
	out->role = role.word;
	out->level = role.level;
	/* The bits of a role differ from one generation to the next. */
	out->access = (role.access & ACC_EXEC_MASK ? PAGES_EXEC : 0) |
		      (role.access & ACC_WRITE_MASK ? PAGES_WRITE : 0) |
		      (role.access & ACC_USER_MASK ? PAGES_USER : 0);
	out->direct = role.direct;
#ifdef PYFUZZ_HAVE_PASSTHROUGH
	out->passthrough = role.passthrough;
#endif
	out->invalid = role.invalid;
#ifdef PYFUZZ_HAVE_VALID_GEN
	out->obsolete = sp->mmu_valid_gen != pyfuzz_kvms[vm].arch.mmu_valid_gen;
#endif
	out->smm = role.smm;
	out->guest_mode = role.guest_mode;
	out->quadrant = role.quadrant;
#ifdef PYFUZZ_HAVE_FOUR_BYTE
	out->four_byte = role.has_4_byte_gpte;
#else
	out->four_byte = !role.gpte_is_8_bytes;
#endif
	out->unsync = sp->unsync;
	out->root_count = (uint32_t)sp->root_count;
	out->unsync_children = sp->unsync_children;
}

static unsigned long *pyfuzz_rmaps(unsigned int vm, unsigned int as,
				   unsigned int id, unsigned int level,
				   uint64_t *heads)
{
	const struct kvm_memory_slot *slot = &pyfuzz_slots[vm][as][id];

	if (!pyfuzz_slot_there[vm][as][id] || !level ||
	    level > KVM_NR_PAGE_SIZES)
		return NULL;
	*heads = pyfuzz_large_pages(slot, (int)level);
	return (unsigned long *)slot->arch.rmap[level - 1];
}

static unsigned long *pyfuzz_dirty_bitmap(unsigned int vm, unsigned int as,
					  unsigned int id)
{
	return pyfuzz_slots[vm][as][id].dirty_bitmap;
}

static bool pyfuzz_spte_present(uint64_t spte)
{
	return is_shadow_present_pte(spte);
}

static bool pyfuzz_spte_mmio(uint64_t spte)
{
#ifdef PYFUZZ_HAVE_MMIO_BY_KVM
	return is_mmio_spte(&pyfuzz_kvms[pages_running_vm()], spte);
#else
	return is_mmio_spte(spte);
#endif
}

static bool pyfuzz_spte_large(uint64_t spte)
{
	return is_large_pte(spte);
}

static bool pyfuzz_spte_writable(uint64_t spte)
{
	return is_writable_pte(spte);
}

#ifdef PYFUZZ_HAVE_SPTE_BASE_MASK
#define PYFUZZ_FRAME_MASK SPTE_BASE_ADDR_MASK
#else
#define PYFUZZ_FRAME_MASK PT64_BASE_ADDR_MASK
#endif

static const uint64_t *pyfuzz_table_at(u64 entry)
{
	return (const uint64_t *)(unsigned long)(entry & PYFUZZ_FRAME_MASK);
}

static const uint64_t *pyfuzz_root(unsigned int vm, unsigned int vcpu,
				   unsigned int i)
{
	const struct kvm_mmu *mmu = pyfuzz_vcpus[vm][vcpu].arch.mmu;
#ifdef PYFUZZ_HAVE_MMU_ROOT
	hpa_t root = mmu->root.hpa;
#else
	hpa_t root = mmu->root_hpa;
#endif
	unsigned int vm_of __maybe_unused;

	if (root == INVALID_PAGE)
		return NULL;
	if (pages_kind_of((void *)pyfuzz_table_at(root)) == PAGES_SPT)
		return i ? NULL : pyfuzz_table_at(root);
	/* Four roots behind a page of PAE entries. */
	if (!mmu->pae_root || i > 3 || !(mmu->pae_root[i] & 1) ||
	    mmu->pae_root[i] == INVALID_PAGE)
		return NULL;
	return pyfuzz_table_at(mmu->pae_root[i]);
}

static u64 pyfuzz_request_bit(int request)
{
	return 1ULL << (request & KVM_REQUEST_MASK);
}

/* The requests that a vCPU handles by flushing its TLB. */
static u64 pyfuzz_flush_requests(void)
{
	u64 bits = pyfuzz_request_bit(KVM_REQ_TLB_FLUSH);

#ifdef KVM_REQ_TLB_FLUSH_CURRENT
	bits |= pyfuzz_request_bit(KVM_REQ_TLB_FLUSH_CURRENT);
#endif
#ifdef KVM_REQ_TLB_FLUSH_GUEST
	bits |= pyfuzz_request_bit(KVM_REQ_TLB_FLUSH_GUEST);
#endif
	return bits;
}

static u64 pyfuzz_root_requests(void)
{
	u64 bits = 0;

#ifdef KVM_REQ_MMU_RELOAD
	bits |= pyfuzz_request_bit(KVM_REQ_MMU_RELOAD);
#endif
#ifdef KVM_REQ_MMU_FREE_OBSOLETE_ROOTS
	bits |= pyfuzz_request_bit(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);
#endif
	return bits;
}

static uint32_t pyfuzz_requests(unsigned int vm, unsigned int i)
{
	u64 bits = pyfuzz_vcpus[vm][i].requests;
	uint32_t mask = 0;

	if (bits & pyfuzz_flush_requests())
		mask |= PAGES_REQUEST_FLUSH;
	if (bits & pyfuzz_request_bit(KVM_REQ_MMU_SYNC))
		mask |= PAGES_REQUEST_SYNC;
	if (bits & pyfuzz_root_requests())
		mask |= PAGES_REQUEST_ROOTS;
	return mask;
}

static int64_t pyfuzz_used_pages(unsigned int vm)
{
#ifdef PYFUZZ_HAVE_USED_PAGES
	return (int64_t)pyfuzz_kvms[vm].arch.n_used_mmu_pages;
#elif defined(PYFUZZ_HAVE_USED_STAT)
	return (int64_t)pyfuzz_kvms[vm].stat.mmu_shadow_pages;
#else
	return -1;
#endif
}

#endif
