/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages world, as csrc/compare sees it. */
#ifndef PYFUZZ_PAGES_OBSERVE_H
#define PYFUZZ_PAGES_OBSERVE_H

#include "compare/side.h"

extern const struct pyfuzz_compared pages_compared;

#endif
