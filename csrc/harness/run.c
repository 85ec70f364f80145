/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry points: a complete sequence in one call, or one step at a time. */
#include <string.h>
#include "callbacks.h"
#include "feedback.h"
#include "findings.h"
#include "guard.h"
#include "run.h"
#include "sanitizer.h"
#include "world.h"

static const struct pyfuzz_world *const world = &pyfuzz_world;

void (*run_instead)(const uint8_t *data, size_t size);

static void __attribute__((constructor)) traits_fill(void)
{
	pyfuzz_target_traits.world = world->name;
#if PYFUZZ_SANITIZE
	pyfuzz_target_traits.sanitized = 1;
#endif
}

static bool watching;

void pyfuzz_watch(uint32_t on)
{
	watching = on;
}

static void begin(bool precise)
{
	guard_install();
	guard_forget();
	sequence.precise = precise;
	sequence_begin();
	sequence.watched = sequence.faulted = watching;
	world->begin();
}

/* The jump buffer is set once per sequence; no local set after it is used. */
static void run_from(const uint8_t *data, size_t size, bool precise, bool probes)
{
	static uint64_t decoded[PYFUZZ_OP_SIZE / sizeof(uint64_t)];
	struct pyfuzz_op *const op = (struct pyfuzz_op *)decoded;

	if (run_instead) {
		run_instead(data, size);
		return;
	}
	begin(precise);
	if (world->probe)
		world->probe->begin(!probes);
	if (sigsetjmp(guard_env, 0)) {
		/* The host is dead, and so is the sequence. */
		world->end();
		return;
	}
	for (size_t at = 0; at + world->op_bytes <= size && !sequence.host_dead;
	     at += world->op_bytes) {
		uint32_t times = world->decode(data + at, op);

		sequence.operation = sequence.result.operations++;
		for (sequence.step = 0;
		     sequence.step < times && !sequence.host_dead;
		     sequence.step++) {
			sequence_step();
			world->step(op, sequence.step);
		}
	}
	sequence.operation = (uint32_t)(size / world->op_bytes);
	sequence.step = 0;
	world->teardown();
	world->end();
}

void run_sequence(const uint8_t *data, size_t size, bool precise)
{
	run_from(data, size, precise, false);
}

static int run(const uint8_t *data, size_t size, bool probes)
{
	struct pyfuzz_shared *shared = shared_region();
	unsigned int asked;
	uint64_t steps;
	int new = 0;

	if (size > PYFUZZ_MAX_INPUT)
		size = PYFUZZ_MAX_INPUT;
	shared->input_size = (uint32_t)size;
	memcpy(shared->input, data, size);
	shared->executions++;
	shared->running = 1;
	sequence.keep_log = false;
	run_from(data, size, false, probes);
	steps = sequence.result.steps;
	asked = world->probe ? world->probe->showed() : 0;
	if (asked) {
		const uint8_t *longer;
		size_t more = world->probe->sequence(data, &longer);

		if (more)
			run_from(longer, more, false, false);
		if (more && sequence.result.findings_len) {
			data = longer;
			size = more;
		} else {
			run_from(data, size, false, false);
		}
	}
	if (sequence.result.findings_len) {
		/*
		 * Found late: a check was deferred, or only the end of the
		 * sequence showed it.  Run again, with all checks after each step.
		 */
		if (sequence.late && findings_worth_precision(size))
			run_from(data, size, true, false);
		new = findings_publish(data, size);
	}
	if (asked && !new)
		world->probe->strike(asked);
	sequence.result.steps = steps;
	shared->operations += sequence.result.operations;
	shared->steps += sequence.result.steps;
	feedback_collect();
	shared->running = 0;
	return new;
}

int pyfuzz_run(const uint8_t *data, size_t size)
{
	return run(data, size, false);
}

int pyfuzz_fuzz(const uint8_t *data, size_t size)
{
	return run(data, size, true);
}

void pyfuzz_begin(void)
{
	sequence.keep_log = true;
	begin(true);
}

uint32_t pyfuzz_decode(const uint8_t *data, struct pyfuzz_op *op)
{
	return world->decode(data, op);
}

uint32_t pyfuzz_step(const struct pyfuzz_op *op, uint32_t operation,
		     uint32_t step, struct pyfuzz_step *out)
{
	sequence_step();
	world->open(out);
	sequence.operation = operation;
	sequence.step = step;
	if (!step)
		sequence.result.operations++;
	if (!sigsetjmp(guard_env, 0))
		world->step(op, step);
	world->close(out, false);
	return sequence.step_findings;
}

uint32_t pyfuzz_end(uint32_t operation, struct pyfuzz_step *out)
{
	sequence_step();
	world->open(out);
	sequence.operation = operation;
	sequence.step = 0;
	if (!sigsetjmp(guard_env, 0))
		world->teardown();
	world->end();
	world->close(out, true);
	return sequence.step_findings;
}

const struct pyfuzz_traits *pyfuzz_traits(void)
{
	return &pyfuzz_target_traits;
}
