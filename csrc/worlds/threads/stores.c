/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in the store buffers (buffer.c).  While a fiber runs, memory is as this
 * fiber sees it; when another goes on, what has not reached memory yet is taken
 * out again.
 */
#include <string.h>
#include "core.h"

/* What was decided about a store, as the schedule has it. */
void note_delay(struct pyfuzz_schedule *schedule, const struct fiber *f,
		const struct pending *store, uint32_t by)
{
	if (!store->open && store->due == store->at)
		return; /* it waited for those before it */
	schedule->delays[schedule->delays_len++] = (struct pyfuzz_delay){
		.at = store->at,
		.fiber = (uint16_t)fiber_number(f),
		.by = (uint16_t)(by ? by : 1),
	};
}

/* The newest store to a word that has not reached memory, or NULL. */
const struct pending *store_of(const struct fiber *f, const struct cell *cell)
{
	for (unsigned int i = f->stores_len; i--;)
		if (f->stores[i].cell == cell)
			return &f->stores[i];
	return NULL;
}

/* What the buffers hold, to tell states apart. */
uint64_t stores_hash(void)
{
	uint64_t hash = 0;

	for (unsigned int i = 0; i < threads.fibers_len; i++) {
		const struct fiber *f = &threads.fibers[i];

		for (unsigned int k = 0; k < f->stores_len; k++) {
			const struct pending *store = &f->stores[k];
			bool decided = store->open || store->due > store->at;

			hash += mix((uint64_t)store->position << 16 | k << 4 |
				    i << 2 | decided << 1 | f->flushing);
		}
	}
	return hash;
}

/* Add the stores that have not reached memory: so far they have waited. */
void stores_note(struct pyfuzz_schedule *schedule)
{
	for (unsigned int i = 0; i < threads.fibers_len; i++) {
		const struct fiber *f = &threads.fibers[i];

		for (unsigned int k = 0; k < f->stores_len; k++)
			note_delay(schedule, f, &f->stores[k],
				   f->accesses - f->stores[k].at);
	}
}

/* Call it before the store is made: memory is still as it was. */
void store_keep(struct fiber *f, const struct pending *store)
{
	struct pending *kept = &f->stores[f->stores_len++];

	*kept = *store;
	kept->below = 0;
	memcpy(&kept->below, (const void *)kept->address, kept->size);
}

/* Another fiber goes on: it must not see the stores. */
void stores_hide(struct fiber *f)
{
	for (unsigned int i = f->stores_len; i--;) {
		struct pending *store = &f->stores[i];

		memcpy(&store->value, (const void *)store->address, store->size);
		memcpy((void *)store->address, &store->below, store->size);
	}
}

/* This fiber goes on: it sees its stores. */
void stores_show(struct fiber *f)
{
	for (unsigned int i = 0; i < f->stores_len; i++) {
		struct pending *store = &f->stores[i];

		memcpy(&store->below, (const void *)store->address, store->size);
		memcpy((void *)store->address, &store->value, store->size);
	}
}
