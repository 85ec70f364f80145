/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host: memslots as user space sets them up, and the host's own page tables
 * behind them.  Host user memory is numbered by frame; all but one of the slots
 * of address space 1 map the same memory as their counterpart.
 */
#include <string.h>
#include "world.h"

#define BIG 0x40000 /* frames of 1G */

static const struct {
	uint64_t base_gfn, npages, hva_frame, other_base;
} usual[PAGES_SPACES][PAGES_SLOTS] = {
	{
		{ 0x0, 0x40, 0x0, 0x40 }, /* tables; too small for a huge page */
		{ 0x200, 0x400, 0x200, 0x200 }, /* two huge pages */
		{ 0x700, 0x200, 0x700,
		  0x740 }, /* the end of one, the start of one */
		{ 0xa00, 0x200, 0xa00, 0xc00 }, /* can be deleted, created, moved */
		/* PYFUZZ_BIG_SLOT; when it is moved, no page of 1G is left. */
		{ BIG, BIG, BIG, 2 * BIG + 0x200 },
	},
	{
		{ 0x0, 0x40, 0x0, 0x40 },
		/* Other memory, at a hole and at another base. */
		{ 0x600, 0x200, 0x1400, 0x800 },
		{ 0xa00, 0x200, 0xa00, 0xc00 },
		{ 0x200, 0x200, 0x200, 0x400 },
	},
};

/* 2M regions of host user memory: whether each is one huge page. */
#define REGIONS HOST_REGIONS
static uint8_t huge[PAGES_VMS][REGIONS];
/* How often the host has replaced the frame. */
static uint8_t moved[PAGES_VMS][PYFUZZ_FRAMES];

/*
 * The memory of the slot of 1G: whether it is one huge page and, if not, whether each
 * region of 2M is one.  Operations name the first four; the rest always are.
 */
#define BIG_REGIONS 4
#define BIG_REGION (REGIONS - BIG_REGIONS - 1)

static bool is_big(uint64_t hva_frame)
{
	return hva_frame - BIG < BIG;
}

static unsigned int region_of(uint64_t hva_frame)
{
	if (is_big(hva_frame))
		return BIG_REGION + 1 + (unsigned int)(hva_frame - BIG) / 512;
	return (unsigned int)(hva_frame >> 9) % REGIONS;
}

void slots_reset(unsigned int vm)
{
	memset(world.vms[vm].slots, 0, sizeof(world.vms[vm].slots));
	memset(huge[vm], 1, sizeof(huge[vm]));
	memset(moved[vm], 0, sizeof(moved[vm]));
}

bool slot_create(unsigned int vm, unsigned int as, unsigned int n)
{
	struct slot *slot = &world.vms[vm].slots[as][n];

	if (!usual[as][n].npages)
		return false;
	*slot = (struct slot){
		.present = true,
		.base_gfn = usual[as][n].base_gfn,
		.npages = usual[as][n].npages,
		.hva_frame = usual[as][n].hva_frame,
	};
	CALL(pages_target.names.slot_create,
	     pages_target.slot_create(vm, as, n, slot->base_gfn, slot->npages,
				      slot->hva_frame));
	return true;
}

void slots_create(unsigned int vm)
{
	for (unsigned int as = 0; as < PAGES_SPACES; as++)
		for (unsigned int n = 0; n < PYFUZZ_BIG_SLOT; n++)
			slot_create(vm, as, n);
}

uint64_t slot_other_base(unsigned int as, unsigned int n, bool other)
{
	return other ? usual[as][n].other_base : usual[as][n].base_gfn;
}

/* Whether it would overlap another slot of its address space there. */
bool slot_fits(unsigned int vm, unsigned int as, unsigned int n, uint64_t base)
{
	const struct slot *slots = world.vms[vm].slots[as];

	for (unsigned int i = 0; i < PAGES_SLOTS; i++)
		if (i != n && slots[i].present &&
		    base < slots[i].base_gfn + slots[i].npages &&
		    slots[i].base_gfn < base + slots[n].npages)
			return false;
	return true;
}

const struct slot *slot_at(unsigned int vm, unsigned int as, uint64_t gfn,
			   unsigned int *number)
{
	const struct slot *slots = world.vms[vm].slots[as];

	for (unsigned int i = 0; i < PAGES_SLOTS; i++) {
		if (!slots[i].present ||
		    gfn - slots[i].base_gfn >= slots[i].npages)
			continue;
		if (number)
			*number = i;
		return &slots[i];
	}
	return NULL;
}

uint64_t hva_of(unsigned int vm, unsigned int as, uint64_t gfn)
{
	const struct slot *slot = slot_at(vm, as, gfn, NULL);

	return slot ? slot->hva_frame + (gfn - slot->base_gfn) : NOWHERE;
}

void host_state(unsigned int vm, uint8_t **sizes, uint8_t **times)
{
	*sizes = huge[vm];
	*times = moved[vm];
}

/* The frames of a huge page are contiguous until the host moves one. */
uint64_t pages_host_pfn(unsigned int vm, uint64_t hva_frame, bool *writable)
{
	unsigned int n = frame_at(hva_frame);
	uint64_t times = n < PYFUZZ_FRAMES ? moved[vm][n] & 3 : 0;

	*writable = true;
	if (is_big(hva_frame))
		return 0x1000000 + ((uint64_t)vm << 20) + hva_frame +
		       (times << 22);
	return 0x100000 + ((uint64_t)vm << 18) + hva_frame + (times << 16);
}

unsigned int pages_host_level(unsigned int vm, uint64_t hva_frame)
{
	unsigned int region = region_of(hva_frame);

	if (is_big(hva_frame) && huge[vm][BIG_REGION])
		return 3;
	return region >= REGIONS || huge[vm][region] ? 2 : 1;
}

/* Replace the frame, after which there can be no huge page. */
uint64_t host_move(unsigned int vm, uint64_t hva_frame)
{
	unsigned int n = frame_at(hva_frame);
	bool writable;

	host_set_size(vm, hva_frame, 1);
	if (n < PYFUZZ_FRAMES)
		moved[vm][n]++;
	return pages_host_pfn(vm, hva_frame, &writable);
}

void host_set_size(unsigned int vm, uint64_t hva_frame, unsigned int level)
{
	unsigned int region = region_of(hva_frame);

	if (is_big(hva_frame))
		huge[vm][BIG_REGION] = level == 3;
	for (unsigned int i = 0; i < REGIONS; i++)
		if (i == region || (level == 3 && i > BIG_REGION))
			huge[vm][i] = level > 1;
	for (unsigned int i = 0; level > 1 && i < PYFUZZ_FRAMES; i++)
		if (huge[vm][region_of(frame_gfn(i))])
			moved[vm][i] = 0;
}
