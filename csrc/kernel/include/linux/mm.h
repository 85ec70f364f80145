/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages have no reference count here (see mm_types.h), and only the host's page
 * tables determine whether one is part of a huge page.
 */
#include_next <linux/mm.h>
#ifndef PYFUZZ_KERNEL_MM_H
#define PYFUZZ_KERNEL_MM_H

#undef put_page
#define put_page(page) ((void)(page))
#undef page_count
#define page_count(page) ((void)(page), 1)
#undef PageCompound
#define PageCompound(page) ((void)(page), 1)

#endif
