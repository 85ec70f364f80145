/* SPDX-License-Identifier: GPL-2.0-only */
/* The way back from the target. */
#ifndef PYFUZZ_GUARD_H
#define PYFUZZ_GUARD_H

#include <setjmp.h>
#include "sequence.h"

extern sigjmp_buf guard_env;
extern volatile int guard_armed;

void guard_install(void);
void guard_events(void); /* turn sanitizer reports into findings */
void guard_forget(void); /* events that were not turned into a finding */

/* Entering the target; findings in there are attributed to function. */
static inline void guard_enter(const char *function)
{
	sequence.function = function;
	guard_armed = 1;
	__asm__ volatile("" ::: "memory");
}

static inline void guard_leave(void)
{
	__asm__ volatile("" ::: "memory");
	guard_armed = 0;
}

/* Run an expression that enters the target. */
#define CALL(function, expression)     \
	do {                           \
		guard_enter(function); \
		expression;            \
		guard_leave();         \
	} while (0)

#endif
