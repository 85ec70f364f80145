/* SPDX-License-Identifier: GPL-2.0-only */
#include "scope.h"

const uint8_t scope_frames[SCOPE_FRAMES] = { 14, 28, 16, 6, 27 };
#define PAIR_FIRST 0
#define PAIR_SECOND 2
const uint8_t scope_tables[SCOPE_TABLES] = { 6, 12 };

bool scope_pair(const struct pyfuzz_scope *scope, uint8_t pair[2])
{
	pair[0] = scope_frames[PAIR_FIRST];
	pair[1] = scope_frames[PAIR_SECOND];
	/* A direct page maps frames by their index, the third's among them. */
	return scope->targets > PAIR_SECOND &&
	       (scope->ptes < 3 || !(scope->groups & PYFUZZ_SCOPE_LARGE));
}

bool scope_by_age(const struct pyfuzz_scope *scope)
{
	return scope->groups & PYFUZZ_SCOPE_RECLAIM;
}
