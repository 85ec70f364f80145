/* SPDX-License-Identifier: GPL-2.0-only */
/* The one source of chance in csrc/engine. */
#include "operations.h"

static uint64_t state;

void seed_with(unsigned int seed)
{
	state = (seed + 1ULL) * 0x9e3779b97f4a7c15ULL;
}

uint32_t below(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL >> 32) * n >> 32);
}
