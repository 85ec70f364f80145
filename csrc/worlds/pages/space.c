/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages world, as csrc/exhaust searches it. */
#include "harness/world.h"
#include "alike.h"
#include "canonical.h"
#include "data.h"
#include "moves.h"

static uint64_t report[SPACE_REPORT / sizeof(uint64_t)];
_Static_assert(sizeof(struct pyfuzz_step) <= SPACE_REPORT, "it has room");

/*
 * Before each operation, and so before its state is looked at, the caches of the one
 * vCPU that acts are full: the kernel fills them before it needs them.
 */
static void fill_caches(void)
{
	if (!world.vms[0].alive || sequence.host_dead)
		return;
	CALL("", pages_target.topup(0, 0));
	if (pages_target.settle)
		CALL("", pages_target.settle(0));
}

static void settle(void)
{
	memory_step();
	if (!sequence.host_dead)
		memory_check_freed();
	fill_caches();
}

static void step(const struct pyfuzz_op *op)
{
	sequence_step();
	pyfuzz_world.open((struct pyfuzz_step *)report);
	pyfuzz_world.step(op, 0);
	settle();
}

static void start(void)
{
	struct pyfuzz_op ops[SPACE_PREFIX];
	uint32_t n = moves_before(ops);

	sequence_begin();
	data_start();
	pyfuzz_world.begin();
	for (uint32_t i = 0; i < n; i++)
		step(&ops[i]);
}

static void begin(const struct pyfuzz_scope *scope)
{
	moves_begin(scope);
	canonical_begin(scope);
	start();
	canonical_first();
}

/* The next VM would have the usual tables, with more entries than the scope has. */
static bool within(void)
{
	return world.vms[0].alive;
}

static bool asked(void)
{
	return false;
}

static uint64_t told(void)
{
	const struct pyfuzz_step *r = world.report;

	/* The entries have another name for what is alike. */
	return (uint64_t)r->skip << 56 | (uint64_t)r->result << 48 |
	       (uint64_t)r->walked << 47 | (uint64_t)r->level << 40 |
	       sequence.step_findings;
}

const struct pyfuzz_space pyfuzz_space = {
	.can = canonical_can,
	.cannot = canonical_cannot,
	.begin = begin,
	.start = start,
	.prefix = moves_before,
	.reset = data_start,
	.step = step,
	.settle = settle,
	.encode = canonical_encode,
	.stands_for = alike_states,
	.within = within,
	.decode = canonical_decode,
	.save = snapshot_save,
	.restore = snapshot_restore,
	.moves = moves_list,
	.steps = moves_steps,
	.op_size = sizeof(struct pyfuzz_op),
	.told = told,
	.asked = asked,
};
