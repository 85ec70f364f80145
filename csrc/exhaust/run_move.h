/* SPDX-License-Identifier: GPL-2.0-only */
/* Moves, in the world as it is. */
#ifndef PYFUZZ_RUN_MOVE_H
#define PYFUZZ_RUN_MOVE_H

#include "harness/sequence.h"
#include "harness/world.h"
#include "space.h"

/* All that can be done in a state, as operations: good while the world is in it. */
struct plan {
	uint32_t n;
	uint32_t first[SPACE_MOVES + 1]; /* of the operations of a move */
	uint8_t context[SPACE_MOVES]; /* 0: its own */
	uint8_t *ops;
};
/* For the state that was encoded (mapped) or decoded last. */
void plan_make(struct plan *plan);

/*
 * Run a move; false if nothing can come after it.  What it told is folded into
 * told, if that is not NULL.
 */
bool run_move(const struct plan *plan, uint32_t move, uint64_t *told);

/* Whether the last one could tell contexts apart. */
extern bool run_asked;

/* What came of a move. */
struct outcome {
	uint64_t told, low, high;
};
/*
 * All moves of the world as it is, one after the other, each in that world;
 * outcomes has room for SPACE_MOVES.  Returns how many there are.
 */
uint32_t run_all(struct outcome *outcomes);

/*
 * In a fresh world, the moves by which a state was reached first; false if
 * they lead elsewhere.  each() gets the operations.
 */
bool run_way(uint32_t state, void (*each)(const void *op));

#endif
