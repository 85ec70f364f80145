/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's page tables, as far as KVM walks them to find the size of a mapping:
 * the harness answers level by level.
 */
#include_next <linux/pgtable.h>
#ifndef PYFUZZ_KERNEL_PGTABLE_H
#define PYFUZZ_KERNEL_PGTABLE_H

void *pyfuzz_kernel_host_entry(unsigned long address, int level);

#undef pgd_offset
#define pgd_offset(mm, address) \
	((void)(mm), (pgd_t *)pyfuzz_kernel_host_entry(address, 5))
#define p4d_offset(entry, address) \
	((void)(entry), (p4d_t *)pyfuzz_kernel_host_entry(address, 4))
#define pud_offset(entry, address) \
	((void)(entry), (pud_t *)pyfuzz_kernel_host_entry(address, 3))
#define pmd_offset(entry, address) \
	((void)(entry), (pmd_t *)pyfuzz_kernel_host_entry(address, 2))

#endif
