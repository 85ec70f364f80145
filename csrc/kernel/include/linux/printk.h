/* SPDX-License-Identifier: GPL-2.0-only */
/* The log goes to the harness, line by line. */
#include_next <linux/printk.h>
#ifndef PYFUZZ_KERNEL_PRINTK_H
#define PYFUZZ_KERNEL_PRINTK_H

void pyfuzz_kernel_print(const char *file, unsigned int line,
			 const char *function, const char *format, ...);

#undef printk
#define printk(...) \
	pyfuzz_kernel_print(__FILE__, __LINE__, __func__, __VA_ARGS__)

#endif
