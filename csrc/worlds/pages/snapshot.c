/* SPDX-License-Identifier: GPL-2.0-only */
/* Saves and restores the world of a state while all its moves are tried. */
#include <string.h>
#include "harness/log.h"
#include "canonical.h"
#include "data.h"

static struct {
	struct vm vms[PAGES_VMS];
	uint64_t entries[PAGES_VMS][GUEST_WORDS];
	uint64_t unheard_at[PAGES_VMS][GUEST_WORDS];
	uint8_t sizes[PAGES_VMS][HOST_REGIONS];
	uint8_t times[PAGES_VMS][PYFUZZ_FRAMES];
	uint8_t lines[LOG_SITES];
	uint64_t spoken;
	unsigned int bugged_total;
} saved;

void snapshot_save(void)
{
	memcpy(saved.vms, world.vms, sizeof(saved.vms));
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++) {
		uint8_t *sizes, *times;

		if (!world.vms[vm].alive)
			continue;
		for (unsigned int i = 0; i < GUEST_WORDS; i++) {
			struct guest_word word = guest_word(vm, i);

			saved.entries[vm][i] = *word.entry;
			saved.unheard_at[vm][i] = *word.unheard_at;
		}
		host_state(vm, &sizes, &times);
		memcpy(saved.sizes[vm], sizes, HOST_REGIONS);
		memcpy(saved.times[vm], times, PYFUZZ_FRAMES);
	}
	data_save();
	memset(saved.lines, 0, sizeof(saved.lines));
	log_lines(saved.lines);
	saved.spoken = once_spoken();
	saved.bugged_total = world.bugged_total;
	memory_save();
	synced_save();
}

void snapshot_restore(void)
{
	memcpy(world.vms, saved.vms, sizeof(saved.vms));
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++) {
		uint8_t *sizes, *times;

		if (!world.vms[vm].alive)
			continue;
		for (unsigned int i = 0; i < GUEST_WORDS; i++) {
			struct guest_word word = guest_word(vm, i);

			*word.entry = saved.entries[vm][i];
			*word.unheard_at = saved.unheard_at[vm][i];
		}
		host_state(vm, &sizes, &times);
		memcpy(sizes, saved.sizes[vm], HOST_REGIONS);
		memcpy(times, saved.times[vm], PYFUZZ_FRAMES);
	}
	data_restore();
	memory_restore();
	synced_restore();
	log_set(saved.lines);
	once_set(saved.spoken);
	world.bugged_total = saved.bugged_total;
	world.running_vm = world.running_vcpu = -1;
	sequence.host_dead = sequence.late = sequence.ending = false;
}
