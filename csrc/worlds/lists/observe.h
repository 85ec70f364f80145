/* SPDX-License-Identifier: GPL-2.0-only */
/* The lists world, as csrc/compare sees it. */
#ifndef PYFUZZ_LISTS_OBSERVE_H
#define PYFUZZ_LISTS_OBSERVE_H

#include "compare/side.h"

extern const struct pyfuzz_compared lists_compared;

#endif
