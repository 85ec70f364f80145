/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages have no reference count here (see mm_types.h). */
#include_next <linux/mm.h>
#ifndef PYFUZZ_KERNEL_MM_H
#define PYFUZZ_KERNEL_MM_H

#undef put_page
#define put_page(page) ((void)(page))

#endif
