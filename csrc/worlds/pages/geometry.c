/* SPDX-License-Identifier: GPL-2.0-only */
/* Which guest frames operations can name, and how much an entry of a table maps. */
#include <stddef.h>
#include "world.h"

/* Tables: most are in the slot that is too small for a huge page. */
static const uint64_t gfns[PYFUZZ_FRAMES] = {
	0x10,
	0x11,
	0x12,
	0x13,
	0x14,
	0x15,
	0x16,
	0x17,
	0x18,
	0x19,
	0x1a,
	0x1b,
	0x200, /* a table at the very start of a huge page */
	0xa04, /* and one in the slot that can be deleted */
	/* Data from here on. */
	0x203,
	0x201,
	0x202,
	0x3ff,
	0x400,
	0x401,
	0x5ff,
	0x600, /* in no slot, but in the huge page of one */
	0x6ff,
	0x700,
	0x7ff,
	0x800,
	0x8ff,
	0x900, /* the same behind it */
	0xa00,
	0xa01,
	0xc00, /* where that slot can be moved */
	0x2,
	/* In the slot of 1G: each 2M of it looks the same to the host. */
	0x40000,
	0x40001,
	0x401ff,
	0x40200,
	0x40202,
	0x40400,
	0x40401,
	0x407ff,
};

uint64_t frame_gfn(unsigned int frame)
{
	return gfns[frame % PYFUZZ_FRAMES];
}

/* Numbers plus 1, by gfn; asked for in every step of every walk. */
static uint8_t numbers[0x1000], big_numbers[0x800];

static uint8_t *number_at(uint64_t gfn)
{
	if (gfn < sizeof(numbers))
		return &numbers[gfn];
	gfn -= gfns[PYFUZZ_SMALL_FRAMES];
	return gfn < sizeof(big_numbers) ? &big_numbers[gfn] : NULL;
}

static void __attribute__((constructor)) numbers_fill(void)
{
	for (unsigned int i = 0; i < PYFUZZ_FRAMES; i++)
		*number_at(gfns[i]) = (uint8_t)(i + 1);
}

unsigned int frame_at(uint64_t gfn)
{
	const uint8_t *number = number_at(gfn);

	return number && *number ? *number - 1U : PYFUZZ_FRAMES;
}

uint64_t pages_of(unsigned int level)
{
	return 1ULL << (level - 1) * 9;
}
