/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host: the frame behind guest memory, the size of its mapping, and the
 * contents of the guest's own tables.  The harness keeps all three.
 */
#ifndef PYFUZZ_KERNEL_HOST_H
#define PYFUZZ_KERNEL_HOST_H

#include "slots.h"

static bool pyfuzz_usable(const struct kvm_memory_slot *slot)
{
	return slot && !(slot->flags & KVM_MEMSLOT_INVALID);
}

static unsigned long pyfuzz_hva(const struct kvm_memory_slot *slot, gfn_t gfn)
{
	return slot->userspace_addr + (gfn - slot->base_gfn) * PAGE_SIZE;
}

/* The memory of a guest frame. */
static unsigned long pyfuzz_contents(const struct kvm_memory_slot *slot,
				     gfn_t gfn)
{
	void *frame = pyfuzz_usable(slot) ?
			      pages_frame(pages_running_vm(),
					  pyfuzz_hva(slot, gfn) >> PAGE_SHIFT) :
			      NULL;

	return frame ? (unsigned long)frame : KVM_HVA_ERR_BAD;
}

STANDIN(unsigned long, gfn_to_hva_memslot_prot,
	(struct kvm_memory_slot * slot, gfn_t gfn, bool *writable))
{
	if (writable)
		*writable = pyfuzz_usable(slot);
	return pyfuzz_contents(slot, gfn);
}

STANDIN(unsigned long, kvm_vcpu_gfn_to_hva_prot,
	(struct kvm_vcpu * vcpu, gfn_t gfn, bool *writable))
{
	struct kvm_memory_slot *slot =
		__gfn_to_memslot(kvm_vcpu_memslots(vcpu), gfn);

	if (writable)
		*writable = pyfuzz_usable(slot);
	return pyfuzz_contents(slot, gfn);
}

STANDIN(unsigned long, gfn_to_hva_memslot,
	(struct kvm_memory_slot * slot, gfn_t gfn))
{
	return pyfuzz_usable(slot) ? pyfuzz_hva(slot, gfn) : KVM_HVA_ERR_BAD;
}

STANDIN(unsigned long, kvm_vcpu_gfn_to_hva, (struct kvm_vcpu * vcpu, gfn_t gfn))
{
	struct kvm_memory_slot *slot =
		__gfn_to_memslot(kvm_vcpu_memslots(vcpu), gfn);

	return pyfuzz_usable(slot) ? pyfuzz_hva(slot, gfn) : KVM_HVA_ERR_BAD;
}

STANDIN(int, kvm_vcpu_read_guest_atomic,
	(struct kvm_vcpu * vcpu, gpa_t gpa, void *data, unsigned long n))
{
	gfn_t gfn = gpa >> PAGE_SHIFT;
	unsigned long frame =
		pyfuzz_contents(__gfn_to_memslot(kvm_vcpu_memslots(vcpu), gfn),
				gfn);

	if (kvm_is_error_hva(frame))
		return -EFAULT;
	memcpy(data, (void *)(frame + offset_in_page(gpa)), n);
	return 0;
}

/*
 * The same as a page, to map: up to 5.17 this is how KVM marks the guest's entries as
 * accessed.  The address is that of the frame (pyfuzz_contents()).
 */
STANDIN(int, get_user_pages_fast,
	(unsigned long address, int n, unsigned int flags, struct page **pages))
{
	for (int i = 0; i < n; i++)
		pages[i] = virt_to_page(address + (unsigned long)i * PAGE_SIZE);
	return n;
}

/* The frame behind a gfn; user space handles writes to a read-only mapping. */
static kvm_pfn_t pyfuzz_pfn(const struct kvm_memory_slot *slot, gfn_t gfn,
			    bool write, bool *writable)
{
	bool may_write = false;
	u64 pfn;

	if (!pyfuzz_usable(slot)) {
		if (writable)
			*writable = false;
		return KVM_PFN_NOSLOT;
	}
	pfn = pages_host_pfn(pages_running_vm(),
			     pyfuzz_hva(slot, gfn) >> PAGE_SHIFT, &may_write);
	if (writable)
		*writable = may_write;
	return write && !may_write ? KVM_PFN_ERR_RO_FAULT : pfn;
}

#ifdef PYFUZZ_HAVE_FAULTIN
STANDIN(kvm_pfn_t, __kvm_faultin_pfn,
	(const struct kvm_memory_slot *slot, gfn_t gfn, unsigned int foll,
	 bool *writable, struct page **refcounted_page))
{
	*refcounted_page = NULL;
	return pyfuzz_pfn(slot, gfn, foll & FOLL_WRITE, writable);
}
#endif

#if defined(PYFUZZ_HAVE_TO_PFN_8)
STANDIN(kvm_pfn_t, __gfn_to_pfn_memslot,
	(const struct kvm_memory_slot *slot, gfn_t gfn, bool atomic,
	 bool interruptible, bool *async, bool write, bool *writable, hva_t *hva))
#elif defined(PYFUZZ_HAVE_TO_PFN_7)
STANDIN(kvm_pfn_t, __gfn_to_pfn_memslot,
	(const struct kvm_memory_slot *slot, gfn_t gfn, bool atomic,
	 bool *async, bool write, bool *writable, hva_t *hva))
#else
STANDIN(kvm_pfn_t, __gfn_to_pfn_memslot,
	(const struct kvm_memory_slot *slot, gfn_t gfn, bool atomic,
	 bool *async, bool write, bool *writable))
#endif
{
#if defined(PYFUZZ_HAVE_TO_PFN_8) || defined(PYFUZZ_HAVE_TO_PFN_7)
	if (hva)
		*hva = pyfuzz_usable(slot) ? pyfuzz_hva(slot, gfn) :
					     KVM_HVA_ERR_BAD;
#endif
	if (async)
		*async = false;
	return pyfuzz_pfn(slot, gfn, write, writable);
}

STANDIN(kvm_pfn_t, gfn_to_pfn_memslot_atomic,
	(const struct kvm_memory_slot *slot, gfn_t gfn))
{
	kvm_pfn_t pfn = pyfuzz_pfn(slot, gfn, true, NULL);

	return is_error_pfn(pfn) ? KVM_PFN_ERR_FAULT : pfn;
}

/* Frames to map ahead: writable ones, up to the first that is not. */
static int pyfuzz_many(const struct kvm_memory_slot *slot, gfn_t gfn,
		       struct page **pages, int n)
{
	int i;

	for (i = 0; i < n && gfn + i < slot->base_gfn + slot->npages; i++) {
		kvm_pfn_t pfn = pyfuzz_pfn(slot, gfn + i, true, NULL);

		if (is_error_noslot_pfn(pfn))
			break;
		pages[i] = pfn_to_page(pfn);
	}
	return i ? i : -1;
}

STANDIN(int, gfn_to_page_many_atomic,
	(const struct kvm_memory_slot *slot, gfn_t gfn, struct page **pages,
	 int n))
{
	return pyfuzz_many(slot, gfn, pages, n);
}

STANDIN(int, kvm_prefetch_pages,
	(const struct kvm_memory_slot *slot, gfn_t gfn, struct page **pages,
	 int n))
{
	return pyfuzz_many(slot, gfn, pages, n);
}

/* csrc/kernel/include/linux/pgtable.h; an entry of each level is enough. */
void *pyfuzz_kernel_host_entry(unsigned long address, int level)
{
	static unsigned long entries[6];
	unsigned int mapped =
		pages_host_level(pages_running_vm(), address >> PAGE_SHIFT);

	entries[level] = _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED;
	if (level > 1 && (unsigned int)level <= mapped)
		entries[level] |= _PAGE_PSE;
	return &entries[level];
}

/* The same, as used up to 5.18. */
STANDIN(void *, lookup_address_in_mm,
	(struct mm_struct * mm, unsigned long address, unsigned int *level))
{
	static pte_t entry;

	*level = pages_host_level(pages_running_vm(), address >> PAGE_SHIFT);
	entry = __pte(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER);
	return &entry;
}

#endif
