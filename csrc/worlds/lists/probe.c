/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes: asking the target for a list's count and entries where the sequence
 * does not, after operations as far as the steps' budget allows, and whenever a
 * list has a length that was not probed before.  Bugs that only show at one
 * length would otherwise need a sequence that asks at exactly that length.
 *
 * Probes do not change what a sequence means.  A probe that shows something only
 * determines a sequence to run: the same up to that step, followed by count or
 * iterate; what that sequence shows is the finding.
 */
#include <string.h>
#include "harness/guard.h"
#include "model.h"
#include "probe.h"
#include "queries.h"

/* The entries that a step adds to the budget; more would cost more than it finds. */
#define PAID_PER_STEP 2
/* Probes that led to nothing new: a known finding causes very many of them. */
#define STRIKES 64

static struct {
	bool off; /* no probes in this run */
	uint8_t opcode; /* 0: none is running, or showed something */
	uint8_t vm, head;
	uint32_t operation, step;
	uint32_t paid;
	uint32_t strikes[PYFUZZ_OPCODES];
	/* By length, whether of parents, and whether the VM is bugged. */
	bool asked[2][2][PYFUZZ_SPTES + 1];
	uint8_t longer[PYFUZZ_MAX_INPUT];
} probe;

void probe_begin(bool off)
{
	probe.off = off;
	probe.opcode = 0;
	probe.paid = 0;
}

static bool wanted(unsigned int opcode)
{
	return (pyfuzz_target_traits.opcodes & (1U << opcode)) &&
	       probe.strikes[opcode] < STRIKES;
}

static void ask(unsigned int opcode, unsigned int vm, unsigned int head)
{
	uint32_t before = sequence.result.findings_len;

	probe.vm = (uint8_t)vm;
	probe.head = (uint8_t)head;
	probe.operation = sequence.operation;
	probe.step = sequence.step;
	/* Stays set if the target does not return. */
	probe.opcode = (uint8_t)opcode;
	if (opcode == PYFUZZ_OP_COUNT)
		run_count(vm, head);
	else
		run_iterate(vm, head);
	guard_events();
	if (sequence.result.findings_len != before) {
		sequence.host_dead = true;
		return;
	}
	probe.opcode = 0;
}

/* After a step on a list that is correct. */
void probe_list(unsigned int vm, unsigned int head)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	unsigned int length = world.vms[vm].count[head];
	/* Up to 6.3 a count is a walk over the descriptors. */
	unsigned int cost = t->tail_count_size ? 0 : length / t->capacity;
	bool *asked = &probe.asked[head >= PYFUZZ_FRAME_HEADS]
				  [world.vms[vm].expect_bugged][length];

	if (probe.off)
		return;
	probe.paid += PAID_PER_STEP;
	if ((probe.paid >= cost || !*asked) && wanted(PYFUZZ_OP_COUNT)) {
		probe.paid -= probe.paid >= cost ? cost : probe.paid;
		ask(PYFUZZ_OP_COUNT, vm, head);
		if (sequence.host_dead)
			return;
	}
	cost = length + t->capacity;
	if ((probe.paid < cost && *asked) || !wanted(PYFUZZ_OP_ITERATE))
		return;
	/* The first probe of each length is free, since there are few. */
	if (*asked)
		probe.paid -= cost;
	*asked = true;
	ask(PYFUZZ_OP_ITERATE, vm, head);
}

/* The operation that would show something, or 0 (add, which is no query). */
unsigned int probe_showed(void)
{
	return probe.opcode;
}

/* The probe led to nothing, or nothing new. */
void probe_strike(unsigned int opcode)
{
	probe.strikes[opcode]++;
}

/*
 * The sequence with the query in it; returns its size, 0 if it is too long.
 * The last operation is repeated up to the step of the probe.
 */
size_t probe_sequence(const uint8_t *data, const uint8_t **longer)
{
	size_t at = (size_t)probe.operation * PYFUZZ_OP_BYTES;
	const uint8_t *last = data + at;
	uint32_t operand = (uint32_t)(last[1] >> 5) << 8 | last[2];
	uint8_t *out = probe.longer;

	memcpy(out, data, at);
	for (uint32_t left = probe.step + 1; left;) {
		uint8_t code = repeats_code(left);

		if (at + 2 * PYFUZZ_OP_BYTES > PYFUZZ_MAX_INPUT)
			return 0;
		memcpy(out + at, last, PYFUZZ_OP_BYTES);
		out[at + 1] =
			(uint8_t)((last[1] & 31) | (operand >> 8 & 7) << 5);
		out[at + 2] = (uint8_t)operand;
		out[at + 3] = code;
		operand += repeats_of(code);
		left -= repeats_of(code);
		at += PYFUZZ_OP_BYTES;
	}
	out[at] = (uint8_t)(probe.vm << 5 |
			    (probe.opcode == PYFUZZ_OP_COUNT ? CODE_COUNT :
							       CODE_ITERATE));
	out[at + 1] = probe.head;
	out[at + 2] = out[at + 3] = 0;
	*longer = out;
	return at + PYFUZZ_OP_BYTES;
}
