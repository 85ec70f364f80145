/* SPDX-License-Identifier: GPL-2.0-only */
/* C's header for code that is compiled against a kernel's, as the next two. */
#include <linux/types.h>
#ifndef UINT32_MAX
#define UINT32_MAX 0xffffffffU
#endif
