/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * There are no struct pages: a struct page pointer is a number.  The one word
 * that KVM keeps in them, from a table of SPTEs to its shadow page, is kept by
 * the harness's allocator, which also knows which tables are live.
 */
#include_next <linux/mm_types.h>
#ifndef PYFUZZ_KERNEL_MM_TYPES_H
#define PYFUZZ_KERNEL_MM_TYPES_H

void pyfuzz_kernel_set_private(const void *table, void *value);
void *pyfuzz_kernel_private(const void *table);

#define PYFUZZ_TABLE_OF(page) ((void *)((unsigned long)page_to_pfn(page) << 12))

#undef page_private
#define page_private(page) \
	((unsigned long)pyfuzz_kernel_private(PYFUZZ_TABLE_OF(page)))
#undef set_page_private
#define set_page_private(page, value) \
	pyfuzz_kernel_set_private(PYFUZZ_TABLE_OF(page), (void *)(value))

#endif
