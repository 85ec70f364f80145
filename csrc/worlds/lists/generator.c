/* SPDX-License-Identifier: GPL-2.0-only */
/* Single operations for the mutator; planned sequences: compose.c. */
#include "compose.h"

static struct chance *chance;

static uint32_t below(uint32_t n)
{
	return chance_below(chance, n);
}

/* Codes by what they do. */
static const uint8_t adders[] = { ADD, RMAP_ADD, PARENT_ADD };
static const uint8_t takers[] = { REMOVE, ZAP_ONE, PARENT_REMOVE, PARENT_DROP,
				  RMAP_REMOVE };
static const uint8_t strays[] = { REMOVE_STRAY, ZAP_ONE_STRAY,
				  PARENT_REMOVE_STRAY, RMAP_REMOVE_STRAY,
				  RMAP_REMOVE_OFF };
static const uint8_t others[] = { ZAP_ALL, COUNT,   ITERATE, PARENT_UNLINK,
				  ENTER,   CONTEXT, CREATE,  DESTROY };

/* Counts at which lists change: full descriptors, one more, one less. */
static uint8_t some_repeats(void)
{
	static const uint8_t boundaries[] = { 200, 201, 210, 211, 212, 213,
					      224, 225, 226, 227, 239, 240 };

	switch (below(8)) {
	case 0:
		return PICK(boundaries);
	case 1:
		return (uint8_t)(200 + below(48));
	case 2:
		return below(4) ? 0 : (uint8_t)(248 + below(8));
	default:
		return 0;
	}
}

static uint8_t any_code(void)
{
	uint32_t n = below(16);

	if (n < 6)
		return PICK(adders);
	if (n < 12)
		return PICK(takers);
	return n < 14 ? PICK(others) : PICK(strays);
}

/* A new operation, mostly on the list that a neighbour works on. */
static void make(struct chance *with, uint8_t *op, const uint8_t *neighbour)
{
	uint8_t code;

	chance = with;
	code = any_code();
	if (neighbour && below(4)) {
		op[0] = (uint8_t)((neighbour[0] & 0xe0) | code);
		op[1] = neighbour[1];
	} else {
		op[0] = (uint8_t)(below(4) << 5 | code);
		op[1] = (uint8_t)below(20);
	}
	op[2] = (uint8_t)(below(2) ? below(256) : below(16));
	op[3] = some_repeats();
}

static void change(struct chance *with, uint8_t *op)
{
	chance = with;
	switch (below(5)) {
	case 0:
		op[0] = (uint8_t)((op[0] & 0xe0) | any_code());
		break;
	case 1:
		op[0] = (uint8_t)((op[0] & 0x9f) | below(4) << 5);
		break;
	case 2:
		op[1] = (uint8_t)((op[1] & 0xe0) | below(32));
		break;
	case 3:
		if (below(2))
			op[2] = (uint8_t)(op[2] + (below(2) ? 1 : 255));
		else
			op[2] = (uint8_t)below(256);
		break;
	default:
		if (below(2) && op[3] >= 200)
			op[3] = (uint8_t)(op[3] + (below(2) ? 1 : -1));
		else
			op[3] = some_repeats();
		break;
	}
}

/* Move all operations on one list to another, among other operations. */
static void move_list(struct chance *with, uint8_t *data, size_t n)
{
	const uint8_t *op;
	uint8_t vm, head, to_vm, to_head;

	chance = with;
	op = data + below((uint32_t)n) * OP;
	vm = op[0] & 0x60;
	head = op[1] & 31;
	to_vm = (uint8_t)(below(4) << 5);
	to_head = (uint8_t)below(20);

	for (size_t i = 0; i < n; i++, data += OP) {
		if ((data[0] & 0x60) != vm || (data[1] & 31) != head)
			continue;
		data[0] = (uint8_t)((data[0] & 0x9f) | to_vm);
		data[1] = (uint8_t)((data[1] & 0xe0) | to_head);
	}
}

static const struct pyfuzz_generator generator = {
	.op_bytes = PYFUZZ_OP_BYTES,
	.new_max = 96,
	.end_max = 32,
	.compose = compose,
	.make = make,
	.change = change,
	.rearrange = move_list,
};

static void __attribute__((constructor)) generator_register(void)
{
	if (pyfuzz_generate_with)
		pyfuzz_generate_with(&generator);
}
