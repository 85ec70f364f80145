/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutation of operations instead of bytes, called by libFuzzer itself, so that
 * it works in every flavour and under every preload.  An input is, by chance,
 *
 *   one half     a new sequence with a plan (compose.c)
 *   two tenths   a kept input, whole or its beginning, with a planned end
 *   two tenths   a kept input with operations put in, out, over and about
 *   one tenth    a kept input as libFuzzer mutates bytes: it knows nothing, and
 *                so excludes nothing
 *
 * docs/ablation.md says what each of it is worth.  The environment leaves parts
 * out, for comparisons and for campaigns whose workers are to differ; words
 * with commas between:
 *
 *   PYFUZZ_WITHOUT=plans		kept inputs alone, no planned sequences
 *   PYFUZZ_WITHOUT=structure		libFuzzer's own mutations of bytes alone
 *   PYFUZZ_WITHOUT=state		no state feedback (csrc/harness/feedback.c)
 *   PYFUZZ_ONLY=plans			each input is a new planned sequence
 *   PYFUZZ_ONLY=kept			planned ends and mutations of kept inputs
 *   PYFUZZ_ONLY=chance			each input is up to 64 operations by chance
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "operations.h"

#define CODE(op) ((op)[0] & 31)
/* Operations of a new sequence, and of a planned end, at most. */
#define NEW 96
#define END 32

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
				 const uint8_t *data2, size_t size2,
				 uint8_t *out, size_t max_out,
				 unsigned int seed);

/* How often each way is taken, in 64. */
static struct {
	bool known;
	bool chance;
	uint32_t new, end, bytes;
} ways = { .new = 32, .end = 12, .bytes = 6 };

static bool has(const char *variable, const char *word)
{
	const char *value = getenv(variable);

	return value && strstr(value, word);
}

static void ways_choose(void)
{
	if (ways.known)
		return;
	ways.known = true;
	ways.chance = has("PYFUZZ_ONLY", "chance");
	if (has("PYFUZZ_ONLY", "plans")) {
		ways.new = 64;
		ways.bytes = 0;
	} else if (has("PYFUZZ_ONLY", "kept")) {
		ways.new = 0;
		ways.end = 24;
	}
	if (has("PYFUZZ_WITHOUT", "plans")) {
		ways.new = ways.end = 0;
		ways.bytes = 16;
	}
	if (has("PYFUZZ_WITHOUT", "structure")) {
		ways.new = ways.end = 0;
		ways.bytes = 64;
	}
}

/* Codes by what they do. */
static const uint8_t adders[] = { ADD, RMAP_ADD, PARENT_ADD };
static const uint8_t takers[] = { REMOVE, ZAP_ONE, PARENT_REMOVE, PARENT_DROP,
				  RMAP_REMOVE };
static const uint8_t strays[] = { REMOVE_STRAY, ZAP_ONE_STRAY,
				  PARENT_REMOVE_STRAY, RMAP_REMOVE_STRAY,
				  RMAP_REMOVE_OFF };
static const uint8_t others[] = { ZAP_ALL, COUNT, ITERATE, PARENT_UNLINK,
				  ENTER, CONTEXT, CREATE, DESTROY };

/* Counts at which lists change: whole descriptors, one more, one less. */
static uint8_t repeat_code(void)
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
static void make(uint8_t *op, const uint8_t *neighbour)
{
	uint8_t code = any_code();

	if (neighbour && below(4)) {
		op[0] = (uint8_t)((neighbour[0] & 0xe0) | code);
		op[1] = neighbour[1];
	} else {
		op[0] = (uint8_t)(below(4) << 5 | code);
		op[1] = (uint8_t)below(20);
	}
	op[2] = (uint8_t)(below(2) ? below(256) : below(16));
	op[3] = repeat_code();
}

static void change_field(uint8_t *op)
{
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
			op[3] = repeat_code();
		break;
	}
}

static size_t insert(uint8_t *data, size_t n, size_t max, size_t at, size_t len)
{
	if (n + len > max)
		return 0;
	memmove(data + (at + len) * OP, data + at * OP, (n - at) * OP);
	return n + len;
}

static size_t delete(uint8_t *data, size_t n, size_t at, size_t len)
{
	memmove(data + at * OP, data + (at + len) * OP, (n - at - len) * OP);
	return n - len;
}

/* Copy a run of operations to another place. */
static size_t duplicate(uint8_t *data, size_t n, size_t max)
{
	uint8_t run[16 * OP];
	size_t len = 1 + below(n < 16 ? (uint32_t)n : 16);
	size_t from = below((uint32_t)(n - len + 1));
	size_t at = below(2) ? from + len : below((uint32_t)n + 1);

	memcpy(run, data + from * OP, len * OP);
	if (!insert(data, n, max, at, len))
		return n;
	memcpy(data + at * OP, run, len * OP);
	return n + len;
}

/* All operations on one list move to another: what differs is the company. */
static void move_list(uint8_t *data, size_t n)
{
	const uint8_t *op = data + below((uint32_t)n) * OP;
	uint8_t vm = op[0] & 0x60, head = op[1] & 31;
	uint8_t to_vm = (uint8_t)(below(4) << 5), to_head = (uint8_t)below(20);

	for (size_t i = 0; i < n; i++, data += OP) {
		if ((data[0] & 0x60) != vm || (data[1] & 31) != head)
			continue;
		data[0] = (uint8_t)((data[0] & 0x9f) | to_vm);
		data[1] = (uint8_t)((data[1] & 0xe0) | to_head);
	}
}

static size_t mutate_once(uint8_t *data, size_t n, size_t max)
{
	size_t at = n ? below((uint32_t)n) : 0;

	if (!n)
		return make(data, NULL), 1;
	switch (below(8)) {
	case 0:
	case 1:
		if (!insert(data, n, max, at, 1))
			break;
		make(data + at * OP, data + (at + 1) * OP);
		return n + 1;
	case 2:
		/* At the end: the lists are in the state that is of interest. */
		if (n == max)
			break;
		make(data + n * OP, data + (n - 1) * OP);
		return n + 1;
	case 3:
		if (n == 1)
			break;
		return delete(data, n, at,
			      1 + below(below(4) ? 1 :
					(uint32_t)(n - at > 8 ? 8 : n - at)));
	case 4:
		return duplicate(data, n, max);
	case 5: {
		size_t other = below((uint32_t)n);
		uint8_t op[OP];

		memcpy(op, data + at * OP, OP);
		memcpy(data + at * OP, data + other * OP, OP);
		memcpy(data + other * OP, op, OP);
		return n;
	}
	case 6:
		if (!below(4)) {
			move_list(data, n);
			return n;
		}
		break;
	default:
		break;
	}
	change_field(data + at * OP);
	return n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	size_t n = size / OP, max = max_size / OP;
	uint32_t way;

	seed_with(seed);
	ways_choose();
	if (ways.chance)
		return scatter(data, max < 64 ? max : 64) * OP;
	way = below(64);
	if (!max || way < ways.bytes)
		return LLVMFuzzerMutate(data, size, max_size);
	way -= ways.bytes;
	if (way < ways.new)
		return compose(data, 0, max < NEW ? max : NEW) * OP;
	way -= ways.new;
	if (n > max)
		n = max;
	if (way < ways.end) {
		if (n && below(2))
			n = 1 + below((uint32_t)n);
		return compose(data, n, n + END < max ? n + END : max) * OP;
	}
	for (uint32_t times = 1 + below(3); times--;)
		n = mutate_once(data, n, max);
	return n * OP;
}

/* The beginning of one and the end of the other, cut between operations. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
				 const uint8_t *data2, size_t size2,
				 uint8_t *out, size_t max_out,
				 unsigned int seed)
{
	size_t n1 = size1 / OP, n2 = size2 / OP, max = max_out / OP;
	size_t head, from, tail;

	ways_choose();
	if (ways.new == 64 || ways.bytes == 64 || ways.chance)
		return 0;	/* of bytes, libFuzzer has its own */
	seed_with(seed);
	/* libFuzzer would splice every second time; this makes it one in eight. */
	if (below(8))
		return 0;
	head = below((uint32_t)n1 + 1);
	if (head > max)
		head = max;
	from = below((uint32_t)n2 + 1);
	tail = n2 - from;
	if (tail > max - head)
		tail = max - head;
	memcpy(out, data1, head * OP);
	memcpy(out + head * OP, data2 + from * OP, tail * OP);
	return (head + tail) * OP;
}
