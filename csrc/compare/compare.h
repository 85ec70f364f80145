/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two modules in one process, with the same operations one after the other on
 * both.  Read by cffi as well; the rules for that are at the top of
 * harness/pyfuzz.h.
 */
#ifndef PYFUZZ_COMPARE_H
#define PYFUZZ_COMPARE_H

#include "../harness/pyfuzz.h"

/* How much of a list is compared: what each level has, the next has too. */
enum pyfuzz_level {
	PYFUZZ_OBSERVABLE = 0, /* which entries it has */
	PYFUZZ_ORDER = 1, /* in which order they are met */
	PYFUZZ_SHAPE_LEVEL = 2, /* how they lie in the descriptors */
};

/* What two kernels do differently by design, so that it is not compared. */
enum pyfuzz_aside {
	PYFUZZ_ASIDE_COUNT = 1, /* the number that an add returns */
	PYFUZZ_ASIDE_ERRORS = 2, /* steps that err: they are left out */
	PYFUZZ_ASIDE_LOG = 4, /* the log of a step that errs */
	PYFUZZ_ASIDE_RECYCLE =
		8, /* rmap_add() to a list over the threshold: left out */
};
/* And from this bit on, one for each part (side.h) that the user does not compare. */
#define PYFUZZ_ASIDE_PARTS 8

struct pyfuzz_wanted {
	uint32_t level; /* enum pyfuzz_level */
	uint32_t aside; /* mask over enum pyfuzz_aside */
	uint32_t precise; /* 1: the oracle looks at everything after each step */
};

/* This module, for another one's pyfuzz_compare_with(). */
const void *pyfuzz_compare_side(void);
/*
 * From now on each sequence runs on the other module as well, operation by
 * operation, and the only finding is a difference.  Returns 0, or 1 if the
 * other is of another world, or if this world cannot be compared.
 */
int pyfuzz_compare_with(const void *side, const struct pyfuzz_wanted *wanted);

#endif
