/* SPDX-License-Identifier: GPL-2.0-only */
/* Running moves in the current world. */
#ifndef PYFUZZ_RUN_MOVE_H
#define PYFUZZ_RUN_MOVE_H

#include "harness/sequence.h"
#include "harness/world.h"
#include "space.h"

/* All moves of a state, as operations: valid while the world is in it. */
struct plan {
	uint32_t n;
	uint32_t first[SPACE_MOVES + 1]; /* of the operations of a move */
	uint8_t context[SPACE_MOVES]; /* 0: its own */
	uint8_t *ops;
};
/* The first state. */
void start(void);
/* For the state that was encoded (mapped) or decoded last. */
void plan_make(struct plan *plan);

/*
 * Run a move; false if nothing can follow it.  What it returned is hashed into
 * told, if that is not NULL.
 */
bool run_move(const struct plan *plan, uint32_t move, uint64_t *told);

/* Whether the last move could distinguish contexts. */
extern bool run_asked;

/* The hash of the current state; false if it does not fit. */
bool state_hash(struct hash *hash);
/* The form that it was made of; size 0: it was made without one. */
extern uint8_t state_bytes[SPACE_STATE];
extern uint32_t state_size;

/* The result of a move. */
struct outcome {
	uint64_t told, low, high;
};
/*
 * Run all moves of the current world, each from that same world; outcomes has
 * room for SPACE_MOVES.  Returns their number.  wholly: run_sure says whether each
 * comes to the same when nothing is left out (space->sure()).
 */
uint32_t run_all(struct outcome *outcomes, bool wholly);
extern bool run_sure;

/*
 * Run the moves by which a state was first reached, in a fresh world; false if
 * they lead elsewhere.  each() gets the operations.
 */
bool run_way(uint32_t state, void (*each)(const void *op));

#endif
