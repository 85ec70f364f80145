/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a world offers to an exhaustive search: its states as bytes, and what
 * can be done in each.  A world that has no pyfuzz_space cannot be searched.
 */
#ifndef PYFUZZ_SPACE_H
#define PYFUZZ_SPACE_H

#include <stdbool.h>
#include "exhaust.h"

/* Bytes of one state in its canonical form, at most. */
#define SPACE_STATE 65536
/* What can be done in one state, at most. */
#define SPACE_MOVES 65536
/* Bytes of a struct pyfuzz_step, at most. */
#define SPACE_REPORT 128
/* Operations that one move is made of, at most. */
#define SPACE_STEPS 3

/* Something to do, in the words of the canonical form; the world's own. */
struct move {
	uint8_t opcode;
	uint8_t vm, head; /* positions in the canonical form */
	uint8_t head_vm;
	uint8_t owner; /* position of the list that the entry is in, or none */
	uint8_t context;
	uint16_t entry; /* position in that list */
};

struct pyfuzz_space {
	/* A fresh world, in which the first state is. */
	void (*begin)(const struct pyfuzz_scope *scope);
	/*
	 * The canonical form of the world as it is; returns its bytes, 0 if it
	 * has no room for what is there.  mapped: remember what is where, for
	 * steps().
	 */
	uint32_t (*encode)(uint8_t *out, bool mapped);
	/* Whether the state that was encoded last is in the scope. */
	bool (*within)(void);
	/*
	 * Put the world into a state.  shuffle 0: in the plainest way, so that
	 * steps() needs no encode(); else with SPTEs, descriptors, heads and
	 * VMs chosen by it.
	 */
	void (*decode)(const uint8_t *in, uint32_t size, uint64_t shuffle);
	/* Remember the world as it is, and come back to it. */
	void (*save)(void);
	void (*restore)(void);
	/* What can be done in the state that was encoded or decoded last. */
	uint32_t (*moves)(struct move *out);
	/* A move as operations of this world; op_size bytes each. */
	uint32_t (*steps)(const struct move *move, void *ops);
	uint32_t op_size;
	/*
	 * Whether the last step could tell contexts apart: if not, a move that
	 * differs from the one before it in its context alone need not be tried.
	 */
	bool (*asked)(void);
	/* What the last step told its caller, for comparing; never an address. */
	uint64_t (*told)(void);
};

extern const struct pyfuzz_space pyfuzz_space;

#endif
