/* SPDX-License-Identifier: GPL-2.0-only */
/* The comparison that is going on. */
#ifndef PYFUZZ_LOCKSTEP_H
#define PYFUZZ_LOCKSTEP_H

#include "side.h"

struct lockstep {
	const struct side *mine, *other;
	struct pyfuzz_wanted wanted;
	uint32_t opcodes; /* that both have */
};
extern struct lockstep lockstep;

/* The finding that a difference is; op is NULL at tear-down. */
void lockstep_differ(const struct pyfuzz_op *op, enum part part);
/* Whether the last step was different. */
bool lockstep_differs(void);
/* A step on both; false if there is a difference, or if the host is dead. */
bool lockstep_step(const struct pyfuzz_op *op, uint32_t operation, uint32_t i,
		   bool last);

#endif
