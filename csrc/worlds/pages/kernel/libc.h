/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernel code uses from the C library.  All other symbols are hidden and
 * resolved inside the module, like the kernel's own, so this comes first.
 */
#ifndef PYFUZZ_KERNEL_LIBC_H
#define PYFUZZ_KERNEL_LIBC_H

#define PYFUZZ_LIBC __attribute__((visibility("default")))
PYFUZZ_LIBC void *memset(void *, int, __SIZE_TYPE__);
PYFUZZ_LIBC void *memcpy(void *, const void *, __SIZE_TYPE__);
PYFUZZ_LIBC void *memmove(void *, const void *, __SIZE_TYPE__);
PYFUZZ_LIBC int memcmp(const void *, const void *, __SIZE_TYPE__);
PYFUZZ_LIBC __SIZE_TYPE__ strlen(const char *);
PYFUZZ_LIBC int strcmp(const char *, const char *);
PYFUZZ_LIBC int strncmp(const char *, const char *, __SIZE_TYPE__);
PYFUZZ_LIBC char *strstr(const char *, const char *);
PYFUZZ_LIBC int vsnprintf(char *, __SIZE_TYPE__, const char *,
			  __builtin_va_list);
#pragma GCC visibility push(hidden)

/* Where mmu.c defines these itself, those of csrc/worlds/pages/flushes.c count. */
#pragma weak kvm_flush_remote_tlbs_with_address
#pragma weak kvm_flush_remote_tlbs_range

#endif
