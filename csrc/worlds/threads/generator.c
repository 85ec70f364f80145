/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Planned sequences for the mutator: a list, a writer, what runs beside it, and
 * a few switches.  Random bytes rarely agree on so few fibers and accesses.
 */
#include <stdbool.h>
#include "engine/generator.h"
#include "threads.h"

#define OP PYFUZZ_OP_BYTES
#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])
/* Codes of byte 0 (decode.c). */
enum { OPERATION = 0, SWITCH = 4, DELAY = 6, LIST = 7 };

static struct chance *chance;

static uint32_t below(uint32_t n)
{
	return chance_below(chance, n);
}

static void put(uint8_t *op, unsigned int b0, unsigned int b1, unsigned int b2,
		unsigned int b3)
{
	op[0] = (uint8_t)b0;
	op[1] = (uint8_t)b1;
	op[2] = (uint8_t)b2;
	op[3] = (uint8_t)b3;
}

/* Around the limits of a descriptor, mostly. */
static uint8_t length(void)
{
	static const uint8_t usual[] = { 0,  1,	 2,  3,	 13, 14,
					 15, 16, 27, 28, 29, 30 };

	return below(5) ? PICK(usual) : (uint8_t)below(PYFUZZ_MAX_ENTRIES + 1);
}

static void list(uint8_t *op)
{
	put(op, LIST, length(),
	    (below(5) < 2) | (below(5) < 2) << 1 | !below(8) << 2, 0);
}

static uint8_t entry(void)
{
	return below(3) ? (uint8_t)below(2) : (uint8_t)below(PYFUZZ_MAX_ENTRIES);
}

static void operation(uint8_t *op, uint32_t fiber, bool writer)
{
	static const uint8_t writers[] = { PYFUZZ_T_ADD, PYFUZZ_T_ZAP_ONE,
					   PYFUZZ_T_ZAP_ALL, PYFUZZ_T_DROP,
					   PYFUZZ_T_FREE_ALL };
	static const uint8_t others[] = {
		PYFUZZ_T_AGE,	   PYFUZZ_T_AGE,   PYFUZZ_T_TEST_AGE,
		PYFUZZ_T_TEST_AGE, PYFUZZ_T_COUNT, PYFUZZ_T_ITERATE,
		PYFUZZ_T_ACCESS,   PYFUZZ_T_DIRTY,
	};

	put(op, OPERATION | fiber << 3, writer ? PICK(writers) : PICK(others),
	    entry(), 0);
}

/* Early accesses are more likely: every schedule has them. */
static void switch_to(uint8_t *op, uint32_t fibers)
{
	uint32_t at = below(1u << (1 + below(9)));

	put(op, SWITCH | below(fibers) << 3, at & 255, at >> 8, below(fibers));
}

/* Without store buffers it means nothing. */
static void delay(uint8_t *op, uint32_t fibers)
{
	uint32_t at = below(1u << (1 + below(9)));

	put(op, DELAY | below(fibers) << 3, at & 255, at >> 8, 1 + below(16));
}

static bool has_buffers(const uint8_t *data, size_t n)
{
	for (size_t i = n; i--;)
		if ((data[i * OP] & 7) == LIST)
			return data[i * OP + 2] & 4;
	return false;
}

/* The fibers that a sequence has so far, at least two. */
static uint32_t fibers_of(const uint8_t *data, size_t n)
{
	uint32_t fibers = 2;

	for (size_t i = 0; i < n; i++) {
		uint32_t fiber = (data[i * OP] >> 3 & 3) + 1;

		if ((data[i * OP] & 7) < SWITCH && fiber > fibers)
			fibers = fiber;
	}
	return fibers;
}

static size_t scenario(uint8_t *data, size_t max, uint32_t fibers)
{
	static const uint8_t lengths[] = { 1, 1, 2, 3, 4 };
	size_t n = 0;

	list(data + OP * n++);
	for (uint32_t fiber = 0; fiber < fibers; fiber++) {
		bool writer = !fiber || below(10) < 3;

		for (uint8_t left = PICK(lengths); left && n < max; left--)
			operation(data + OP * n++, fiber, writer);
	}
	return n;
}

static size_t compose(struct chance *own, uint8_t *data, size_t n, size_t max)
{
	static const uint8_t counts[] = { 2, 2, 2, 3, 3, 4 };
	uint32_t fibers, switches;

	chance = own;
	fibers = n ? fibers_of(data, n) : PICK(counts);
	if (!n && max)
		n = scenario(data, max, fibers);
	for (switches = below(4) + !!n; switches && n < max; switches--)
		switch_to(data + OP * n++, fibers);
	if (has_buffers(data, n))
		for (switches = below(3); switches && n < max; switches--)
			delay(data + OP * n++, fibers);
	return n;
}

static void make(struct chance *own, uint8_t *op, const uint8_t *neighbour)
{
	chance = own;
	(void)neighbour;
	if (below(2))
		switch_to(op, below(4) ? 2 : PYFUZZ_FIBERS);
	else if (below(8))
		operation(op, below(below(4) ? 2 : PYFUZZ_FIBERS), below(2));
	else
		list(op);
}

static void change_switch(uint8_t *op)
{
	uint32_t at = op[1] | (uint32_t)op[2] << 8;

	switch (below(4)) {
	case 0:
		op[3] = (uint8_t)below(PYFUZZ_FIBERS);
		return;
	case 1:
		op[0] = (uint8_t)(SWITCH | below(PYFUZZ_FIBERS) << 3);
		return;
	case 2:
		at = below(1u << (1 + below(9)));
		break;
	default:
		at += below(17);
		at -= at < 8 ? at : 8;
	}
	op[1] = (uint8_t)at;
	op[2] = (uint8_t)(at >> 8);
}

static void change(struct chance *own, uint8_t *op)
{
	chance = own;
	if ((op[0] & 7) >= LIST)
		list(op);
	else if ((op[0] & 7) == DELAY)
		delay(op, PYFUZZ_FIBERS);
	else if ((op[0] & 7) >= SWITCH)
		change_switch(op);
	else if (below(3))
		operation(op, op[0] >> 3 & 3, below(2));
	else
		op[2] = entry();
}

/* Two fibers change places in the schedule, or in what they do. */
static void rearrange(struct chance *own, uint8_t *data, size_t n)
{
	uint32_t a, b;
	bool schedule;

	chance = own;
	a = below(PYFUZZ_FIBERS);
	b = below(PYFUZZ_FIBERS);
	schedule = below(2);
	for (size_t i = 0; i < n; i++) {
		uint8_t *op = data + i * OP;
		uint32_t fiber = op[0] >> 3 & 3;

		if ((op[0] & 7) >= LIST || ((op[0] & 7) >= SWITCH) != schedule)
			continue;
		if (fiber == a || fiber == b)
			op[0] = (uint8_t)((op[0] & 7) | (fiber == a ? b : a)
								<< 3);
		if ((op[0] & 7) < DELAY && schedule &&
		    ((op[3] & 3) == a || (op[3] & 3) == b))
			op[3] = (uint8_t)((op[3] & 3) == a ? b : a);
	}
}

static const struct pyfuzz_generator generator = {
	.op_bytes = OP,
	.new_max = 24,
	.end_max = 4,
	.compose = compose,
	.make = make,
	.change = change,
	.rearrange = rearrange,
};

static void __attribute__((constructor)) generator_register(void)
{
	if (pyfuzz_generate_with)
		pyfuzz_generate_with(&generator);
}
