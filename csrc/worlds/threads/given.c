/* SPDX-License-Identifier: GPL-2.0-only */
/* A given schedule: at its switches another fiber runs, otherwise the same one. */
#include "core.h"

/* Switches by fiber and access: the next fiber, plus 1. */
#define ACCESSES (PYFUZZ_MAX_ACCESSES + 64)
static uint8_t next_at[PYFUZZ_FIBERS][ACCESSES];
/* By how much stores are delayed, likewise. */
static uint8_t delay_at[PYFUZZ_FIBERS][ACCESSES];
static struct pyfuzz_schedule given;

static void take(const struct pyfuzz_schedule *schedule)
{
	for (uint32_t i = 0; i < given.len; i++)
		next_at[given.switches[i].fiber][given.switches[i].at] = 0;
	for (uint32_t i = 0; i < given.delays_len; i++)
		delay_at[given.delays[i].fiber][given.delays[i].at] = 0;
	given.len = given.delays_len = 0;
	for (uint32_t i = 0; i < schedule->delays_len; i++) {
		const struct pyfuzz_delay *d = &schedule->delays[i];

		if (d->fiber >= PYFUZZ_FIBERS || d->at >= ACCESSES)
			continue;
		given.delays[given.delays_len++] = *d;
		delay_at[d->fiber][d->at] =
			(uint8_t)(d->by < WAIT_MOST ? d->by : WAIT_MOST);
	}
	for (uint32_t i = 0; i < schedule->len; i++) {
		const struct pyfuzz_switch *s = &schedule->switches[i];

		if (s->fiber >= PYFUZZ_FIBERS || s->at >= ACCESSES)
			continue;
		given.switches[given.len++] = *s;
		next_at[s->fiber][s->at] = (uint8_t)(s->next + 1);
	}
}

/* The fiber that a switch names; NOBODY if there is none, or if it cannot run. */
static unsigned int given_next(unsigned int fiber, uint32_t at)
{
	unsigned int next = at < ACCESSES ? next_at[fiber][at] : 0;

	if (!next || --next >= threads.fibers_len ||
	    threads.fibers[next].ended || !is_enabled(&threads.fibers[next]))
		return NOBODY;
	return next;
}

static void decide_given(struct fiber *f, struct cell *cell, bool enabled)
{
	unsigned int self = fiber_number(f);
	unsigned int next = given_next(self, f->accesses);

	(void)cell;
	if (enabled) {
		if (next != NOBODY && next != self)
			go_on(f, &threads.fibers[next], false);
		return;
	}
	if (next == NOBODY)
		next = lowest_enabled();
	if (next == NOBODY)
		schedule_deadlock(f);
	go_on(f, &threads.fibers[next], true);
}

static unsigned int first_given(void)
{
	unsigned int next = given_next(0, 0);

	return next == NOBODY ? 0 : next;
}

static unsigned int delay_given(const struct fiber *f, const struct cell *cell)
{
	(void)cell;
	return f->accesses < ACCESSES ? delay_at[fiber_number(f)][f->accesses] :
					0;
}

void run_given(const struct pyfuzz_schedule *schedule)
{
	void (*before)(struct fiber *, struct cell *, bool) = decide;
	unsigned int (*before_first)(void) = decide_first;
	unsigned int (*before_delay)(const struct fiber *,
				     const struct cell *) = decide_delay;

	take(schedule);
	decide = decide_given;
	decide_first = first_given;
	decide_delay = delay_given;
	run_once();
	decide = before;
	decide_first = before_first;
	decide_delay = before_delay;
}
