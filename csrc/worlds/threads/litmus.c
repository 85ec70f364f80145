/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Litmus tests: the scheduler must allow exactly the outcomes that sequential
 * consistency allows, or x86-TSO with store buffers.  Names as in the kernel's
 * tools/memory-model/litmus-tests.
 */
#include <string.h>
#include "core.h"

static uint64_t x, y, lock_word, mutex, plain;
static uint64_t registers[PYFUZZ_FIBERS];
static uint64_t outcomes;

static void put(uint64_t *word, uint64_t value)
{
	pyfuzz_atomic(word, 8, PYFUZZ_A_WRITE, value, 0, PYFUZZ_RELAXED);
}

static uint64_t get(uint64_t *word)
{
	return pyfuzz_atomic(word, 8, PYFUZZ_A_READ, 0, 0, PYFUZZ_RELAXED);
}

static void store_buffering(unsigned int fiber)
{
	put(fiber ? &y : &x, 1);
	registers[fiber] = get(fiber ? &x : &y);
}

/* A full barrier between the two, or a locked instruction: as without buffers. */
static void store_buffering_mb(unsigned int fiber)
{
	put(fiber ? &y : &x, 1);
	pyfuzz_fence(PYFUZZ_FULL);
	registers[fiber] = get(fiber ? &x : &y);
}

static void store_buffering_locked(unsigned int fiber)
{
	put(fiber ? &y : &x, 1);
	pyfuzz_atomic(&lock_word, 8, PYFUZZ_A_CMPXCHG, 1, 2, PYFUZZ_FULL);
	registers[fiber] = get(fiber ? &x : &y);
}

/* A barrier in one of the two is not enough, and a release is none. */
static void store_buffering_half(unsigned int fiber)
{
	pyfuzz_atomic(fiber ? &y : &x, 8, PYFUZZ_A_WRITE, 1, 0, PYFUZZ_RELEASE);
	if (fiber)
		pyfuzz_fence(PYFUZZ_FULL);
	registers[fiber] = get(fiber ? &x : &y);
}

/* The same with plain stores, as the compiler makes them. */
static void store_buffering_plain(unsigned int fiber)
{
	uint64_t *mine = fiber ? &y : &x;

	access_bytes((uintptr_t)mine, 8, true, false, PLACE);
	*mine = 1;
	registers[fiber] = get(fiber ? &x : &y);
}

/* A fiber sees its own store at once, the other's later: forwarding. */
static void forwarding(unsigned int fiber)
{
	put(fiber ? &y : &x, 1);
	registers[2 * fiber] = get(fiber ? &y : &x);
	registers[2 * fiber + 1] = get(fiber ? &x : &y);
}

/* Two stores to one word reach memory in their order. */
static void two_stores(unsigned int fiber)
{
	if (fiber == 0) {
		put(&x, 1);
		put(&x, 0);
		put(&y, 1);
	} else {
		registers[0] = get(&y);
		registers[1] = get(&x);
	}
}

static void message_passing(unsigned int fiber)
{
	if (fiber == 0) {
		put(&x, 1);
		put(&y, 1);
	} else {
		registers[0] = get(&y);
		registers[1] = get(&x);
	}
}

static void load_buffering(unsigned int fiber)
{
	registers[fiber] = get(fiber ? &y : &x);
	put(fiber ? &x : &y, 1);
}

static void coherence(unsigned int fiber)
{
	if (fiber == 0) {
		put(&x, 1);
	} else {
		registers[0] = get(&x);
		registers[1] = get(&x);
	}
}

/* Two readers may not see two writes in different orders. */
static void iriw(unsigned int fiber)
{
	if (fiber < 2) {
		put(fiber ? &y : &x, 1);
		return;
	}
	registers[2 * fiber - 4] = get(fiber == 2 ? &x : &y);
	registers[2 * fiber - 3] = get(fiber == 2 ? &y : &x);
}

/* Each adds one in two steps under a lock: no addition is lost. */
static void with_mutex(unsigned int fiber)
{
	pyfuzz_write_lock(&mutex);
	put(&x, get(&x) + 1);
	pyfuzz_write_unlock(&mutex);
	(void)fiber;
	registers[0] = x == 2;
	registers[1] = x == 1;
}

static void without_mutex(unsigned int fiber)
{
	put(&x, get(&x) + 1);
	(void)fiber;
	registers[0] = x == 2;
	registers[1] = x == 1;
}

/* One waits for the other's word, with cpu_relax(). */
static void spinning(unsigned int fiber)
{
	if (fiber == 0) {
		put(&x, 1);
		put(&lock_word, 1);
		return;
	}
	while (!get(&lock_word))
		pyfuzz_relax();
	registers[0] = get(&x);
}

/*
 * Message passing with a plain word, with the ordering that the kernel's model
 * requires, with x86's only, or with none: register 0 is set if there is a race.
 */
static void pass(unsigned int fiber, unsigned int release, unsigned int acquire)
{
	if (fiber == 0) {
		access_bytes((uintptr_t)&plain, 8, true, false, PLACE);
		plain = 1;
		pyfuzz_atomic(&y, 8, PYFUZZ_A_WRITE, 1, 0, release);
	} else if (pyfuzz_atomic(&y, 8, PYFUZZ_A_READ, 0, 0, acquire)) {
		access_bytes((uintptr_t)&plain, 8, false, false, PLACE);
	}
}

static void pass_ordered(unsigned int fiber)
{
	pass(fiber, PYFUZZ_RELEASE, PYFUZZ_ACQUIRE);
}

static void pass_relaxed(unsigned int fiber)
{
	pass(fiber, PYFUZZ_RELAXED, PYFUZZ_RELAXED);
}

static void pass_unordered(unsigned int fiber)
{
	access_bytes((uintptr_t)&plain, 8, !fiber, false, PLACE);
}

static const struct {
	const char *name;
	unsigned int fibers;
	void (*body)(unsigned int fiber);
} tests[] = {
	{ "SB", 2, store_buffering },
	{ "SB+mb", 2, store_buffering_mb },
	{ "SB+locked", 2, store_buffering_locked },
	{ "SB+half", 2, store_buffering_half },
	{ "SB+plain", 2, store_buffering_plain },
	{ "forwarding", 2, forwarding },
	{ "two-stores", 2, two_stores },
	{ "MP", 2, message_passing },
	{ "LB", 2, load_buffering },
	{ "CoRR", 2, coherence },
	{ "IRIW", 4, iriw },
	{ "mutex", 2, with_mutex },
	{ "no-mutex", 2, without_mutex },
	{ "spin", 2, spinning },
	{ "pass-ordered", 2, pass_ordered },
	{ "pass-relaxed", 2, pass_relaxed },
	{ "pass-unordered", 2, pass_unordered },
};

static void begin(void)
{
	memset(registers, 0, sizeof(registers));
}

static void end(void)
{
	unsigned int outcome = 0;

	for (unsigned int i = 0; i < PYFUZZ_FIBERS; i++)
		outcome |= (registers[i] & 1u) << i;
	outcomes |= 1ULL << outcome;
}

int64_t pyfuzz_threads_litmus(const char *name, uint32_t bound, uint32_t prune,
			      uint32_t tso, struct pyfuzz_threads_result *result)
{
	struct pyfuzz_scenario nothing = { .fibers = 1 };

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(tests[i].name, name))
			continue;
		memset(result, 0, sizeof(*result));
		threads.result = result;
		if (!world_build(&nothing))
			return 0;
		threads.fibers_len = tests[i].fibers;
		threads.rules = false;
		threads.at_begin = begin;
		threads.at_end = end;
		threads.body = tests[i].body;
		outcomes = 0;
		threads.tso = tso;
		search_run(bound, tso ? bound : 0, prune, 0);
		return (int64_t)outcomes;
	}
	return -1;
}
