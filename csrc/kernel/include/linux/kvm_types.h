/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two things before KVM's own headers.  A process's addresses begin at 0, so an
 * error pointer is not recognised by the kernel's address range but as one of
 * the last pages.  And the statistics of memory management are in struct page,
 * which does not exist here.
 */
#include <linux/memcontrol.h>
#include <linux/vmstat.h>
#include_next <linux/kvm_types.h>
#ifndef PYFUZZ_KERNEL_KVM_TYPES_H
#define PYFUZZ_KERNEL_KVM_TYPES_H

#define mod_lruvec_page_state(page, item, value) ((void)(page), (void)(value))

#define KVM_HVA_ERR_BAD (-2 * PAGE_SIZE)
#define KVM_HVA_ERR_RO_BAD (-PAGE_SIZE)

static inline bool kvm_is_error_hva(unsigned long address)
{
	return address >= KVM_HVA_ERR_BAD;
}

#endif
