/* SPDX-License-Identifier: GPL-2.0-only */
/* One of the two modules that are compared, as the other sees it. */
#ifndef PYFUZZ_SIDE_H
#define PYFUZZ_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include "compare.h"
#include "harness/world.h"

/* What is compared after each step, in the order in which it is reported. */
enum part {
	PART_END, /* how the host ended, if it did */
	PART_DONE, /* what the step did: skipped, to which SPTE, recycled */
	PART_RETURNED,
	PART_BUGGED,
	PART_REQUESTS,
	PART_SPTES, /* as the target left them */
	PART_ENTRIES,
	PART_RULE, /* the oracle cannot go on with this list */
	PART_LOG,
	PART_ORDER,
	PART_LAYOUT,
	PARTS
};

struct observed {
	uint64_t parts[PARTS];
};

/* What a world tells of its last step; NULL in pyfuzz_world: it cannot be compared. */
struct pyfuzz_compared {
	/*
	 * After a step, last of its operation or not; op is NULL after the
	 * tear-down.  Parts that are not filled are 0.
	 */
	void (*observe)(const struct pyfuzz_op *op, bool last,
			const struct pyfuzz_wanted *wanted,
			struct observed *out);
	/* A part of the last step in words. */
	void (*say)(const struct pyfuzz_op *op, enum part part, char *text,
		    size_t size);
	/* An operation's word, as in a sequence's text. */
	const char *(*word)(const struct pyfuzz_op *op);
	uint32_t (*opcode)(const struct pyfuzz_op *op);
};

/* Bytes of any world's struct pyfuzz_step, at most. */
#define SIDE_REPORT 128

struct pyfuzz_space;

struct side {
	uint32_t abi;
	const char *world;
	uint32_t opcodes;
	void (*begin)(const struct pyfuzz_wanted *wanted);
	void (*step)(const struct pyfuzz_op *op, uint32_t operation,
		     uint32_t step, bool last, struct observed *out);
	void (*end)(uint32_t operation, struct observed *out);
	void (*say)(const struct pyfuzz_op *op, enum part part, char *text,
		    size_t size);
	void (*stop)(void);
	bool (*dead)(void);
	const char *(*function)(void);
	/* What the oracle found. */
	void (*forget)(void);
	const struct pyfuzz_space *space; /* NULL: it cannot be searched */
};

/* Which one of the parts differs, PARTS if none does. */
enum part side_differs(const struct observed *a, const struct observed *b,
		       uint32_t aside);
/* Hash a word into a number; the result is 0 only if the two are equal. */
static inline uint64_t side_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

#endif
