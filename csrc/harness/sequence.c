/* SPDX-License-Identifier: GPL-2.0-only */
/* The sequence that is being run. */
#include "callbacks.h"
#include "sequence.h"

struct sequence sequence;

void sequence_begin(void)
{
	sequence.boot++;
	sequence.faulted = sequence.mistake = false;
	sequence.host_dead = sequence.late = sequence.ending = false;
	sequence.operation = sequence.step = 0;
	sequence.lines = 0;
	sequence.result.findings_len = 0;
	sequence.result.operations = 0;
	sequence.result.steps = 0;
	sequence_step();
}

bool pyfuzz_once(unsigned int *state)
{
	if (*state == sequence.boot)
		return false;
	*state = sequence.boot;
	return true;
}
