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
#include "share.h"

#define ALL_AUDITED 20

static bool begun;
static uint32_t deepest; /* the first state that is deeper than search.depth */

/* The current state: known, new (and queued), or out of the scope. */
static void note(uint32_t parent, uint32_t move, bool wholly)
{
	uint32_t state = 0, stands_for;
	struct hash hash;
	bool is_new;

	if (wholly && space->sure && state_hash(&hash) && !space->sure(&hash)) {
		audit_unsure(parent, move);
		return;
	}
	if (!state_hash(&hash)) {
		search.end = PYFUZZ_END_CANNOT_HOLD;
		return;
	}
	if (!space->within()) {
		search.beyond++;
		return;
	}
	stands_for = space->stands_for ? space->stands_for() : 1;
	if (share_is_split()) {
		is_new = seen_find(hash) == SEEN_NONE && !share_has(hash);
	} else {
		state = seen_add(hash, parent, move, &is_new);
		if (state == SEEN_NONE)
			search.end = PYFUZZ_END_MEMORY;
	}
	if (!is_new || search.end)
		return;
	if (!share_is_split())
		search.apart += stands_for;
	if (!state_size)
		state_size = space->encode(state_bytes, false);
	if (!(share_is_split() ? share_put(hash, parent, move, stands_for,
					   state_bytes, state_size) :
				 queue_put(state, state_bytes, state_size)))
		search.end = PYFUZZ_END_MEMORY;
}

int pyfuzz_exhaust_can(void)
{
	const struct pyfuzz_space *other = product_space() ? product_other() :
							     NULL;

	if (product_space() && (!other || (other->can && !other->can())))
		return 0;
	return !pyfuzz_space.can || pyfuzz_space.can();
}

const char *pyfuzz_exhaust_cannot(void)
{
	return pyfuzz_space.cannot ? pyfuzz_space.cannot() : NULL;
}

int pyfuzz_exhaust_begin(const struct pyfuzz_scope *scope)
{
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
	share_begin(scope->part, scope->parts);
	note(0, 0, false);
	if (share_is_split() && !search.end && !share_merge())
		search.end = PYFUZZ_END_MEMORY;
	deepest = seen_len();
	begun = true;
	return 0;
}

void pyfuzz_exhaust_end(void)
{
	seen_end();
	queue_begin();
	share_begin(0, 0);
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

/*
 * Whether all is looked at after a move, unchanged or not: the first ones, which
 * are of all kinds, and one in 64 of the others, which are for each entry.
 */
static bool looked_at(uint32_t state, uint32_t move)
{
	return move < 12 || (state + move) % 64 == 0;
}

static void expand(uint32_t state, const uint8_t *bytes, uint32_t size)
{
	static struct plan plan;
	uint32_t first, end;
	bool asked = true;

	space->decode(bytes, size, 0);
	plan_make(&plan);
	share_moves(&plan, &first, &end);
	space->save();
	for (uint32_t i = first; i < end && !search.end; i++) {
		if (plan.context[i] && !asked)
			continue;
		if (i > first)
			space->restore();
		if (!run_move(&plan, i, NULL) || found_ends()) {
			search.ended++;
		} else {
			note(state, i, looked_at(state, i));
		}
		if (!plan.context[i])
			asked = run_asked;
		search.transitions++;
		if (sequence.result.findings_len)
			found_look(state, i);
	}
	if (!share_owns(state))
		return;
	search.expanded++;
	if (!found_hung() && !search.end && sampled(state))
		audit_state(state, deepest, bytes, size);
}

static void search_end(enum pyfuzz_end end)
{
	if (!search.end)
		search.end = end;
}

/* Every state of a depth was expanded: the states known by now are the next one. */
static void deepen(void)
{
	search.depth++;
	if (search_scope.depth && search.depth == search_scope.depth)
		search_end(PYFUZZ_END_DEPTH);
	else if (seen_len() == deepest)
		search_end(PYFUZZ_END_FIXPOINT);
	deepest = seen_len();
}

static const struct pyfuzz_exhaust *measure(void)
{
	search.states = seen_len();
	search.queue_bytes = queue_bytes();
	search.bytes = seen_bytes() + queue_bytes() + share_bytes();
	if (search_scope.memory && search.bytes > search_scope.memory)
		search_end(PYFUZZ_END_MEMORY);
	return &search;
}

const struct pyfuzz_exhaust *pyfuzz_exhaust_run(uint64_t transitions)
{
	static uint8_t bytes[SPACE_STATE];
	uint64_t until = search.transitions + transitions;

	if (!begun)
		return NULL;
	while (!search.end && !search.waiting && search.transitions < until) {
		uint32_t size, state;
		const uint8_t *next = queue_take(&state, &size);

		if (next) {
			memcpy(bytes, next, size);
			expand(state, bytes, size);
		}
		if (share_is_split())
			search.waiting = !next;
		else if (search.expanded == deepest && !search.end)
			deepen();
		measure();
	}
	return measure();
}

const struct pyfuzz_exhaust *pyfuzz_exhaust_meet(uint32_t whole)
{
	if (!begun)
		return NULL;
	if (!share_merge())
		search_end(PYFUZZ_END_MEMORY);
	search.waiting = 0;
	if (whole)
		deepen();
	return measure();
}
