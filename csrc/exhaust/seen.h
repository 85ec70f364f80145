/* SPDX-License-Identifier: GPL-2.0-only */
/* The states seen so far: their hashes, and how each was first reached. */
#ifndef PYFUZZ_SEEN_H
#define PYFUZZ_SEEN_H

#include <stdbool.h>
#include "hash.h"

#define SEEN_NONE UINT32_MAX

bool seen_begin(void);
void seen_end(void);
/*
 * The number of a state, from 0 in the order in which they were first seen; a
 * new one is recorded as reached from parent by this move.  SEEN_NONE: out of
 * memory.
 */
uint32_t seen_add(struct hash hash, uint32_t parent, uint32_t move,
		  bool *is_new);
/* The number of a state that was added, or SEEN_NONE. */
uint32_t seen_find(struct hash hash);
uint32_t seen_parent(uint32_t state, uint32_t *move);
uint32_t seen_len(void);
uint64_t seen_bytes(void);

#endif
