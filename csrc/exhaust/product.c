/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two modules as one space: a state is a state of each, and an operation is
 * one on both.  Where the SPTEs of the two are the same (in the world lists), they
 * are named once, by the order in which a walk of this module's lists meets them;
 * what operations name keeps its number.
 */
#include <string.h>
#include "compare/lockstep.h"
#include "hash.h"
#include "search.h"
#include "space.h"

static const struct pyfuzz_space *a, *b;

static void begin(const struct pyfuzz_scope *wanted)
{
	struct pyfuzz_scope scope = *wanted;

	scope.renamed = 2;
	lockstep.wanted.precise = 1;
	a->begin(&scope);
	b->begin(&scope);
	if (a->names)
		b->names(a->names(NULL));
}

static void settle(void)
{
	if (a->settle)
		a->settle();
	if (b->settle)
		b->settle();
}

static void step(const struct pyfuzz_op *op)
{
	lockstep_step(op, 0, 0, true);
	settle();
	/* Only differences count here, not the oracle's findings. */
	if (!lockstep_differs())
		sequence.result.findings_len = 0;
	lockstep.other->forget();
}

/* Both get to the first state by the same operations. */
static void start_both(void)
{
	static uint64_t ops[SPACE_PREFIX * PYFUZZ_OP_SIZE / sizeof(uint64_t)];
	uint32_t n = a->prefix ? a->prefix(ops) : 0;

	if (a->reset)
		a->reset();
	if (b->reset)
		b->reset();
	lockstep.other->begin(&lockstep.wanted);
	lockstep.mine->begin(&lockstep.wanted);
	for (uint32_t i = 0; i < n; i++)
		step((const struct pyfuzz_op *)((uint8_t *)ops + i * a->op_size));
}

static uint32_t prefix(void *ops)
{
	return a->prefix ? a->prefix(ops) : 0;
}

static uint32_t encode(uint8_t *out, bool mapped)
{
	uint32_t first = a->encode(out + sizeof(first), mapped), second;

	if (!first || first > SPACE_STATE / 2)
		return 0;
	second = b->encode(out + sizeof(first) + first, false);
	if (!second)
		return 0;
	memcpy(out, &first, sizeof(first));
	return (uint32_t)sizeof(first) + first + second;
}

static bool within(void)
{
	return a->within() && b->within();
}

static void decode(const uint8_t *in, uint32_t size, uint64_t shuffle)
{
	uint32_t first;

	memcpy(&first, in, sizeof(first));
	in += sizeof(first);
	a->decode(in, first, shuffle);
	b->decode(in + first, size - first - (uint32_t)sizeof(first), shuffle);
}

static void save(void)
{
	a->save();
	b->save();
}

static void restore(void)
{
	a->restore();
	b->restore();
}

/* Those of this module, of the operations that both have. */
static uint32_t moves(struct move *out)
{
	uint32_t n = a->moves(out), kept = 0;

	for (uint32_t i = 0; i < n; i++)
		if (lockstep.opcodes >> out[i].opcode & 1)
			out[kept++] = out[i];
	return kept;
}

static uint32_t steps(const struct move *move, void *ops)
{
	return a->steps(move, ops);
}

static bool asked(void)
{
	bool here = a->asked(), there = b->asked();

	return here || there;
}

static uint64_t told(void)
{
	return hash_fold(a->told() ^ 0x9e3779b97f4a7c15ULL, b->told() ^ 31);
}

static struct pyfuzz_space product = {
	.begin = begin,
	.start = start_both,
	.prefix = prefix,
	.step = step,
	.encode = encode,
	.within = within,
	.decode = decode,
	.save = save,
	.restore = restore,
	.moves = moves,
	.steps = steps,
	.asked = asked,
	.told = told,
};

const struct pyfuzz_space *product_space(void)
{
	if (!lockstep.other)
		return NULL;
	a = lockstep.mine->space;
	b = lockstep.other->space;
	product.op_size = a->op_size;
	return &product;
}

const struct pyfuzz_space *product_other(void)
{
	return lockstep.other->space;
}
