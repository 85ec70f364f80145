/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include "harness/guard.h"
#include "run_move.h"
#include "seen.h"

bool run_asked, run_sure;
uint8_t state_bytes[SPACE_STATE];
uint32_t state_size;
static uint64_t report[SPACE_REPORT / sizeof(uint64_t)];

void plan_make(struct plan *plan)
{
	static struct move moves[SPACE_MOVES];
	uint32_t at = 0;

	if (!plan->ops)
		plan->ops = malloc((size_t)SPACE_MOVES * SPACE_STEPS *
				   PYFUZZ_OP_SIZE);
	if (!plan->ops)
		abort();
	plan->n = space->moves(moves);
	for (uint32_t i = 0; i < plan->n; i++) {
		plan->first[i] = at;
		plan->context[i] = moves[i].context;
		at += space->steps(&moves[i], plan->ops + at * space->op_size);
	}
	plan->first[plan->n] = at;
}

void start(void)
{
	if (space->start) {
		space->start();
		return;
	}
	sequence_begin();
	pyfuzz_world.begin();
}

static void step(const struct pyfuzz_op *op)
{
	if (space->step) {
		space->step(op);
		return;
	}
	sequence_step();
	pyfuzz_world.open((struct pyfuzz_step *)report);
	pyfuzz_world.step(op, 0);
}

bool run_move(const struct plan *plan, uint32_t move, uint64_t *told)
{
	static volatile uint32_t i;

	if (sigsetjmp(guard_env, 0)) {
		run_asked |= space->asked();
		if (told)
			*told = hash_fold(*told ^ sequence.step_findings, 31);
		return false;
	}
	/* What ran in between, such as an audit's way here, may have asked, too. */
	pyfuzz_space.asked();
	run_asked = false;
	for (i = plan->first[move];
	     i < plan->first[move + 1] && !sequence.host_dead; i = i + 1) {
		step((const struct pyfuzz_op *)(plan->ops + i * space->op_size));
		if (told)
			*told = hash_fold(*told ^ space->told(),
					  0x9e3779b97f4a7c15ULL);
		run_asked |= space->asked();
	}
	return !sequence.host_dead;
}

bool state_hash(struct hash *hash)
{
	state_size = 0;
	if (space->digest)
		return space->digest(hash);
	state_size = space->encode(state_bytes, false);
	*hash = hash_of(state_bytes, state_size);
	return state_size;
}

uint32_t run_all(struct outcome *outcomes, bool wholly)
{
	static struct plan plan;
	bool asked = true;

	plan_make(&plan);
	run_sure = true;
	space->save();
	for (uint32_t i = 0; i < plan.n; i++) {
		struct outcome *o = &outcomes[i];
		struct hash hash;

		o->told = i;
		o->low = o->high = 0;
		if (!plan.context[i])
			asked = true;
		else if (!asked)
			continue;
		if (run_move(&plan, i, &o->told) && state_hash(&hash)) {
			o->low = hash.low;
			o->high = hash.high;
			run_sure &= !wholly || !space->sure ||
				    space->sure(&hash);
		}
		if (!plan.context[i])
			asked = run_asked;
		sequence.result.findings_len = 0;
		space->restore();
	}
	return plan.n;
}

static void each_before(void (*each)(const void *op))
{
	static uint64_t ops[SPACE_PREFIX * PYFUZZ_OP_SIZE / sizeof(uint64_t)];
	uint32_t n = space->prefix ? space->prefix(ops) : 0;

	for (uint32_t i = 0; i < n; i++)
		each((uint8_t *)ops + i * space->op_size);
}

bool run_way(uint32_t state, void (*each)(const void *op))
{
	static uint8_t bytes[SPACE_STATE];
	static struct plan plan;
	uint32_t len = 0, move;
	bool there = true;
	uint32_t *way;

	for (uint32_t at = state; at; at = seen_parent(at, &move))
		len++;
	way = malloc((len + 1) * sizeof(*way));
	if (!way)
		return false;
	for (uint32_t at = state, i = len; i--; way[i] = move)
		at = seen_parent(at, &move);
	start();
	if (each)
		each_before(each);
	for (uint32_t i = 0; i < len && there; i++) {
		there = space->encode(bytes, true);
		if (!there)
			break;
		plan_make(&plan);
		there = way[i] < plan.n;
		for (uint32_t k = plan.first[way[i]];
		     there && each && k < plan.first[way[i] + 1]; k++)
			each(plan.ops + k * space->op_size);
		there = there && run_move(&plan, way[i], NULL);
	}
	free(way);
	return there;
}
