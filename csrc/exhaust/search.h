/* SPDX-License-Identifier: GPL-2.0-only */
/* The current search. */
#ifndef PYFUZZ_SEARCH_H
#define PYFUZZ_SEARCH_H

#include "run_move.h"

extern struct pyfuzz_exhaust search;
extern struct pyfuzz_scope search_scope;

/*
 * A state that was just expanded, and one to which a move leads from it otherwise
 * than the first time, if there is one among the states before this number.
 */
void audit_state(uint32_t state, uint32_t before, const uint8_t *bytes,
		 uint32_t size);

/* A step that left more unchanged than is so. */
void audit_unsure(uint32_t state, uint32_t move);

/* product.c: the space of this module and the one that it is compared with, or NULL. */
const struct pyfuzz_space *product_space(void);
/* The other one's, NULL if it has none. */
const struct pyfuzz_space *product_other(void);

/* found.c: the findings */
void found_begin(void);
/* Whether the finding of the last move ends the search there. */
bool found_ends(void);
void found_look(uint32_t state, uint32_t move);
/* Whether a move hung since the last call: an audit would repeat that. */
bool found_hung(void);

#endif
