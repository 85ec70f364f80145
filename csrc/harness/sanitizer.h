/* SPDX-License-Identifier: GPL-2.0-only */
/* <sanitizer/asan_interface.h>, which not every clang ships. */
#ifndef PYFUZZ_SANITIZER_H
#define PYFUZZ_SANITIZER_H

#include <stddef.h>

#if __has_feature(address_sanitizer)
#define PYFUZZ_SANITIZE 1
void __asan_poison_memory_region(const volatile void *address, size_t size);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);
void __asan_set_error_report_callback(void (*callback)(const char *text));
#endif

#endif
