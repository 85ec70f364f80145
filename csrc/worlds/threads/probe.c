/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Schedules that an engine's inputs do not ask for: some random ones of the same
 * scenario.  One that shows something becomes the input's own.
 */
#include <string.h>
#include "core.h"
#include "probe.h"

#define SCHEDULES 16
#define MAX_CHANGES 4
/* After so many that showed nothing new, a target that fails all the time. */
#define MAX_STRIKES 256

static bool off, showed;
static unsigned int strikes;
static struct pyfuzz_scenario of;
static struct pyfuzz_schedule shown;

static void begin(bool without)
{
	off = without || strikes == MAX_STRIKES;
	showed = false;
}

/* Equal for equal inputs. */
static uint64_t seed_of(const struct pyfuzz_scenario *scenario, uint64_t hash)
{
	const uint8_t *byte = (const uint8_t *)scenario;

	for (size_t i = 0; i < sizeof(*scenario); i++)
		hash = mix(hash ^ byte[i]);
	return hash;
}

void probe_run(const struct pyfuzz_scenario *scenario, uint64_t hash)
{
	uint64_t seed;

	if (off || scenario->fibers < 2)
		return;
	seed = seed_of(scenario, hash);
	random_run(seed, SCHEDULES, 1 + (uint32_t)(seed % MAX_CHANGES));
	if (!threads.result->findings_len)
		return;
	showed = true;
	of = *scenario;
	shown = threads.result->findings[0].schedule;
	threads.result->findings_len = 0;
}

static unsigned int probe_showed(void)
{
	return showed;
}

static uint8_t *put(uint8_t *at, unsigned int b0, unsigned int b1,
		    unsigned int b2, unsigned int b3)
{
	at[0] = (uint8_t)b0;
	at[1] = (uint8_t)b1;
	at[2] = (uint8_t)b2;
	at[3] = (uint8_t)b3;
	return at + PYFUZZ_OP_BYTES;
}

/* The scenario with that schedule, as decode.c reads it. */
static size_t sequence(const uint8_t *data, const uint8_t **longer)
{
	static uint8_t bytes[PYFUZZ_MAX_INPUT];
	uint8_t *at = bytes;

	(void)data;
	at = put(at, 7, of.entries, !of.ad | of.reuse << 1 | of.tso << 2, 0);
	for (unsigned int fiber = 0; fiber < of.fibers; fiber++)
		for (uint32_t i = 0; i < of.fiber[fiber].ops_len; i++)
			at = put(at, fiber << 3, of.fiber[fiber].ops[i].what,
				 of.fiber[fiber].ops[i].operand, 0);
	for (uint32_t i = 0; i < shown.len; i++) {
		const struct pyfuzz_switch *s = &shown.switches[i];

		at = put(at, 4U | s->fiber << 3U, s->at & 255, s->at >> 8,
			 s->next);
	}
	for (uint32_t i = 0; i < shown.delays_len; i++) {
		const struct pyfuzz_delay *d = &shown.delays[i];

		at = put(at, 6U | d->fiber << 3U, d->at & 255, d->at >> 8,
			 d->by);
	}
	*longer = bytes;
	return (size_t)(at - bytes);
}

static void strike(unsigned int operation)
{
	(void)operation;
	strikes++;
}

const struct pyfuzz_probe probe = {
	.begin = begin,
	.showed = probe_showed,
	.sequence = sequence,
	.strike = strike,
};
