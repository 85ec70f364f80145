/* SPDX-License-Identifier: GPL-2.0-only */
/* Walking a list, and comparing it with the model. */
#ifndef PYFUZZ_LISTS_WALK_H
#define PYFUZZ_LISTS_WALK_H

#include "harness/list.h"
#include "model.h"

/* False if the list is broken; message and kind then say how. */
bool walk_list(unsigned int vm, unsigned int head, struct walk *walk);
/* Only its descriptors; false if a full walk is needed. */
bool skim_list(unsigned int vm, unsigned int head, struct walk *walk);
int64_t entries_up_to(unsigned int vm, unsigned int head, unsigned int spte);

#endif
