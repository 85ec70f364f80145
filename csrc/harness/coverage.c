/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one sequence reaches, independent of what ran before, for choosing among
 * inputs (pyfuzz/corpus/survey.py).  Counts fall into the same classes as in
 * libFuzzer, so that the inputs kept are those that the engine would keep.
 */
#include <string.h>
#include "callbacks.h"
#include "feedback.h"
#include "findings.h"
#include "run.h"

extern uint8_t __start___sancov_cntrs[]
	__attribute__((weak, visibility("hidden")));
extern uint8_t __stop___sancov_cntrs[]
	__attribute__((weak, visibility("hidden")));

/* One bit for the count: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more. */
static uint8_t bucket(uint8_t count)
{
	if (count <= 3)
		return (uint8_t)(1U << count >> 1);
	return count >= 128 ? 128 :
	       count >= 32  ? 64 :
	       count >= 16  ? 32 :
	       count >= 8   ? 16 :
			      8;
}

static void buckets(const uint8_t *counters, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = counters[i] ? bucket(counters[i]) : 0;
}

void pyfuzz_coverage(const uint8_t *data, size_t size, uint8_t *out)
{
	struct pyfuzz_shared *shared = shared_region();
	size_t edges = pyfuzz_target_traits.counters;
	size_t states = pyfuzz_target_traits.states;

	if (size > PYFUZZ_MAX_INPUT)
		size = PYFUZZ_MAX_INPUT;
	/* If the process dies, the region tells which input did it. */
	shared->input_size = (uint32_t)size;
	memcpy(shared->input, data, size);
	shared->executions++;
	shared->running = 1;
	if (edges)
		memset(__start___sancov_cntrs, 0, edges);
	memset(feedback_counters, 0, states);
	sequence.keep_log = false;
	run_sequence(data, size, false);
	shared->operations += sequence.result.operations;
	shared->steps += sequence.result.steps;
	if (edges)
		buckets(__start___sancov_cntrs, edges, out);
	buckets(feedback_counters, states, out + edges);
	/* Only after the counters were read, or everything would count twice. */
	if (sequence.result.findings_len && sequence.late) {
		uint64_t steps = sequence.result.steps;

		run_sequence(data, size, true);
		sequence.result.steps = steps;
	}
	shared->running = 0;
}
