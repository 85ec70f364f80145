/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Audits that the canonical form omits nothing that matters.  Every move must
 * return the same and lead to the same state
 *
 *	replay	in the world that the first path leads to from the start,
 * way	in the world that another path leads to (bisimulation),
 *	shuffle	in worlds with other SPTEs, descriptors, heads and VMs (equivariance)
 *
 * as in the world that was built from the form.  Otherwise the form is wrong.  And
 * what a step left unchanged must be right when it is looked at in full.
 */
#include <stdio.h>
#include <string.h>
#include "search.h"
#include "seen.h"

static struct outcome must[SPACE_MOVES], is[SPACE_MOVES];

static void fail(const char *what, uint32_t state, uint32_t move)
{
	search.failed++;
	if (!search.trouble[0])
		snprintf(search.trouble, sizeof(search.trouble),
			 "%s: state %u, move %u", what, state, move);
	search.end = PYFUZZ_END_AUDIT;
}

void audit_unsure(uint32_t state, uint32_t move)
{
	fail("a look at everything", state, move);
}

/* Compare the results of all moves in the current world with the expected ones. */
static void compare(const char *what, uint32_t state, uint32_t n,
		    const uint8_t *bytes, uint32_t size)
{
	static uint8_t here[SPACE_STATE];
	uint32_t got = space->encode(here, true);

	if (got != size || memcmp(here, bytes, size)) {
		fail(what, state, SEEN_NONE);
		return;
	}
	if (run_all(is, false) != n) {
		fail(what, state, SEEN_NONE);
		return;
	}
	search.audited_transitions += n;
	for (uint32_t i = 0; i < n; i++) {
		if (!memcmp(&must[i], &is[i], sizeof(is[i])))
			continue;
		fail(what, state, i);
		return;
	}
}

static uint64_t seed_of(uint32_t state, uint32_t turn)
{
	uint64_t seed = hash_fold(state + 0x9e3779b97f4a7c15ULL,
				  turn + 0xd1b54a32d192ed03ULL);

	return seed ? seed : 1;
}

static void audit_way(uint32_t state, uint32_t from, uint32_t move)
{
	static uint8_t bytes[SPACE_STATE];
	static struct plan plan;
	uint32_t size, n;

	search.second_ways++;
	if (!run_way(from, NULL) || !space->encode(bytes, true)) {
		fail("bisimulation", state, SEEN_NONE);
		return;
	}
	plan_make(&plan);
	if (move >= plan.n || !run_move(&plan, move, NULL)) {
		fail("bisimulation", state, SEEN_NONE);
		return;
	}
	size = space->encode(bytes, true);
	n = run_all(must, false);
	search.audited_transitions += n;
	space->decode(bytes, size, 0);
	compare("bisimulation", state, n, bytes, size);
}

/* The last move that leads to an older state by another way than its first. */
static uint32_t second_way(uint32_t from, uint32_t before, uint32_t moves,
			   uint32_t *move)
{
	for (uint32_t i = moves; i--;) {
		struct hash hash = { must[i].low, must[i].high };
		uint32_t state = seen_find(hash), first_move;

		if (state == SEEN_NONE || state >= before || !state)
			continue;
		if (seen_parent(state, &first_move) == from && first_move == i)
			continue;
		*move = i;
		return state;
	}
	return SEEN_NONE;
}

void audit_state(uint32_t state, uint32_t before, const uint8_t *bytes,
		 uint32_t size)
{
	uint32_t n, again, move;

	search.audited++;
	space->decode(bytes, size, 0);
	n = run_all(must, true);
	again = second_way(state, before, n, &move);
	if (!run_sure)
		audit_unsure(state, SEEN_NONE);
	for (uint32_t turn = 0; turn < 2; turn++) {
		space->decode(bytes, size, seed_of(state, turn));
		compare("equivariance", state, n, bytes, size);
	}
	if (!run_way(state, NULL))
		fail("replay", state, SEEN_NONE);
	else
		compare("replay", state, n, bytes, size);
	if (again != SEEN_NONE && !search.end)
		audit_way(again, state, move);
}
