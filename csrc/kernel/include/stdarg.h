/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels up to 5.14 include the compiler's stdarg.h, which is none of the
 * kernel's files, and which not every compiler finds with -nostdinc.
 */
#ifndef PYFUZZ_KERNEL_STDARG_H
#define PYFUZZ_KERNEL_STDARG_H

typedef __builtin_va_list va_list;
#define va_start(arguments, last) __builtin_va_start(arguments, last)
#define va_arg(arguments, type) __builtin_va_arg(arguments, type)
#define va_copy(to, from) __builtin_va_copy(to, from)
#define va_end(arguments) __builtin_va_end(arguments)

#endif
