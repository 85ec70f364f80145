/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dirty logging as user space uses it.  KVM sets a bit in the slot's bitmap, which is in
 * the target's memory, when the guest may write to a frame.  User space reads bits, clears
 * them, and has KVM take care that the next write sets them again: by write protection
 * or, where the CPU itself logs what becomes dirty, by clearing the dirty bits of SPTEs.
 */
#include <string.h>
#include "world.h"

#define BITS 64

static unsigned long *bitmap_of(unsigned int vm, unsigned int as,
				unsigned int number)
{
	return pages_target.dirty_bitmap(vm, as, number);
}

void log_switched(struct slot *slot, bool on)
{
	slot->dirty_log = on;
	slot->logs = LOGS_NOTHING;
}

static void read_all(unsigned int vm, unsigned int as, unsigned int number)
{
	unsigned long *bitmap = bitmap_of(vm, as, number);
	uint64_t frames = world.vms[vm].slots[as][number].npages;

	if (bitmap)
		memset(bitmap, 0, (frames + BITS - 1) / BITS * sizeof(*bitmap));
}

void log_before_protect(unsigned int vm, unsigned int as, unsigned int number,
			unsigned int level)
{
	struct slot *slot = &world.vms[vm].slots[as][number];

	if (!slot->dirty_log)
		return;
	if (level == 1) {
		slot->logs = LOGS_WRITABLE;
		read_all(vm, as, number);
	} else if (level == 2 && slot->logs == LOGS_NOTHING) {
		slot->logs = LOGS_HUGE;
	}
}

void log_before_clear_dirty(unsigned int vm, unsigned int as,
			    unsigned int number)
{
	struct slot *slot = &world.vms[vm].slots[as][number];

	/* A huge page that can be written could be split into dirty small ones. */
	if (slot->logs == LOGS_NOTHING)
		return;
	slot->logs = LOGS_DIRTY;
	read_all(vm, as, number);
}

void log_read(unsigned int vm, unsigned int as, unsigned int number,
	      uint64_t gfn, uint64_t mask)
{
	const struct slot *slot = &world.vms[vm].slots[as][number];
	unsigned long *bitmap = bitmap_of(vm, as, number);

	if (slot->logs > LOGS_HUGE && bitmap)
		bitmap[(gfn - slot->base_gfn) / BITS] &= ~mask;
}

bool log_has(unsigned int vm, unsigned int as, unsigned int number, uint64_t gfn)
{
	const struct slot *slot = &world.vms[vm].slots[as][number];
	const unsigned long *bitmap = bitmap_of(vm, as, number);
	uint64_t i = gfn - slot->base_gfn;

	return bitmap && i < slot->npages && bitmap[i / BITS] >> i % BITS & 1;
}
