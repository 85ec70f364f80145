/* SPDX-License-Identifier: GPL-2.0-only */
/* The lists world, as csrc/exhaust searches it. */
#include "harness/world.h"
#include "canonical.h"
#include "unchanged.h"

static void begin(const struct pyfuzz_scope *wanted)
{
	scope = *wanted;
	touched = PYFUZZ_SPTES;
}

static uint64_t told(void)
{
	const struct pyfuzz_step *r = world.report;

	return ((uint64_t)r->skip << 56 | (uint64_t)r->error << 55 |
		(uint64_t)r->has_returned << 54 | (uint64_t)r->recycled << 53 |
		(uint64_t)sequence.step_findings << 20) ^
	       (uint64_t)r->returned ^ (uint64_t)r->expected << 10;
}

/* A step that died may have been about to ask. */
static bool asked(void)
{
	bool was = world.asked;

	world.asked = false;
	return was;
}

static bool digest(struct hash *hash)
{
	return canonical_digest(hash, unchanged_pays(), unchanged_hash);
}

static void save(void)
{
	snapshot_save();
	unchanged_save();
}

static bool all_right(const struct hash *known)
{
	struct hash hash;
	struct walk walk;

	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		for (unsigned int h = 0; h < PYFUZZ_HEADS; h++)
			if (world.vms[vm].alive && !walk_list(vm, h, &walk))
				return false;
	return digest(&hash) && hash.low == known->low &&
	       hash.high == known->high;
}

static bool sure(const struct hash *known)
{
	bool right;

	if (!unchanged_used())
		return true;
	unchanged_ignore(true);
	right = all_right(known);
	unchanged_ignore(false);
	return right;
}

_Static_assert(sizeof(struct pyfuzz_step) <= SPACE_REPORT, "it has room");

const struct pyfuzz_space pyfuzz_space = {
	.begin = begin,
	.encode = canonical_encode,
	.digest = digest,
	.sure = sure,
	.within = canonical_within,
	.decode = canonical_decode,
	.save = save,
	.restore = snapshot_restore,
	.moves = moves_list,
	.steps = moves_steps,
	.op_size = sizeof(struct pyfuzz_op),
	.names = canonical_names,
	.told = told,
	.asked = asked,
};
