/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the mutator asks of a world: to make operations and sequences.  The
 * mutator is linked into the engine; a world is in the module, which hands in
 * its generator when it is loaded.
 */
#ifndef PYFUZZ_GENERATOR_H
#define PYFUZZ_GENERATOR_H

#include <stddef.h>
#include <stdint.h>

/* xorshift64*, so the same seed gives the same mutation. */
struct chance {
	uint64_t state;
};

static inline void chance_seed(struct chance *chance, unsigned int seed)
{
	chance->state = (seed + 1ULL) * 0x9e3779b97f4a7c15ULL;
}

static inline uint32_t chance_below(struct chance *chance, uint32_t n)
{
	chance->state ^= chance->state >> 12;
	chance->state ^= chance->state << 25;
	chance->state ^= chance->state >> 27;
	return (uint32_t)((chance->state * 0x2545f4914f6cdd1dULL >> 32) * n >>
			  32);
}

/* Operations are counted in op_bytes; n are there, and there is room for max. */
struct pyfuzz_generator {
	size_t op_bytes;
	size_t new_max; /* operations of a new sequence, at most */
	size_t end_max; /* of a planned end */

	/*
	 * Write operations that have a plan behind those that are there;
	 * returns how many there are then.
	 */
	size_t (*compose)(struct chance *chance, uint8_t *data, size_t n,
			  size_t max);
	/* A new operation; neighbour is one that it may go along with, or NULL. */
	void (*make)(struct chance *chance, uint8_t *op,
		     const uint8_t *neighbour);
	/* One field of an operation becomes another. */
	void (*change)(struct chance *chance, uint8_t *op);
	/* Change the sequence as a whole, n is not 0; NULL: not offered. */
	void (*rearrange)(struct chance *chance, uint8_t *data, size_t n);
};

/* Of the engine; not there where a module is run without one. */
void pyfuzz_generate_with(const struct pyfuzz_generator *generator)
	__attribute__((weak));

#endif
