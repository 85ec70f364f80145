/* SPDX-License-Identifier: GPL-2.0-only */
/* Feedback to the engine about the state of the lists. */
#ifndef PYFUZZ_LISTS_STATES_H
#define PYFUZZ_LISTS_STATES_H

#include "harness/list.h"
#include "lists.h"

void states_step(const struct pyfuzz_op *op, unsigned int spte, bool error);
void states_walk(const struct walk *walk);
void states_outcome(unsigned int fault, unsigned int outcome);

#endif
