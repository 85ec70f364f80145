/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One sequence on both modules: each step on this one, then on the other, then
 * what is seen of both is compared.  The first difference ends it, since
 * whatever comes later may follow from it.
 */
#include <stdio.h>
#include <string.h>
#include "harness/callbacks.h"
#include "harness/findings.h"
#include "harness/run.h"
#include "lockstep.h"

static const struct pyfuzz_world *const world = &pyfuzz_world;

struct lockstep lockstep;

static const char *const part_words[PARTS] = {
	[PART_END] = "end",	      [PART_DONE] = "effect",
	[PART_RETURNED] = "returned", [PART_BUGGED] = "bugged",
	[PART_REQUESTS] = "requests", [PART_SPTES] = "sptes",
	[PART_ENTRIES] = "entries",   [PART_RULE] = "rule",
	[PART_LOG] = "log",	      [PART_ORDER] = "order",
	[PART_LAYOUT] = "layout",
};

void lockstep_differ(const struct pyfuzz_op *op, enum part part)
{
	const char *function = lockstep.mine->function();
	const char *word = op ? world->compared->word(op) : "tear-down";
	struct pyfuzz_finding *f;
	char a[96], b[96];

	lockstep.mine->say(op, part, a, sizeof(a));
	lockstep.other->say(op, part, b, sizeof(b));
	/* The oracle's findings on one side do not count in a comparison. */
	sequence.result.findings_len = 0;
	sequence.step_findings = 0;
	finding(PYFUZZ_DIFFERENCE, function, 0, "%s of %s: %s, on the other %s",
		part_words[part], word, a, b);
	f = &sequence.result.findings[0];
	f->signature = side_mix(f->signature, (op ? world->compared->opcode(op) :
						    255U) * PARTS +
						      part);
}

bool lockstep_differs(void)
{
	const struct pyfuzz_result *r = &sequence.result;

	return r->findings_len && r->findings[0].kind == PYFUZZ_DIFFERENCE;
}

bool lockstep_step(const struct pyfuzz_op *op, uint32_t operation, uint32_t i,
		   bool last)
{
	struct observed here, there;
	enum part part;

	lockstep.mine->step(op, operation, i, last, &here);
	lockstep.other->step(op, operation, i, last, &there);
	part = side_differs(&here, &there, lockstep.wanted.aside);
	if (part != PARTS)
		lockstep_differ(op, part);
	return part == PARTS && !sequence.host_dead;
}

static void run(const uint8_t *data, size_t size)
{
	static uint64_t decoded[PYFUZZ_OP_SIZE / sizeof(uint64_t)];
	struct pyfuzz_op *const op = (struct pyfuzz_op *)decoded;
	uint32_t operation = 0;
	struct observed here, there;
	enum part part;
	bool goes_on = true;

	lockstep.other->begin(&lockstep.wanted);
	lockstep.mine->begin(&lockstep.wanted);
	for (; goes_on && size >= world->op_bytes;
	     data += world->op_bytes, size -= world->op_bytes, operation++) {
		uint32_t times = world->decode(data, op);

		/* What one of them does not have is not run on the other. */
		if (!(lockstep.opcodes >> world->compared->opcode(op) & 1))
			continue;
		for (uint32_t i = 0; i < times && goes_on; i++)
			goes_on =
				lockstep_step(op, operation, i, i + 1 == times);
	}
	if (!goes_on) {
		lockstep.mine->stop();
		lockstep.other->stop();
		if (!lockstep_differs())
			sequence.result.findings_len = 0;
		return;
	}
	lockstep.mine->end(operation, &here);
	lockstep.other->end(operation, &there);
	part = side_differs(&here, &there, lockstep.wanted.aside);
	sequence.result.findings_len = 0;
	if (part != PARTS)
		lockstep_differ(NULL, part);
}

int pyfuzz_compare_with(const void *side, const struct pyfuzz_wanted *wanted)
{
	const struct side *other = side;

	if (!world->compared || !other || other->abi != PYFUZZ_ABI ||
	    strcmp(other->world, world->name))
		return 1;
	lockstep.mine = pyfuzz_compare_side();
	lockstep.other = other;
	lockstep.wanted = *wanted;
	lockstep.opcodes = lockstep.mine->opcodes & other->opcodes;
	run_instead = run;
	return 0;
}
