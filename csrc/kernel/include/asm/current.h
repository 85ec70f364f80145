/* SPDX-License-Identifier: GPL-2.0-only */
/* There is one task and it is no per-CPU variable. */
#include_next <asm/current.h>
#ifndef PYFUZZ_KERNEL_CURRENT_H
#define PYFUZZ_KERNEL_CURRENT_H

extern struct task_struct *pyfuzz_current;

#undef current
#define current pyfuzz_current

#endif
