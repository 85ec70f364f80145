/* SPDX-License-Identifier: GPL-2.0-only */
/* The C header, for code that is compiled against a kernel's headers. */
#include <linux/types.h>
#ifndef UINT32_MAX
#define UINT32_MAX 0xffffffffU
#endif
