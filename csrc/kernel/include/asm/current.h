/* SPDX-License-Identifier: GPL-2.0-only */
/* There is one task, in a plain variable instead of a per-CPU one. */
#include_next <asm/current.h>
#ifndef PYFUZZ_KERNEL_CURRENT_H
#define PYFUZZ_KERNEL_CURRENT_H

extern struct task_struct *pyfuzz_current;

#undef current
#define current pyfuzz_current

#endif
