/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutation of operations instead of bytes, called by libFuzzer itself, so that
 * it works in every flavour and under every preload.  Half of the mutations
 * are still libFuzzer's own, which know nothing and so exclude nothing.
 *
 * An operation is four bytes (docs/sequences.md); what is known of it here is
 * only where its fields are and which codes add, take out or err.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OP 4
#define CODE(op) ((op)[0] & 31)
#define VM(op) ((op)[0] >> 5 & 3)
#define HEAD(op) ((op)[1] & 31)

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
				 const uint8_t *data2, size_t size2,
				 uint8_t *out, size_t max_out,
				 unsigned int seed);

/* xorshift64*: the same seed gives the same mutation. */
static uint64_t state;

static void seed_with(unsigned int seed)
{
	state = (seed + 1ULL) * 0x9e3779b97f4a7c15ULL;
}

static uint32_t below(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL >> 32) * n >> 32);
}

/* For the ablation (docs/ablation.md): bytes alone, as if we were not here. */
static bool plain_bytes(void)
{
	static int plain = -1;
	const char *without;

	if (plain < 0) {
		without = getenv("PYFUZZ_WITHOUT");
		plain = without && strstr(without, "structure");
	}
	return plain;
}

/* Codes by what they do, as in the table of docs/sequences.md. */
static const uint8_t adders[] = { 0, 21, 15 };
static const uint8_t takers[] = { 5, 10, 17, 19, 24 };
static const uint8_t strays[] = { 9, 11, 18, 26, 27 };
static const uint8_t others[] = { 12, 13, 14, 20, 28, 29, 30, 31 };

#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

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

	seed_with(seed);
	if (!max || plain_bytes() || !below(4))
		return LLVMFuzzerMutate(data, size, max_size);
	if (n > max)
		n = max;
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

	if (plain_bytes())
		return 0;	/* libFuzzer's own is among its mutations */
	seed_with(seed);
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
