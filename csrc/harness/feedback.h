/* SPDX-License-Identifier: GPL-2.0-only */
/* Feedback to the engine about the state of the world, besides coverage. */
#ifndef PYFUZZ_FEEDBACK_H
#define PYFUZZ_FEEDBACK_H

#include <stdint.h>

/* The number of states that a world can distinguish. */
#define FEEDBACK_STATES 65536

extern uint8_t feedback_counters[FEEDBACK_STATES];
extern uint8_t feedback_ever[FEEDBACK_STATES];
extern uint32_t feedback_seen;

/* Called by the world's constructor: how many states it distinguishes. */
void feedback_register(uint32_t states);
void feedback_collect(void);

static inline void feedback_hit(uint32_t state)
{
	feedback_counters[state] = 1;
	if (feedback_ever[state])
		return;
	feedback_ever[state] = 1;
	feedback_seen++;
}

#endif
