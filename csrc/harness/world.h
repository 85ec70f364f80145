/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the harness asks of a world.  A module has exactly one: a folder in
 * csrc/worlds that defines pyfuzz_world, chosen when the module is built.
 */
#ifndef PYFUZZ_WORLD_H
#define PYFUZZ_WORLD_H

#include <stdbool.h>
#include "pyfuzz.h"

/* Bytes of a world's struct pyfuzz_op, at most. */
#define PYFUZZ_OP_SIZE 64

/*
 * Questions that pyfuzz_fuzz() puts to the target where the sequence does not:
 * they say which sequence is worth running, and nothing else.
 */
struct pyfuzz_probe {
	void (*begin)(bool off);
	/* The operation that would show something, or 0. */
	unsigned int (*showed)(void);
	/* The sequence with the question in it; returns its bytes, 0: too long. */
	size_t (*sequence)(const uint8_t *data, const uint8_t **longer);
	/* It showed nothing, or nothing new. */
	void (*strike)(unsigned int operation);
};

struct pyfuzz_compared;

struct pyfuzz_world {
	const char *name; /* of the folder */
	uint32_t op_bytes; /* of one operation, encoded */
	const struct pyfuzz_probe *probe; /* NULL: it asks nothing */
	/* csrc/compare; NULL: it cannot be compared */
	const struct pyfuzz_compared *compared;

	/* A fresh world; the sequence's state was begun before. */
	void (*begin)(void);
	/* Never fails; returns how often the operation is repeated. */
	uint32_t (*decode)(const uint8_t *data, struct pyfuzz_op *op);
	/* Repetition i of an operation, with the checks after it. */
	void (*step)(const struct pyfuzz_op *op, uint32_t i);
	/* The end of every sequence: check all, destroy all, account for all. */
	void (*teardown)(void);
	/* After that, or after the host's death in place of it. */
	void (*end)(void);

	/*
	 * Steps report to out from here on, until it is closed.  ended: what
	 * ran was the tear-down, which is not a single step.
	 */
	void (*open)(struct pyfuzz_step *out);
	void (*close)(struct pyfuzz_step *out, bool ended);
};

extern const struct pyfuzz_world pyfuzz_world;

#endif
