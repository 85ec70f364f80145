/* SPDX-License-Identifier: GPL-2.0-only */
/* One search in several processes. */
#ifndef PYFUZZ_SHARE_H
#define PYFUZZ_SHARE_H

#include <stdbool.h>
#include "hash.h"

void share_begin(uint32_t part, uint32_t parts);
/* Whether there are other processes. */
bool share_is_split(void);
/* Whether this process counts and audits a state. */
bool share_owns(uint32_t state);
/* Its share of a state's moves: from *first to before *end. */
struct plan;
void share_moves(const struct plan *plan, uint32_t *first, uint32_t *end);
/* Whether a state is among the last news; if not, it may still be among the others. */
bool share_has(struct hash hash);
/* A state that is not known from an earlier depth; false: no memory. */
bool share_put(struct hash hash, uint32_t parent, uint32_t move,
	       uint32_t stands_for, const uint8_t *bytes, uint32_t size);
/* Number and queue the states of all processes; false: no memory. */
bool share_merge(void);
uint64_t share_bytes(void);

#endif
