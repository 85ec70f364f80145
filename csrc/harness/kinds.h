/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of finding as an enumeration: PYFUZZ_HOST_BUG and so on. */
#ifndef PYFUZZ_KINDS_H
#define PYFUZZ_KINDS_H

enum pyfuzz_kind {
#define KIND(name, word, ends, must, means) PYFUZZ_##name,
#include "kinds.def"
#undef KIND
	PYFUZZ_KINDS
};

#endif
