/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of a scope of csrc/exhaust. */
#ifndef PYFUZZ_PAGES_MOVES_H
#define PYFUZZ_PAGES_MOVES_H

#include "exhaust/space.h"
#include "world.h"

void moves_begin(const struct pyfuzz_scope *scope);
/* From a new world to the first state. */
uint32_t moves_before(void *ops);
uint32_t moves_list(struct move *out);
uint32_t moves_steps(const struct move *move, void *ops);

#endif
