/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engine sees besides the target's coverage: a block of counters for
 * the state of the lists, registered like a module's own.  A counter is 0 or
 * 1: how often a state was met in a sequence says nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "world.h"

/*
 * OPERATION: operation x length of the list x (error, VM bugged before)
 * SHAPE: descriptors x entries in the first one
 * TAIL: entries in the last one x descriptors with a hole
 * FOUND: where a removed entry is: descriptor x slot
 * OUTCOME: first fault of a sequence x what came of it
 */
#define LENGTHS 16
#define OPERATION 0
#define SHAPE (OPERATION + PYFUZZ_OPCODES * LENGTHS * 4)
#define TAIL (SHAPE + 8 * 16)
#define FOUND (TAIL + 16 * 4)
#define OUTCOME (FOUND + 8 * 16)
#define STATES (OUTCOME + PYFUZZ_FAULTS * PYFUZZ_OUTCOMES)

static uint8_t counters[STATES] __attribute__((aligned(64)));
static uint8_t ever[STATES];
static uint32_t states_seen;

extern uint8_t __start___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
extern uint8_t __stop___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
	__attribute__((weak));
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
	__attribute__((weak));

/* The engine wants an address and a flag for each counter: ours are its own. */
static uintptr_t addresses[2 * STATES];

static void __attribute__((constructor)) feedback_register(void)
{
	const char *without = getenv("PYFUZZ_WITHOUT");

	pyfuzz_target.traits.states = STATES;
	pyfuzz_target.traits.counters =
		(uint32_t)(__stop___sancov_cntrs - __start___sancov_cntrs);
	for (size_t i = 0; i < STATES; i++)
		addresses[2 * i] = (uintptr_t)&counters[i];
	/* For the ablation (docs/ablation.md): the target's coverage alone. */
	if (without && strstr(without, "state"))
		return;
	if (!__sanitizer_cov_8bit_counters_init || !__sanitizer_cov_pcs_init)
		return;
	__sanitizer_cov_8bit_counters_init(counters, counters + STATES);
	__sanitizer_cov_pcs_init(addresses, addresses + 2 * STATES);
}

uint8_t *feedback_counters(void)
{
	return counters;
}

static void hit(unsigned int i)
{
	counters[i] = 1;
	if (ever[i])
		return;
	ever[i] = 1;
	states_seen++;
}

/* Lengths that differ in what the code does, in descriptors of cap entries. */
static unsigned int length_class(unsigned int n)
{
	unsigned int cap = pyfuzz_target.traits.capacity;

	if (n <= 2)
		return n;
	if (n <= cap + 1)
		return n < cap ? 3 : n == cap ? 4 : 5;
	if (n <= 2 * cap + 1)
		return n < 2 * cap ? 6 : n == 2 * cap ? 7 : 8;
	if (n <= 4 * cap)
		return 9;
	if (n <= 8 * cap)
		return 10;
	if (n <= 16 * cap)
		return 11;
	if (n <= 300)
		return 12;
	return n <= PYFUZZ_RECYCLE_THRESHOLD ? 13 :
	       n == PYFUZZ_RECYCLE_THRESHOLD + 1 ? 14 : 15;
}

static unsigned int descriptor_class(unsigned int n)
{
	return n <= 4 ? n : n <= 8 ? 5 : n <= 32 ? 6 : 7;
}

/* Look for an entry in the first descriptors; further costs too much. */
static void feedback_found(unsigned int vm, unsigned int head,
			   unsigned int spte)
{
	const struct pyfuzz_traits *t = &pyfuzz_target.traits;
	unsigned long val = *pyfuzz_target.heads[vm][head];
	const uint8_t *desc = (const uint8_t *)(val & ~3UL);
	const uint64_t *sptep = &pyfuzz_target.sptes[vm][spte];

	if (!(val & 1))
		return;
	/* Looked up first: the list may be broken and not checked yet. */
	for (unsigned int d = 0; d < 8 && descriptor_is_live(desc); d++) {
		const uint64_t *const *sptes =
			(const uint64_t *const *)(desc + t->sptes_offset);

		for (unsigned int i = 0; i < t->capacity; i++) {
			if (sptes[i] == sptep) {
				hit(FOUND + d * 16 + i);
				return;
			}
		}
		desc = *(const uint8_t *const *)(desc + t->more_offset);
	}
}

/* Before the step: what is about to be done to a list in which state. */
void feedback_step(const struct pyfuzz_op *op, unsigned int spte, bool error)
{
	const struct vm *m = &world.vms[op->head_vm];
	unsigned int class = length_class(m->count[op->head]);

	hit(OPERATION + (op->opcode * LENGTHS + class) * 4 +
	    (world.vms[op->vm].expect_bugged ? 2 : 0) + error);
	if (!error && spte != PYFUZZ_NONE &&
	    m->owner[spte] == op->head && m->count[op->head] > 1)
		feedback_found(op->head_vm, op->head, spte);
}

/* After the step: the shape that the list has now. */
void feedback_walk(const struct walk *walk)
{
	unsigned int fill = walk->tail_fill < 16 ? walk->tail_fill : 15;

	if (!walk->descriptors)
		return;
	hit(SHAPE + descriptor_class(walk->descriptors) * 16 +
	    (walk->head_fill < 16 ? walk->head_fill : 15));
	hit(TAIL + fill * 4 + (walk->holes < 4 ? walk->holes : 3));
}

void feedback_outcome(unsigned int fault, unsigned int outcome)
{
	hit(OUTCOME + fault * PYFUZZ_OUTCOMES + outcome);
}

/* At the end of a run: count the target's edges that were never hit before. */
void feedback_collect(void)
{
	static uint8_t seen[1 << 16];
	struct pyfuzz_shared *shared = shared_region();
	const uint8_t *start = __start___sancov_cntrs;
	size_t n = pyfuzz_target.traits.counters;
	uint64_t edges = shared->edges;

	for (size_t i = 0; i < n && i < sizeof(seen); i++) {
		if (start[i] && !seen[i]) {
			seen[i] = 1;
			edges++;
		}
	}
	if (edges == shared->edges && states_seen == shared->states)
		return;
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	shared->edges = edges;
	shared->states = states_seen;
	shared->last_new_ns =
		(uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}
