/* SPDX-License-Identifier: GPL-2.0-only */
/* The sequence that is being run. */
#include <string.h>
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
	sequence.made_up = NULL;
	sequence.made_up_more = false;
	sequence.result.findings_len = 0;
	sequence.result.operations = 0;
	sequence.result.steps = 0;
	sequence_step();
}

/* The sites that fired in any world, in the order of their first time. */
#define PLACES 64
static unsigned int *places[PLACES];
static unsigned int places_len;

static void remember(unsigned int *state)
{
	for (unsigned int i = 0; i < places_len; i++)
		if (places[i] == state)
			return;
	if (places_len < PLACES)
		places[places_len++] = state;
}

PYFUZZ_WEAK bool pyfuzz_once(unsigned int *state)
{
	if (*state == sequence.boot)
		return false;
	if (!*state)
		remember(state);
	*state = sequence.boot;
	return true;
}

uint64_t once_spoken(void)
{
	uint64_t spoken = 0;

	for (unsigned int i = 0; i < places_len; i++)
		if (*places[i] == sequence.boot)
			spoken |= 1ULL << i;
	return spoken;
}

void once_set(uint64_t spoken)
{
	for (unsigned int i = 0; i < places_len; i++)
		*places[i] = spoken >> i & 1 ? sequence.boot : 0;
}

/* A place in a state: the same in every process, whatever fired there before. */
uint8_t *once_encode(uint8_t *out)
{
	int64_t fired[PLACES];
	unsigned int n = 0;

	for (unsigned int i = 0; i < places_len; i++) {
		int64_t one = (char *)places[i] - (char *)&sequence;
		unsigned int at = n;

		if (*places[i] != sequence.boot)
			continue;
		for (; at && one < fired[at - 1]; at--)
			fired[at] = fired[at - 1];
		fired[at] = one;
		n++;
	}
	*out++ = (uint8_t)n;
	memcpy(out, fired, n * sizeof(*fired));
	return out + n * sizeof(*fired);
}

const uint8_t *once_decode(const uint8_t *in)
{
	unsigned int n = *in++;

	once_set(0);
	for (; n--; in += sizeof(int64_t)) {
		int64_t one;

		memcpy(&one, in, sizeof(one));
		pyfuzz_once((unsigned int *)(void *)((char *)&sequence + one));
	}
	return in;
}
