/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two things before KVM's own headers.  Addresses of the process begin at 0, so
 * an error among them cannot be told by being the kernel's: it is one of the
 * last pages.  And statistics of the memory management are kept in struct
 * page: none here.
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
