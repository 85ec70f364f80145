/* SPDX-License-Identifier: GPL-2.0-only */
/* Nothing patches the code of a process at boot, so the original code stays. */
#include_next <asm/alternative.h>
#if !defined(PYFUZZ_KERNEL_ALTERNATIVE_H) && !defined(__ASSEMBLY__)
#define PYFUZZ_KERNEL_ALTERNATIVE_H

#undef ALTERNATIVE
#define ALTERNATIVE(old, new, ...) old "\n\t"
#undef ALTERNATIVE_2
#define ALTERNATIVE_2(old, ...) old "\n\t"
#undef ALTERNATIVE_3
#define ALTERNATIVE_3(old, ...) old "\n\t"

#endif
