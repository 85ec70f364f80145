/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A state of the pages world as bytes, for csrc/exhaust: everything that the
 * target can read, with the addresses of allocated objects renamed.
 */
#ifndef PYFUZZ_PAGES_CANONICAL_H
#define PYFUZZ_PAGES_CANONICAL_H

#include "exhaust/space.h"
#include "world.h"

/* Whether the target says where all of its data is. */
bool canonical_can(void);
/* Why not, as far as that is known. */
const char *canonical_cannot(void);
void canonical_begin(const struct pyfuzz_scope *scope);
/* The current state is the first one of the search. */
void canonical_first(void);
/* Returns the size; 0: it does not fit. */
uint32_t canonical_encode(uint8_t *out, bool mapped);
/* shuffle: other addresses; 0: the simplest ones. */
void canonical_decode(const uint8_t *in, uint32_t size, uint64_t shuffle);

void snapshot_save(void);
void snapshot_restore(void);

#endif
