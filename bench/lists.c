/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list code alone: no model, no checks, no engine.  Prints nanoseconds of
 * processor time for each of some uses of a list, one per line; the uses are
 * those of bench/hardened.py.
 *
 *	lists ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "worlds/lists/model.h"

#define VM 0
#define HEAD 0

static const struct pyfuzz_target *const target = &pyfuzz_target;

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return 1e9 * (double)ts.tv_sec + (double)ts.tv_nsec;
}

static uint64_t *sptep(unsigned int spte)
{
	return &target->sptes[VM][spte];
}

static void fill(unsigned int entries)
{
	for (unsigned int i = 0; i < entries; i++) {
		target->topup(VM);
		*sptep(i) = PRESENT;
		target->add(VM, HEAD, sptep(i));
	}
}

static void empty(unsigned int entries)
{
	for (unsigned int i = 0; i < entries; i++)
		target->remove(VM, VM, HEAD, sptep(i));
}

static void say(const char *use, unsigned int entries, double spent_ns,
		unsigned long operations)
{
	printf("%s %u %.3f\n", use, entries, spent_ns / (double)operations);
}

static void measure(unsigned int entries, unsigned long rounds)
{
	static uint64_t *out[PYFUZZ_SPTES];
	double at = now_ns();

	/* The clock costs as much as hundreds of adds: whole lives of lists. */
	for (unsigned long r = 0; r < rounds; r++) {
		fill(entries);
		empty(entries);
	}
	say("add-remove", entries, now_ns() - at, rounds * entries);
	at = now_ns();
	for (unsigned long r = 0; r < rounds; r++) {
		fill(entries);
		target->zap_all(VM, HEAD);
	}
	say("add-zap-all", entries, now_ns() - at, rounds * entries);
	fill(entries);
	at = now_ns();
	for (unsigned long r = 0; r < rounds; r++)
		target->iterate(VM, HEAD, out, PYFUZZ_SPTES);
	say("walk", entries, now_ns() - at, rounds * entries);
	empty(entries);
}

int main(int argc, char **argv)
{
	static const unsigned int lengths[] = { 1, 4, 14, 100, 1000 };
	unsigned long rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (!rounds)
		return 2;
	world_reset();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		measure(lengths[i], 1 + rounds / lengths[i]);
	return 0;
}
