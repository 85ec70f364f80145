/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host: memslots as user space sets them up, and the host's own page tables
 * behind them.  Host user memory is numbered by frame; all but one of the slots
 * of address space 1 map the same memory as their counterpart.
 */
#include <string.h>
#include "world.h"

static const struct {
	uint64_t base_gfn, npages, hva_frame, other_base;
} usual[PAGES_SPACES][PAGES_SLOTS] = {
	{
		{ 0x0, 0x40, 0x0, 0x40 }, /* tables; too small for a huge page */
		{ 0x200, 0x400, 0x200, 0x200 }, /* two huge pages */
		{ 0x700, 0x200, 0x700,
		  0x740 }, /* the end of one, the start of one */
		{ 0xa00, 0x200, 0xa00, 0xc00 }, /* can be deleted, created, moved */
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

static unsigned int region_of(uint64_t hva_frame)
{
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
		for (unsigned int n = 0; n < PAGES_SLOTS; n++)
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

static unsigned int frame_number(uint64_t hva_frame)
{
	for (unsigned int i = 0; i < PYFUZZ_FRAMES; i++)
		if (frame_gfn(i) == hva_frame)
			return i;
	return PYFUZZ_FRAMES;
}

/* The frames of a 2M region are contiguous until the host moves one. */
uint64_t pages_host_pfn(unsigned int vm, uint64_t hva_frame, bool *writable)
{
	unsigned int n = frame_number(hva_frame);
	unsigned int times = n < PYFUZZ_FRAMES ? moved[vm][n] : 0;

	*writable = true;
	return 0x100000 + ((uint64_t)vm << 18) + hva_frame +
	       ((uint64_t)(times & 3) << 16);
}

unsigned int pages_host_level(unsigned int vm, uint64_t hva_frame)
{
	return huge[vm][region_of(hva_frame)] ? 2 : 1;
}

/* Replace the frame, after which there can be no huge page. */
uint64_t host_move(unsigned int vm, uint64_t hva_frame)
{
	unsigned int n = frame_number(hva_frame);
	bool writable;

	huge[vm][region_of(hva_frame)] = 0;
	if (n < PYFUZZ_FRAMES)
		moved[vm][n]++;
	return pages_host_pfn(vm, hva_frame, &writable);
}

void host_set_size(unsigned int vm, uint64_t hva_frame, bool large)
{
	unsigned int region = region_of(hva_frame);

	huge[vm][region] = large;
	for (unsigned int i = 0; large && i < PYFUZZ_FRAMES; i++)
		if (region_of(frame_gfn(i)) == region)
			moved[vm][i] = 0;
}
