/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BUG and WARN report to the harness.  A WARN "once a boot" fires once in each
 * sequence, as if each had a boot of its own.  Its word is the harness's, so it is
 * in a section of its own (sections.h); that must not have a function's name.
 */
#include_next <asm-generic/bug.h>
#ifndef PYFUZZ_KERNEL_BUG_H
#define PYFUZZ_KERNEL_BUG_H
#ifndef __ASSEMBLY__

void __attribute__((noreturn)) pyfuzz_on_bug(const char *file, unsigned int line,
					     const char *function,
					     const char *condition);
_Bool pyfuzz_once(unsigned int *state);
void pyfuzz_kernel_warn(const char *file, unsigned int line,
			const char *function, const char *condition);

#define PYFUZZ_KERNEL_WARN(condition, text)                                     \
	({                                                                      \
		int __pyfuzz_warn = !!(condition);                              \
		if (__builtin_expect(__pyfuzz_warn, 0))                         \
			pyfuzz_kernel_warn(__FILE__, __LINE__, __func__, text); \
		__builtin_expect(__pyfuzz_warn, 0);                             \
	})

#define PYFUZZ_KERNEL_WARN_ONCE(condition, text)                                \
	({                                                                      \
		static unsigned int __pyfuzz_fired                              \
			__attribute__((section("pyfuzz_warned")));              \
		int __pyfuzz_warn = !!(condition);                              \
		if (__builtin_expect(__pyfuzz_warn, 0) &&                       \
		    pyfuzz_once(&__pyfuzz_fired))                               \
			pyfuzz_kernel_warn(__FILE__, __LINE__, __func__, text); \
		__builtin_expect(__pyfuzz_warn, 0);                             \
	})

#undef BUG
#define BUG() pyfuzz_on_bug(__FILE__, __LINE__, __func__, "BUG()")
#undef BUG_ON
#define BUG_ON(condition)                                           \
	do {                                                        \
		if (__builtin_expect(!!(condition), 0))             \
			pyfuzz_on_bug(__FILE__, __LINE__, __func__, \
				      #condition);                  \
	} while (0)
#undef WARN
#define WARN(condition, ...) PYFUZZ_KERNEL_WARN(condition, #condition)
#undef WARN_ON
#define WARN_ON(condition) PYFUZZ_KERNEL_WARN(condition, #condition)
#undef WARN_ON_ONCE
#define WARN_ON_ONCE(condition) PYFUZZ_KERNEL_WARN_ONCE(condition, #condition)
#undef WARN_ONCE
#define WARN_ONCE(condition, ...) PYFUZZ_KERNEL_WARN_ONCE(condition, #condition)
#undef WARN_TAINT
#define WARN_TAINT(condition, ...) PYFUZZ_KERNEL_WARN(condition, #condition)
#undef WARN_TAINT_ONCE
#define WARN_TAINT_ONCE(condition, ...) \
	PYFUZZ_KERNEL_WARN_ONCE(condition, #condition)

#endif
#endif
