/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mutator's interface to a world's generator of operations and sequences.
 * The mutator is linked into the engine; the world is in the module, which
 * registers its generator when it is loaded.
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

/* Sizes are in operations of op_bytes; n is their number, max the room. */
struct pyfuzz_generator {
	size_t op_bytes;
	size_t new_max; /* limit on operations of a new sequence */
	size_t end_max; /* the same for a planned end */

	/*
	 * Append planned operations to the existing ones; returns their
	 * total number.
	 */
	size_t (*compose)(struct chance *chance, uint8_t *data, size_t n,
			  size_t max);
	/* A new operation; it may be related to neighbour, which may be NULL. */
	void (*make)(struct chance *chance, uint8_t *op,
		     const uint8_t *neighbour);
	/* Change one field of an operation. */
	void (*change)(struct chance *chance, uint8_t *op);
	/* Change the sequence as a whole, n is not 0; NULL: not supported. */
	void (*rearrange)(struct chance *chance, uint8_t *data, size_t n);
};

/* Defined by the engine; missing if a module is run without one. */
void pyfuzz_generate_with(const struct pyfuzz_generator *generator)
	__attribute__((weak));

#endif
