/* SPDX-License-Identifier: GPL-2.0-only */
/* Without a clock there is no rate limit. */
#include_next <linux/ratelimit.h>
#ifndef PYFUZZ_KERNEL_RATELIMIT_H
#define PYFUZZ_KERNEL_RATELIMIT_H

#undef __ratelimit
#define __ratelimit(state) ((void)(state), 1)

#endif
