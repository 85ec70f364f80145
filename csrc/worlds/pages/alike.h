/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is alike in a scope of csrc/exhaust: entries of one guest table, with the
 * SPTEs that stand for them, and two frames of one memslot.  States that differ
 * only in which is which are one.
 */
#ifndef PYFUZZ_PAGES_ALIKE_H
#define PYFUZZ_PAGES_ALIKE_H

#include "exhaust/space.h"
#include "world.h"

/* Entries that can change places: the first ones of a table. */
#define ALIKE_ENTRIES 3

/* A renaming of the world; its own names for everything to begin with. */
struct alike {
	/* At this position of a table stands the entry with this index. */
	uint8_t index[PYFUZZ_TABLES][ALIKE_ENTRIES];
	bool swapped; /* the two frames */
};
extern struct alike alike;

void alike_begin(const struct pyfuzz_scope *scope);
void alike_none(void);
void alike_random(uint64_t seed);
/* The next random number, of which each shuffled world has its own. */
uint64_t alike_draw(uint64_t *seed);
/* The one that brings all states that are alike into one form. */
void alike_choose(const struct pages_page *pages, uint32_t n);
/* How many states have the form of the world that it was last chosen for. */
uint32_t alike_states(void);

/* The guest's table whose entries a page's SPTEs stand for; -1: none that matters. */
int alike_table(const struct pages_page *page);
/* From an index to its position, and back. */
unsigned int alike_position(int table, unsigned int index);
unsigned int alike_index(int table, unsigned int position);
/* A word of the guest's tables, by its place in the form. */
struct guest_word alike_guest_word(unsigned int vm, unsigned int i);
/* Entries, SPTEs, stored gfns and frames under the other name. */
uint64_t alike_entry(uint64_t entry);
uint64_t alike_spte(uint64_t spte);
uint64_t alike_stored(const struct pages_page *page, uint64_t word);
uint8_t alike_frame(uint8_t frame);
/*
 * The two frames' places in their slot's reverse maps; false: they cannot change
 * names.  And the array of those, or NULL.
 */
bool alike_pair(uint64_t place[2]);
const unsigned long *alike_heads(void);

#endif
