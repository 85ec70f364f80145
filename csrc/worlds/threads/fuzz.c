/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random schedules (Burckhardt and others: A randomized scheduler with
 * probabilistic guarantees of finding bugs, 2010): fibers have priorities, and
 * at a few points the running one gets the lowest.  A waiting fiber is skipped,
 * so that no fiber spins forever.
 *
 * Feedback: new pairs of places where one wrote a word and the other used it
 * next (Krace, 2020).
 */
#include <string.h>
#include "core.h"

#define MAX_CHANGES 8
#define MAX_DELAY 16

static struct {
	uint64_t random;
	uint32_t length; /* most accesses of a schedule so far */
	uint32_t changes[MAX_CHANGES];
	unsigned int changes_len;
	int priority[PYFUZZ_FIBERS];
	int lowest;
} pct;

static uint64_t chance(uint64_t below)
{
	pct.random += 0x9e3779b97f4a7c15ULL;
	return mix(pct.random) % below;
}

static unsigned int highest(void)
{
	unsigned int best = NOBODY;

	for (unsigned int i = 0; i < threads.fibers_len; i++)
		if (!threads.fibers[i].ended && is_enabled(&threads.fibers[i]) &&
		    (best == NOBODY || pct.priority[i] > pct.priority[best]))
			best = i;
	return best;
}

static void decide_pct(struct fiber *f, struct cell *cell, bool enabled)
{
	unsigned int self = fiber_number(f), next;

	(void)cell;
	for (unsigned int i = 0; enabled && i < pct.changes_len; i++)
		if (pct.changes[i] == threads.accesses)
			pct.priority[self] = --pct.lowest;
	next = highest();
	if (next == NOBODY)
		schedule_deadlock(f);
	if (next != self)
		go_on(f, &threads.fibers[next], !enabled);
}

/* One store in four waits for some accesses. */
static unsigned int delay_pct(const struct fiber *f, const struct cell *cell)
{
	(void)f;
	(void)cell;
	return chance(4) ? 0 : 1 + (unsigned int)chance(MAX_DELAY);
}

static unsigned int first_pct(void)
{
	return highest();
}

/* Draw new priorities and the points at which they change. */
static void draw(uint32_t changes)
{
	pct.lowest = 0;
	for (unsigned int i = 0; i < threads.fibers_len; i++)
		pct.priority[i] = (int)i + 1;
	for (unsigned int i = threads.fibers_len; i-- > 1;) {
		unsigned int k = (unsigned int)chance(i + 1);
		int other = pct.priority[k];

		pct.priority[k] = pct.priority[i];
		pct.priority[i] = other;
	}
	pct.changes_len = changes < MAX_CHANGES ? changes : MAX_CHANGES;
	for (unsigned int i = 0; i < pct.changes_len; i++)
		pct.changes[i] = 1 + (uint32_t)chance(pct.length);
}

/* Run some schedules, up to the first that shows something. */
void random_run(uint64_t seed, uint32_t schedules, uint32_t changes)
{
	struct pyfuzz_threads_result *result = threads.result;

	decide = decide_pct;
	decide_first = first_pct;
	decide_delay = delay_pct;
	pct.random = seed;
	pct.length = result->longest;
	while (schedules-- && !result->findings_len) {
		draw(changes);
		run_once();
		threads.grown = false;
		pct.length = result->longest;
	}
}

void pyfuzz_threads_fuzz(const struct pyfuzz_scenario *scenario, uint64_t seed,
			 uint32_t schedules, uint32_t changes,
			 struct pyfuzz_threads_result *result)
{
	memset(result, 0, sizeof(*result));
	threads.result = result;
	if (!world_build(scenario))
		return;
	decide = decide_pct;
	decide_first = first_pct;
	decide_delay = delay_pct;
	pct.random = seed;
	pct.length = 64;
	threads.pairing = true;
	while (result->schedules < schedules) {
		draw(changes);
		run_once();
		threads.grown = false;
		result->schedules++;
		pct.length = result->longest;
	}
	threads.pairing = false;
	result->hash = threads.hash;
	search_confirm();
}
