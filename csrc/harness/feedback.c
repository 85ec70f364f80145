/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engine sees besides the target's coverage: a block of counters for
 * the state of the world, registered like those of a module.  A counter is 0 or
 * 1, since it does not matter how often a sequence has a state.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "callbacks.h"
#include "feedback.h"
#include "findings.h"

uint8_t feedback_counters[FEEDBACK_STATES] __attribute__((aligned(64)));
uint8_t feedback_ever[FEEDBACK_STATES];
uint32_t feedback_seen;

extern uint8_t __start___sancov_cntrs[]
	__attribute__((weak, visibility("hidden")));
extern uint8_t __stop___sancov_cntrs[]
	__attribute__((weak, visibility("hidden")));
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
	__attribute__((weak));
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
	__attribute__((weak));

/* The engine needs an address and a flag per counter: the counter's own. */
static uintptr_t addresses[2 * FEEDBACK_STATES];

void feedback_register(uint32_t states)
{
	const char *without = getenv("PYFUZZ_WITHOUT");

	pyfuzz_target_traits.states = states;
	pyfuzz_target_traits.counters =
		(uint32_t)(__stop___sancov_cntrs - __start___sancov_cntrs);
	for (size_t i = 0; i < states; i++)
		addresses[2 * i] = (uintptr_t)&feedback_counters[i];
	/* For the ablation (docs/ablation.md): only the target's coverage. */
	if (without && strstr(without, "state"))
		return;
	if (!__sanitizer_cov_8bit_counters_init || !__sanitizer_cov_pcs_init)
		return;
	__sanitizer_cov_8bit_counters_init(feedback_counters,
					   feedback_counters + states);
	__sanitizer_cov_pcs_init(addresses, addresses + 2 * states);
}

/* At the end of a run: count the target's edges that are new. */
void feedback_collect(void)
{
	static uint8_t seen[1 << 16];
	struct pyfuzz_shared *shared = shared_region();
	const uint8_t *start = __start___sancov_cntrs;
	size_t n = pyfuzz_target_traits.counters;
	uint64_t edges = shared->edges;

	for (size_t i = 0; i < n && i < sizeof(seen); i++) {
		if (start[i] && !seen[i]) {
			seen[i] = 1;
			edges++;
		}
	}
	if (edges == shared->edges && feedback_seen == shared->states)
		return;
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	shared->edges = edges;
	shared->states = feedback_seen;
	shared->last_new_ns =
		(uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}
