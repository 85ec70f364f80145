/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a world provides for an exhaustive search: its states as bytes, and the
 * moves in each.  A world without a pyfuzz_space cannot be searched.
 */
#ifndef PYFUZZ_SPACE_H
#define PYFUZZ_SPACE_H

#include <stdbool.h>
#include "exhaust.h"
#include "hash.h"

/* Limit on the bytes of a state in its canonical form. */
#define SPACE_STATE 65536
/* Limit on the moves in a state. */
#define SPACE_MOVES 65536
/* Limit on the size of a struct pyfuzz_step. */
#define SPACE_REPORT 128
/* Limit on the operations before the first state. */
#define SPACE_PREFIX 32
/* Limit on the operations of a move. */
#define SPACE_STEPS 3

/* A move, in terms of the canonical form; defined by the world. */
struct move {
	uint8_t opcode;
	uint8_t vm, head; /* positions in the canonical form */
	uint8_t head_vm;
	uint8_t owner; /* position of the list that the entry is in, or none */
	uint8_t context;
	uint16_t entry; /* position in that list */
};

struct pyfuzz_space {
	/* Whether the states of this target can be told apart; NULL: yes. */
	bool (*can)(void);
	/* Why not; may be NULL, and so may what it returns. */
	const char *(*cannot)(void);
	/* What is searched from here on. */
	void (*begin)(const struct pyfuzz_scope *scope);
	/* A fresh world, in which the first state is; NULL: the world's own. */
	void (*start)(void);
	/*
	 * The operations by which start() gets there from the world's own; NULL:
	 * none.  Returns their number, SPACE_PREFIX at most.
	 */
	uint32_t (*prefix)(void *ops);
	/* What start() does before the world's own; NULL: nothing. */
	void (*reset)(void);
	/* One operation; NULL: the world's own. */
	void (*step)(const struct pyfuzz_op *op);
	/* What step() does after the world's own; NULL: nothing. */
	void (*settle)(void);
	/*
	 * The canonical form of the current world; returns its size, 0 if the
	 * state does not fit.  mapped: remember the mapping for steps().
	 */
	uint32_t (*encode)(uint8_t *out, bool mapped);
	/*
	 * The hash by which the current state is known, where that is cheaper than
	 * its form; false if it does not fit; NULL: the hash of the form.
	 */
	bool (*digest)(struct hash *hash);
	/*
	 * After a step: whether what it did not look at again, since nothing there
	 * had changed, is right and has this hash when all is looked at; NULL: yes.
	 */
	bool (*sure)(const struct hash *hash);
	/*
	 * How many states the form that was encoded last stands for, if what is
	 * alike were distinguished; NULL: the world does not count them.
	 */
	uint32_t (*stands_for)(void);
	/* Whether the last encoded or digested state is in the scope. */
	bool (*within)(void);
	/*
	 * Put the world into a state.  shuffle 0: in the simplest way, so that
	 * steps() needs no encode(); otherwise it chooses SPTEs, descriptors,
	 * heads and VMs.
	 */
	void (*decode)(const uint8_t *in, uint32_t size, uint64_t shuffle);
	/* Save the current world, and restore it. */
	void (*save)(void);
	void (*restore)(void);
	/* The moves of the last encoded or decoded state. */
	uint32_t (*moves)(struct move *out);
	/* A move as operations of this world, op_size bytes each. */
	uint32_t (*steps)(const struct move *move, void *ops);
	uint32_t op_size;
	/*
	 * Whether the last step could distinguish contexts: if not, moves that
	 * differ only in their context need not be tried.
	 */
	bool (*asked)(void);
	/*
	 * For a scope with renamed == 2, in which two modules have the same SPTEs:
	 * the table of their names.  names(NULL) makes one and returns it,
	 * encode() then fills it; names(table) uses another module's.
	 */
	uint16_t *(*names)(uint16_t *table);
	/* What the last step returned, for comparison; never an address. */
	uint64_t (*told)(void);
};

extern const struct pyfuzz_space pyfuzz_space;
/* The one that is searched: the world's, or (product.c) that of two modules. */
extern const struct pyfuzz_space *space;

#endif
