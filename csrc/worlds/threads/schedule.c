/* SPDX-License-Identifier: GPL-2.0-only */
/* One schedule: which fiber runs, where there is a choice. */
#include <stdio.h>
#include <string.h>
#include "core.h"

static const char *waiting_for(const struct fiber *f)
{
	static char text[64];
	char word[24];

	switch (f->wait) {
	case WAIT_WRITE:
		return "mmu_lock, to write";
	case WAIT_READ:
		return "mmu_lock, to read";
	default:
		word_text(cell_address(f->waits_for), word, sizeof(word));
		snprintf(text, sizeof(text), "a change of %s", word);
		return text;
	}
}

/* No fiber can run: report the first one that waits. */
void schedule_deadlock(struct fiber *f)
{
	char message[160];
	int n = 0;

	for (unsigned int i = 0; i < threads.fibers_len; i++) {
		const struct fiber *g = &threads.fibers[i];

		if (!g->ended && f->ended)
			f = &threads.fibers[i];
		if (!g->ended && n < (int)sizeof(message))
			n += snprintf(message + n, sizeof(message) - (size_t)n,
				      "%sfiber %u waits for %s", n ? ", " : "",
				      i, waiting_for(g));
	}
	found(PYFUZZ_HANG, f->place, 0, "nobody can go on: %s", message);
}

unsigned int lowest_enabled(void)
{
	for (unsigned int i = 0; i < threads.fibers_len; i++)
		if (!threads.fibers[i].ended && is_enabled(&threads.fibers[i]))
			return i;
	return NOBODY;
}

/* Switch from f, before its next access, to another fiber. */
void go_on(struct fiber *f, struct fiber *to, bool forced)
{
	struct pyfuzz_schedule *taken = &threads.taken;

	if ((!forced || fiber_number(to) != lowest_enabled()) &&
	    taken->len < PYFUZZ_MAX_SWITCHES)
		taken->switches[taken->len++] = (struct pyfuzz_switch){
			.at = f->accesses,
			.fiber = (uint16_t)fiber_number(f),
			.next = (uint16_t)fiber_number(to),
		};
	if (!forced)
		threads.away++;
	stores_hide(f);
	if (threads.tracing)
		trace_switch(f, to, forced);
	stores_show(to);
	if (to != f)
		fiber_switch(f, to);
}

/* This fiber has ended: the others may continue. */
static void finish(struct fiber *f)
{
	unsigned int left = 0;

	stores_flush(f);
	trace(PYFUZZ_E_END, 0, 0, 0, 0);
	f->ended = true;
	f->accesses++;
	for (unsigned int i = 0; i < threads.fibers_len; i++)
		left += !threads.fibers[i].ended;
	if (!left)
		fiber_leave();
	decide(f, NULL, false);
	__builtin_unreachable();
}

static void fiber_end(void)
{
	finish(threads.current);
}

/* Restore the world; every fiber is before its first access. */
static void begin(void)
{
	image_restore();
	pool_restore();
	threads.run++;
	threads.accesses = 0;
	threads.hash = 0xcbf29ce484222325ULL;
	threads.trace_hash = 0;
	threads.away = 0;
	threads.delayed = 0;
	threads.taken.len = threads.taken.delays_len = 0;
	threads.locks_len = 0;
	threads.stop = false;
	threads.bit_owner = NOBODY;
	threads.after = fiber_end;
	threads.at_begin();
	for (unsigned int i = 0; i < threads.fibers_len; i++) {
		struct fiber *f = &threads.fibers[i];

		f->ended = false;
		f->wait = WAIT_NOT;
		f->accesses = 0;
		f->preempt = 0;
		f->now = f->fenced = f->unfenced = (clocks){ 0 };
		f->now[X86 + i] = f->now[LKMM + i] = 1;
		f->read = NULL;
		f->relaxed = 0;
		f->stores_len = 0;
		f->flushes = 0;
		f->flushing = false;
		f->operation = 0;
		f->place = 0;
		f->hardware = false;
		fiber_start(f);
	}
	if (threads.tracing)
		trace_begin();
}

void run_once(void)
{
	unsigned int first;

	begin();
	first = decide_first();
	if (first) {
		threads.taken.switches[threads.taken.len++] =
			(struct pyfuzz_switch){ .next = (uint16_t)first };
	}
	if (threads.tracing)
		trace_switch(&threads.fibers[0], &threads.fibers[first], true);
	fiber_enter(&threads.fibers[first]);
	if (!threads.stop)
		threads.at_end();
	threads.result->accesses += threads.accesses;
	if (threads.accesses > threads.result->longest)
		threads.result->longest = threads.accesses;
}
