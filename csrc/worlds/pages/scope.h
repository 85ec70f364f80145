/* SPDX-License-Identifier: GPL-2.0-only */
/* What a scope of csrc/exhaust consists of: its tables, entries and frames. */
#ifndef PYFUZZ_PAGES_SCOPE_H
#define PYFUZZ_PAGES_SCOPE_H

#include "exhaust/space.h"
#include "world.h"

/*
 * Frames that a PTE can get, in this order: in two memslots, another one in the
 * first of them, a page table itself (in a third memslot), and in none.
 */
#define SCOPE_FRAMES 5
extern const uint8_t scope_frames[SCOPE_FRAMES];
/* Tables that a PDE can get; the second one is where a huge page begins. */
#define SCOPE_TABLES 2
extern const uint8_t scope_tables[SCOPE_TABLES];
/* The table of the PDEs. */
#define SCOPE_PDES 4

/* Two frames that are alike; false if the scope has only one of them. */
bool scope_pair(const struct pyfuzz_scope *scope, uint8_t pair[2]);
/* Whether an operation of the scope goes by the age of the shadow pages. */
bool scope_by_age(const struct pyfuzz_scope *scope);

#endif
