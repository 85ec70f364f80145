/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Breadth first, a slice at a time.  States are queued in their canonical form;
 * to expand one, the world is built from that once and restored after each move.
 * (Replaying the path instead would cost as many steps as the state is deep, for
 * each move.)
 */
#include <stdlib.h>
#include <string.h>
#include "harness/guard.h"
#include "queue.h"
#include "search.h"
#include "seen.h"

#define ALL_AUDITED 20

static bool begun;
static uint32_t deepest; /* the first state that is deeper than search.depth */

/* The current state: known, new (and queued), or out of the scope. */
static uint32_t note(uint32_t parent, uint32_t move, bool *is_new)
{
	static uint8_t bytes[SPACE_STATE];
	uint32_t size = space->encode(bytes, false), state;

	*is_new = false;
	if (!size) {
		search.end = PYFUZZ_END_CANNOT_HOLD;
		return SEEN_NONE;
	}
	if (!space->within()) {
		search.beyond++;
		return SEEN_NONE;
	}
	state = seen_add(hash_of(bytes, size), parent, move, is_new);
	if (state == SEEN_NONE || (*is_new && !queue_put(bytes, size)))
		search.end = PYFUZZ_END_MEMORY;
	return state;
}

int pyfuzz_exhaust_can(void)
{
	if (product_space() && !pyfuzz_space.names)
		return 0;
	return !pyfuzz_space.can || pyfuzz_space.can();
}

int pyfuzz_exhaust_begin(const struct pyfuzz_scope *scope)
{
	bool is_new;

	pyfuzz_exhaust_end();
	memset(&search, 0, sizeof(search));
	search_scope = *scope;
	if (!seen_begin())
		return 1;
	queue_begin();
	found_begin();
	guard_install();
	guard_forget();
	space = product_space() ? product_space() : &pyfuzz_space;
	space->begin(scope);
	sequence.precise = true;
	sequence.keep_log = false;
	start();
	note(0, 0, &is_new);
	deepest = 0;
	begun = true;
	return 0;
}

void pyfuzz_exhaust_end(void)
{
	seen_end();
	queue_begin();
	begun = false;
}

/* All of the first ones, since the scopes of tests are small. */
static bool sampled(uint64_t number)
{
	return search_scope.audit_every &&
	       (number < ALL_AUDITED ||
		hash_fold(number + 0x9e3779b97f4a7c15ULL, 0xd1b54a32d192ed03ULL) %
				search_scope.audit_every ==
			0);
}

static void expand(uint32_t state, const uint8_t *bytes, uint32_t size)
{
	static struct plan plan;
	uint32_t again = SEEN_NONE, again_move = 0;
	bool asked = true;

	space->decode(bytes, size, 0);
	plan_make(&plan);
	space->save();
	for (uint32_t i = 0; i < plan.n && !search.end; i++) {
		bool is_new;
		uint32_t next;

		if (plan.context[i] && !asked)
			continue;
		if (i)
			space->restore();
		if (!run_move(&plan, i, NULL) || found_ends()) {
			search.ended++;
		} else {
			next = note(state, i, &is_new);
			if (next != SEEN_NONE && !is_new &&
			    sampled(search.transitions)) {
				again = next;
				again_move = i;
			}
		}
		if (!plan.context[i])
			asked = run_asked;
		search.transitions++;
		if (sequence.result.findings_len)
			found_look(state, i);
	}
	search.expanded++;
	if (found_hung() || search.end || !sampled(state))
		return;
	audit_state(state, bytes, size);
	if (again != SEEN_NONE && !search.end)
		audit_way(again, state, again_move);
}

static void search_end(enum pyfuzz_end end)
{
	if (!search.end)
		search.end = end;
}

const struct pyfuzz_exhaust *pyfuzz_exhaust_run(uint64_t transitions)
{
	static uint8_t bytes[SPACE_STATE];
	uint64_t until = search.transitions + transitions;

	if (!begun)
		return NULL;
	while (!search.end && search.transitions < until) {
		uint32_t size, state = (uint32_t)search.expanded;
		const uint8_t *next;

		if (state == deepest) {
			/* A depth is done: the states known by now are the next one. */
			if (state)
				search.depth++;
			if (search_scope.depth &&
			    search.depth == search_scope.depth)
				search_end(PYFUZZ_END_DEPTH);
			deepest = seen_len();
		}
		next = queue_take(&size);
		if (!next) {
			search_end(PYFUZZ_END_FIXPOINT);
			break;
		}
		if (search.end)
			break;
		memcpy(bytes, next, size);
		expand(state, bytes, size);
		if (search_scope.memory &&
		    seen_bytes() + queue_bytes() > search_scope.memory)
			search_end(PYFUZZ_END_MEMORY);
	}
	search.states = seen_len();
	search.queue_bytes = queue_bytes();
	search.bytes = seen_bytes() + queue_bytes();
	return &search;
}
