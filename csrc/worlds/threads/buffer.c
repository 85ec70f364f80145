/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Store buffers, as x86 has them (Sewell and others: x86-TSO, 2010): a fiber's
 * stores reach memory in their order, but later than its own accesses that
 * follow; it sees them at once.
 *
 * That a store reaches memory is a step of its fiber, before which others may
 * run.  So any order that store buffers allow is one of these steps and of the
 * accesses.
 */
#include <string.h>
#include "core.h"

unsigned int delay_none(const struct fiber *f, const struct cell *cell)
{
	(void)f;
	(void)cell;
	return 0;
}

/* The oldest store reaches memory. */
static void flush_one(struct fiber *f)
{
	struct pending *store = &f->stores[0];

	f->flushing = true;
	f->accesses++;
	f->flushes++;
	f->place = store->place;
	if (++threads.accesses > PYFUZZ_MAX_ACCESSES)
		found(PYFUZZ_HANG, store->place, 0,
		      "no progress within %u accesses", PYFUZZ_MAX_ACCESSES);
	decide(f, store->cell, true);
	note_delay(&threads.taken, f, store, f->accesses - store->at - 1);
	trace(PYFUZZ_E_FLUSH, store->address, store->size, 0, store->place);
	rules_flush(store);
	touch_flushed(store);
	f->flushing = false;
	f->stores_len--;
	memmove(store, store + 1, f->stores_len * sizeof(*store));
}

void stores_flush(struct fiber *f)
{
	while (f->stores_len)
		flush_one(f);
}

/* Before an access: what was to wait no longer. */
void stores_due(struct fiber *f, const struct cell *next)
{
	while (f->stores_len) {
		const struct pending *store = &f->stores[0];

		if (f->stores_len == STORES) {
			/* As in a processor: no room for another one. */
		} else if (store->open) {
			if (f->accesses - store->at < WAIT_MOST &&
			    (f->accesses == store->at || !decide_flush(f, next)))
				return;
		} else if (f->accesses < store->due) {
			return;
		}
		flush_one(f);
	}
}

/* Whether a store of this access waits; then fill in how long. */
bool store_waits(struct fiber *f, struct cell *cell, struct pending *store)
{
	unsigned int by = threads.delayed == PYFUZZ_MAX_DELAYS ?
				  0 :
				  decide_delay(f, cell);

	if (!by && !f->stores_len)
		return false;
	threads.delayed += by > 0;
	store->open = by == WAIT_OPEN;
	store->at = f->accesses;
	store->position = position(f);
	store->due = f->accesses + (store->open ? 0 : by);
	store->cell = cell;
	return true;
}
