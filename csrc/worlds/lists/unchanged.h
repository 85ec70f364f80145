/* SPDX-License-Identifier: GPL-2.0-only */
/* What a step left as it was: neither checked nor encoded again. */
#ifndef PYFUZZ_LISTS_UNCHANGED_H
#define PYFUZZ_LISTS_UNCHANGED_H

#include "exhaust/hash.h"
#include "walk.h"

/* Whether there are so many entries that it pays; equal states agree. */
bool unchanged_pays(void);
/* The current world is right, and saved: later ones are compared with it. */
void unchanged_save(void);
/* Whether anything may be left out. */
bool unchanged_used(void);
/* Everything is looked at in full until the next unchanged_save(). */
void unchanged_forget(void);
/* The same for a while. */
void unchanged_ignore(bool on);
/* Before the checks of a step: find what differs. */
void unchanged_look(void);
/* Whether it is certain that walk_list() would find nothing; fills the walk. */
bool unchanged_walk(unsigned int vm, unsigned int head, struct walk *walk);
/*
 * The hash of a descriptor and its number of entries, if it was walked since
 * unchanged_look() and is as it was.
 */
bool unchanged_hash(const void *desc, struct hash *hash, unsigned int *entries);

#endif
