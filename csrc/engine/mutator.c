/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutation of operations instead of bytes, called by libFuzzer itself, so that
 * it works in every flavour and under every preload.  At random, an input is
 *
 *   one half     a new sequence with a plan (compose.c of the world)
 *   two tenths   a kept input, or a prefix of one, with a planned end
 *   two tenths   a kept input with operations inserted, removed, copied, changed
 *   one tenth    a kept input mutated by libFuzzer as bytes: that knows nothing
 * of operations, and so excludes nothing
 *
 * docs/ablation.md has what each part contributes.  Environment variables leave
 * parts out, for comparisons and to make the workers of a campaign differ; their
 * values are separated by commas:
 *
 *   PYFUZZ_WITHOUT=plans		kept inputs alone, no planned sequences
 *   PYFUZZ_WITHOUT=structure		libFuzzer's own mutations of bytes alone
 *   PYFUZZ_WITHOUT=state		no state feedback (csrc/harness/feedback.c)
 *   PYFUZZ_ONLY=plans			each input is a new planned sequence
 *   PYFUZZ_ONLY=kept			planned ends and mutations of kept inputs
 *   PYFUZZ_ONLY=chance			each input is up to 64 random operations
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "generator.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
				 const uint8_t *data2, size_t size2,
				 uint8_t *out, size_t max_out,
				 unsigned int seed);

void pyfuzz_generate_with(const struct pyfuzz_generator *generator)
	__attribute__((visibility("default")));

static const struct pyfuzz_generator *world;
static struct chance chance;
/* Limits on a run of operations that is copied, and on an operation's size. */
#define RUN 16
#define OP_MAX 64

void pyfuzz_generate_with(const struct pyfuzz_generator *generator)
{
	if (generator->op_bytes <= OP_MAX)
		world = generator;
}

static uint32_t below(uint32_t n)
{
	return chance_below(&chance, n);
}

/* In operations. */
static size_t bytes(size_t n)
{
	return n * world->op_bytes;
}

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

static size_t insert(uint8_t *data, size_t n, size_t max, size_t at, size_t len)
{
	if (n + len > max)
		return 0;
	memmove(data + bytes(at + len), data + bytes(at), bytes(n - at));
	return n + len;
}

static size_t delete(uint8_t *data, size_t n, size_t at, size_t len)
{
	memmove(data + bytes(at), data + bytes(at + len), bytes(n - at - len));
	return n - len;
}

/* Copy a run of operations to another place. */
static size_t duplicate(uint8_t *data, size_t n, size_t max)
{
	static uint8_t run[RUN * OP_MAX];
	size_t len = 1 + below(n < RUN ? (uint32_t)n : RUN);
	size_t from = below((uint32_t)(n - len + 1));
	size_t at = below(2) ? from + len : below((uint32_t)n + 1);

	memcpy(run, data + bytes(from), bytes(len));
	if (!insert(data, n, max, at, len))
		return n;
	memcpy(data + bytes(at), run, bytes(len));
	return n + len;
}

/* Up to max operations of random bytes; returns their size in bytes. */
static size_t scatter(uint8_t *data, size_t max)
{
	size_t n = bytes(1 + below((uint32_t)max));

	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)below(256);
	return n;
}

static size_t mutate_once(uint8_t *data, size_t n, size_t max)
{
	size_t at = n ? below((uint32_t)n) : 0;

	if (!n)
		return world->make(&chance, data, NULL), 1;
	switch (below(8)) {
	case 0:
	case 1:
		if (!insert(data, n, max, at, 1))
			break;
		world->make(&chance, data + bytes(at), data + bytes(at + 1));
		return n + 1;
	case 2:
		/* At the end, where the lists are in the interesting state. */
		if (n == max)
			break;
		world->make(&chance, data + bytes(n), data + bytes(n - 1));
		return n + 1;
	case 3:
		if (n == 1)
			break;
		return delete(data, n, at,
			      1 + below(below(4) ? 1 :
						   (uint32_t)(n - at > 8 ?
								      8 :
								      n - at)));
	case 4:
		return duplicate(data, n, max);
	case 5: {
		size_t other = below((uint32_t)n);
		uint8_t op[OP_MAX];

		memcpy(op, data + bytes(at), world->op_bytes);
		memcpy(data + bytes(at), data + bytes(other), world->op_bytes);
		memcpy(data + bytes(other), op, world->op_bytes);
		return n;
	}
	case 6:
		if (world->rearrange && !below(4)) {
			world->rearrange(&chance, data, n);
			return n;
		}
		break;
	default:
		break;
	}
	world->change(&chance, data + bytes(at));
	return n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	size_t n, max;
	uint32_t way;

	if (!world)
		return LLVMFuzzerMutate(data, size, max_size);
	n = size / world->op_bytes;
	max = max_size / world->op_bytes;
	chance_seed(&chance, seed);
	ways_choose();
	if (ways.chance)
		return scatter(data, max < 64 ? max : 64);
	way = below(64);
	if (!max || way < ways.bytes)
		return LLVMFuzzerMutate(data, size, max_size);
	way -= ways.bytes;
	if (way < ways.new)
		return bytes(world->compose(&chance, data, 0,
					    max < world->new_max ?
						    max :
						    world->new_max));
	way -= ways.new;
	if (n > max)
		n = max;
	if (way < ways.end) {
		if (n && below(2))
			n = 1 + below((uint32_t)n);
		return bytes(world->compose(&chance, data, n,
					    n + world->end_max < max ?
						    n + world->end_max :
						    max));
	}
	for (uint32_t times = 1 + below(3); times--;)
		n = mutate_once(data, n, max);
	return bytes(n);
}

/* The beginning of one and the end of the other, cut between operations. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
				 const uint8_t *data2, size_t size2,
				 uint8_t *out, size_t max_out, unsigned int seed)
{
	size_t n1, n2, max, head, from, tail;

	if (!world)
		return 0;
	n1 = size1 / world->op_bytes;
	n2 = size2 / world->op_bytes;
	max = max_out / world->op_bytes;
	ways_choose();
	if (ways.new == 64 || ways.bytes == 64 || ways.chance)
		return 0; /* libFuzzer has its own for bytes */
	chance_seed(&chance, seed);
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
	memcpy(out, data1, bytes(head));
	memcpy(out + bytes(head), data2 + bytes(from), bytes(tail));
	return bytes(head + tail);
}
