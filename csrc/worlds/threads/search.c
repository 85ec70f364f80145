/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every schedule with a limited number of preemptions (Musuvathi, Qadeer:
 * iterative context bounding, 2007), depth first.
 *
 * Two things are pruned, neither of which can hide anything:
 *  - a switch before an access to a word that no other fiber uses, or that
 *    no fiber writes: the switch before the next access to another word has the
 * same effect.  Which words are shared is learnt; when another one turns out
 * to be shared, the search starts again;
 *  - what follows a state that was seen before with as many switches left.
 * States are equal if the same accesses were made, dependent ones (to one
 * word, one of them a write) in the same order: then memory, stacks and
 * clocks are equal, too.  They are compared by a 64-bit hash.
 */
#include <stdlib.h>
#include <string.h>
#include "core.h"

/* A choice in the current schedule. */
struct node {
	uint32_t at;
	uint8_t fiber; /* NOBODY: which one begins */
	uint8_t options[PYFUZZ_FIBERS];
	uint8_t options_len, taken;
};

#define DEPTH 4096
static struct {
	struct node nodes[DEPTH];
	unsigned int nodes_len, depth;
	uint32_t bound, delays;
	bool prune;
	bool cut; /* the end of this schedule was seen */
	bool too_deep;
} search;

/* A set of 64-bit hashes with a byte each, which is cheap to empty. */
struct table {
	struct slot {
		uint64_t key;
		uint32_t age;
		uint8_t left;
	} *slots;
	uint64_t size, used;
	uint32_t age;
};
static struct table visited, outcomes;

static void table_clear(struct table *t)
{
	t->age++;
	t->used = 0;
}

static struct slot *table_slot(struct table *t, uint64_t key)
{
	uint64_t i = key & (t->size - 1);

	while (t->slots[i].age == t->age && t->slots[i].key != key)
		i = (i + 1) & (t->size - 1);
	return &t->slots[i];
}

static void table_grow(struct table *t)
{
	struct table old = *t;

	t->size = old.size ? old.size * 2 : 1 << 12;
	t->slots = calloc(t->size, sizeof(*t->slots));
	if (!t->slots)
		abort();
	if (!t->age)
		t->age = 1;
	for (uint64_t i = 0; i < old.size; i++)
		if (old.slots[i].age == t->age)
			*table_slot(t, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

/* Whether key was there with left or more; add it. */
static bool table_seen(struct table *t, uint64_t key, uint8_t left)
{
	struct slot *slot;

	if (t->used * 2 >= t->size)
		table_grow(t);
	slot = table_slot(t, key);
	if (slot->age == t->age) {
		if (slot->left >= left)
			return true;
		slot->left = left;
		return false;
	}
	*slot = (struct slot){ .key = key, .age = t->age, .left = left };
	t->used++;
	return false;
}

static unsigned int choose(uint8_t fiber, uint32_t at, const uint8_t *options,
			   unsigned int len)
{
	struct node *node;

	if (search.depth < search.nodes_len) {
		node = &search.nodes[search.depth++];
		if (node->fiber != fiber || node->at != at)
			threads.result->errors = 1;
		return node->options[node->taken];
	}
	if (search.prune &&
	    table_seen(&visited,
		       mix(threads.trace_hash ^
			   mix((uint64_t)threads.delayed << 8 | (fiber + 1U)) ^
			   (search.delays ? stores_hash() : 0)),
		       (uint8_t)(search.bound - threads.away))) {
		search.cut = true;
		threads.stop = true;
		/* The first choice is made before any fiber runs and is never pruned. */
		fiber_leave();
	}
	if (search.nodes_len == DEPTH) {
		search.too_deep = true;
		return options[0];
	}
	node = &search.nodes[search.nodes_len++];
	search.depth++;
	node->fiber = fiber;
	node->at = at;
	node->options_len = (uint8_t)len;
	node->taken = 0;
	memcpy(node->options, options, len);
	return options[0];
}

static void decide_search(struct fiber *f, struct cell *cell, bool enabled)
{
	uint8_t options[PYFUZZ_FIBERS];
	unsigned int len = 0, self = fiber_number(f), next;

	if (enabled) {
		if (threads.away == search.bound ||
		    (search.prune &&
		     !(cell->shared &&
		       cell->scenario == threads.scenario_number)))
			return;
		options[len++] = (uint8_t)self;
	}
	for (unsigned int i = 0; i < threads.fibers_len; i++)
		if (i != self && !threads.fibers[i].ended &&
		    is_enabled(&threads.fibers[i]))
			options[len++] = (uint8_t)i;
	if (!len)
		schedule_deadlock(f);
	if (len == 1 && enabled)
		return;
	next = len == 1 ? options[0] :
			  choose(enabled ? (uint8_t)self : NOBODY - 1,
				 f->accesses, options, len);
	if (next != self)
		go_on(f, &threads.fibers[next], !enabled);
}

static bool is_shared(const struct cell *cell)
{
	return cell->shared && cell->scenario == threads.scenario_number;
}

/* Choices other than of a fiber that runs: codes beside the fiber's number. */
#define CHOOSE_DELAY 0x40
#define CHOOSE_FLUSH 0x80

static unsigned int delay_search(const struct fiber *f, const struct cell *cell)
{
	static const uint8_t options[] = { false, true };

	if (threads.delayed >= search.delays ||
	    (search.prune && !is_shared(cell)))
		return 0;
	return choose((uint8_t)(CHOOSE_DELAY | fiber_number(f)), f->accesses,
		      options, 2) ?
		       WAIT_OPEN :
		       0;
}

/* Waiting matters only where a word is accessed that others use. */
static bool flush_search(const struct fiber *f, const struct cell *cell)
{
	static const uint8_t options[] = { false, true };

	if (search.prune && (!cell || !is_shared(cell)))
		return false;
	return choose((uint8_t)(CHOOSE_FLUSH | fiber_number(f)), f->accesses,
		      options, 2);
}

static unsigned int first_search(void)
{
	uint8_t options[PYFUZZ_FIBERS];

	if (threads.fibers_len == 1)
		return 0;
	for (unsigned int i = 0; i < threads.fibers_len; i++)
		options[i] = (uint8_t)i;
	return choose(NOBODY, 0, options, threads.fibers_len);
}

/* Advance to the next schedule; false if there is none. */
static bool advance(void)
{
	while (search.nodes_len) {
		struct node *node = &search.nodes[search.nodes_len - 1];

		if (++node->taken < node->options_len)
			return true;
		search.nodes_len--;
	}
	return false;
}

static void forget(void)
{
	search.nodes_len = 0;
	table_clear(&visited);
	table_clear(&outcomes);
	threads.result->outcomes = threads.result->outcomes_hash = 0;
}

static void bounded(uint64_t limit)
{
	struct pyfuzz_threads_result *r = threads.result;

	forget();
	do {
		search.depth = 0;
		search.cut = false;
		run_once();
		while (threads.grown) {
			threads.grown = false;
			r->schedules++;
			forget();
			search.depth = 0;
			search.cut = false;
			run_once();
		}
		if (search.cut) {
			r->pruned++;
		} else {
			r->schedules++;
			if (!table_seen(&outcomes, mix(threads.trace_hash), 1)) {
				r->outcomes++;
				r->outcomes_hash += mix(threads.trace_hash);
			}
		}
		if (limit && r->schedules + r->pruned >= limit)
			return;
	} while (advance());
	r->complete = !search.too_deep;
}

void search_run(uint32_t bound, uint32_t delays, bool prune, uint64_t limit)
{
	struct pyfuzz_threads_result *result = threads.result;

	decide = decide_search;
	decide_first = first_search;
	decide_delay = delay_search;
	decide_flush = flush_search;
	search.delays = delays;
	search.prune = prune;
	search.too_deep = false;
	/* Fewest switches first, so that findings have as few as possible. */
	for (search.bound = 0; search.bound <= bound; search.bound++) {
		uint64_t before = result->schedules + result->pruned;

		result->complete = 0;
		bounded(limit);
		if (search.bound <= PYFUZZ_MAX_BOUND)
			result->at_bound[search.bound] =
				result->schedules + result->pruned - before;
		if (!result->complete)
			break;
	}
}

/* Run each schedule with a finding again, traced; a difference is our error. */
void search_confirm(void)
{
	struct pyfuzz_threads_result *r = threads.result;

	for (uint32_t i = 0; i < r->findings_len; i++) {
		struct pyfuzz_threads_finding was = r->findings[i];

		r->findings[i].count = 0;
		threads.tracing = true;
		run_given(&was.schedule);
		threads.tracing = false;
		if (!r->findings[i].count || r->findings[i].hash != was.hash)
			r->errors = 1;
		r->findings[i].count = was.count;
		r->findings[i].first_schedule = was.first_schedule;
	}
}

void pyfuzz_threads_search(const struct pyfuzz_scenario *scenario,
			   uint32_t bound, uint32_t delays, uint32_t prune,
			   uint64_t limit, struct pyfuzz_threads_result *result)
{
	memset(result, 0, sizeof(*result));
	threads.result = result;
	if (!world_build(scenario))
		return;
	search_run(bound, delays, prune, limit);
	result->hash = threads.hash;
	search_confirm();
}

void pyfuzz_threads_run(const struct pyfuzz_scenario *scenario,
			const struct pyfuzz_schedule *schedule,
			struct pyfuzz_threads_result *result)
{
	uint64_t hash;

	memset(result, 0, sizeof(*result));
	threads.result = result;
	if (!world_build(scenario))
		return;
	run_given(schedule);
	hash = threads.hash;
	threads.tracing = true;
	run_given(schedule);
	threads.tracing = false;
	result->schedules = 1;
	result->hash = hash;
	result->errors = hash != threads.hash;
}
