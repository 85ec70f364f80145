/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness's interface to a world.  A module has exactly one world: a folder
 * in csrc/worlds that defines pyfuzz_world, chosen when the module is built.
 */
#ifndef PYFUZZ_WORLD_H
#define PYFUZZ_WORLD_H

#include <stdbool.h>
#include "pyfuzz.h"

/* Limit on the size of a world's struct pyfuzz_op. */
#define PYFUZZ_OP_SIZE 64

/*
 * Queries that pyfuzz_fuzz() makes where the sequence has none.  They only
 * decide which sequence is worth running.
 */
struct pyfuzz_probe {
	void (*begin)(bool off);
	/* The index of an operation that would show something, or 0. */
	unsigned int (*showed)(void);
	/* The sequence with the query in it; returns its size, 0: too long. */
	size_t (*sequence)(const uint8_t *data, const uint8_t **longer);
	/* The query showed nothing, or nothing new. */
	void (*strike)(unsigned int operation);
};

struct pyfuzz_compared;

struct pyfuzz_world {
	const char *name; /* the folder's name */
	uint32_t op_bytes; /* of one operation, encoded */
	const struct pyfuzz_probe *probe; /* NULL: no queries */
	/* csrc/compare; NULL: cannot be compared */
	const struct pyfuzz_compared *compared;

	/* Create a fresh world; the sequence has already begun. */
	void (*begin)(void);
	/* Never fails; returns the operation's repeat count. */
	uint32_t (*decode)(const uint8_t *data, struct pyfuzz_op *op);
	/* Run repetition i of an operation, and the checks after it. */
	void (*step)(const struct pyfuzz_op *op, uint32_t i);
	/* End a sequence: check, destroy and account for everything. */
	void (*teardown)(void);
	/* After the end, or after the host's death instead of it. */
	void (*end)(void);

	/*
	 * Steps report to out until it is closed.  ended: the tear-down ran,
	 * which is not a single step.
	 */
	void (*open)(struct pyfuzz_step *out);
	void (*close)(struct pyfuzz_step *out, bool ended);
};

extern const struct pyfuzz_world pyfuzz_world;

#endif
