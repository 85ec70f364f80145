/* SPDX-License-Identifier: GPL-2.0-only */
/* The sequence that is being run: its position and its result. */
#ifndef PYFUZZ_SEQUENCE_H
#define PYFUZZ_SEQUENCE_H

#include <stdbool.h>
#include "pyfuzz.h"

struct sequence {
	uint32_t boot; /* number of this world, for once-a-boot sites */
	bool precise; /* check everything after every step */
	bool keep_log; /* format and keep log lines */
	bool faulted; /* a fault was planted, or the target is known to be broken */
	bool watched; /* memory is not judged: only what the target comes to */
	bool mistake; /* this step is an error in the sequence */
	bool host_dead; /* the rest of the sequence is skipped */
	bool late; /* a finding may be older than its step */
	bool ending; /* at tear-down */
	bool compared; /* with another module: csrc/compare */
	uint32_t aside; /* enum pyfuzz_aside: what is not compared */

	uint32_t operation; /* current position, for findings */
	uint32_t step;
	uint32_t lines; /* logged since the boot */
	uint32_t variant; /* of the next finding's signature */
	uint32_t step_lines; /* logged by this step */
	uint32_t step_findings; /* mask over enum pyfuzz_kind, this step's */
	uint64_t step_log; /* what this step logged, as a number; 0: nothing */
	const char *logged, *logged_by; /* the last line's format and function */
	const char *made_up; /* the first function called that is; NULL: none */
	bool made_up_more; /* others as well */

	/* The target's function that runs or ran last, for findings. */
	const char *volatile function;

	struct pyfuzz_result result;
};

extern struct sequence sequence;

/* The once-a-boot sites that fired in this world, a bit each; get and set. */
uint64_t once_spoken(void);
void once_set(uint64_t spoken);
/* The same, for a state; both return the end. */
#define ONCE_STATE (1 + 64 * 8)
uint8_t *once_encode(uint8_t *out);
const uint8_t *once_decode(const uint8_t *in);

/* Begin a new sequence, in a new world. */
void sequence_begin(void);
/* Begin a new step. */
static inline void sequence_step(void)
{
	sequence.step_lines = 0;
	sequence.step_findings = 0;
	sequence.step_log = 0;
}

#endif
