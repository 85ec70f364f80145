/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry points: a whole sequence in one call, or a step at a time. */
#include <string.h>
#include "world.h"

static const struct {
	enum pyfuzz_opcode opcode;
	size_t offset;			/* of the call that it needs */
} needs[] = {
#define NEEDS(opcode, call) \
	{ PYFUZZ_OP_##opcode, offsetof(struct pyfuzz_target, call) }
	NEEDS(ADD, add),
	NEEDS(REMOVE, remove),
	NEEDS(REMOVE_STRAY, remove),
	NEEDS(ZAP_ONE, zap_one),
	NEEDS(ZAP_ONE_STRAY, zap_one),
	NEEDS(ZAP_ALL, zap_all),
	NEEDS(COUNT, count),
	NEEDS(ITERATE, iterate),
	NEEDS(PARENT_ADD, parent_add),
	NEEDS(PARENT_REMOVE, parent_remove),
	NEEDS(PARENT_REMOVE_STRAY, parent_remove),
	NEEDS(PARENT_DROP, parent_drop),
	NEEDS(PARENT_UNLINK, parent_unlink),
	NEEDS(RMAP_ADD, rmap_add),
	NEEDS(RMAP_REMOVE, rmap_remove),
	NEEDS(RMAP_REMOVE_STRAY, rmap_remove),
	NEEDS(RMAP_REMOVE_OFF, rmap_remove),
};

static void __attribute__((constructor)) opcodes_fill(void)
{
	uint32_t supported = 1U << PYFUZZ_OP_ENTER | 1U << PYFUZZ_OP_CONTEXT |
			     1U << PYFUZZ_OP_CREATE | 1U << PYFUZZ_OP_DESTROY;

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		void *call;

		memcpy(&call, (char *)&pyfuzz_target + needs[i].offset,
		       sizeof(call));
		if (call)
			supported |= 1U << needs[i].opcode;
	}
	pyfuzz_target.traits.opcodes = supported;
#if PYFUZZ_SANITIZE
	pyfuzz_target.traits.sanitized = 1;
#endif
}

static struct pyfuzz_step scratch;

static void report_reset(struct pyfuzz_step *report)
{
	memset(report, 0, sizeof(*report));
	report->spte = PYFUZZ_NONE;
	world.report = report;
}

static void begin(bool precise)
{
	guard_install();
	guard_forget();
	world.precise = precise;
	report_reset(&scratch);
	world_reset();
}

/* The jump buffer is set once a sequence; nothing after it is kept in locals. */
static void run_from(const uint8_t *data, size_t size, bool precise, bool probes)
{
	begin(precise);
	probe_begin(!probes);
	if (sigsetjmp(guard_env, 0)) {
		/* The host is dead, and so is the sequence. */
		containment_end();
		return;
	}
	for (size_t at = 0; at + PYFUZZ_OP_BYTES <= size && !world.host_dead;
	     at += PYFUZZ_OP_BYTES) {
		struct pyfuzz_op op;

		pyfuzz_decode(data + at, &op);
		world.operation = (uint32_t)(at / PYFUZZ_OP_BYTES);
		world.result.operations++;
		for (world.step = 0;
		     world.step < op.repeat && !world.host_dead; world.step++) {
			/* Only these of the report are read in here. */
			scratch.log_lines = 0;
			step_run(&op, world.step);
		}
	}
	world.operation = (uint32_t)(size / PYFUZZ_OP_BYTES);
	world.step = 0;
	world_teardown();
	containment_end();
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
	world.keep_log = false;
	run_from(data, size, false, probes);
	steps = world.result.steps;
	asked = probe_showed();
	if (asked) {
		const uint8_t *longer;
		size_t more = probe_sequence(data, &longer);

		if (more)
			run_from(longer, more, false, false);
		if (more && world.result.findings_len) {
			data = longer;
			size = more;
		} else {
			run_from(data, size, false, false);
		}
	}
	if (world.result.findings_len) {
		/*
		 * Found late: a check was put off, or only the end of the
		 * sequence showed it.  Once more, checking all after each step.
		 */
		if (world.late && findings_worth_precision(size))
			run_from(data, size, true, false);
		new = findings_publish(data, size);
	}
	if (asked && !new)
		probe_strike(asked);
	world.result.steps = steps;
	shared->operations += world.result.operations;
	shared->steps += world.result.steps;
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
	world.keep_log = true;
	begin(true);
}

static void report_close(struct pyfuzz_step *out)
{
	out->bugged = out->expected_bugged = out->alive = 0;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		if (!world.vms[vm].alive)
			continue;
		out->alive |= (uint16_t)(1U << vm);
		if (*pyfuzz_target.bugged[vm])
			out->bugged |= (uint16_t)(1U << vm);
		if (world.vms[vm].expect_bugged)
			out->expected_bugged |= (uint16_t)(1U << vm);
	}
	world.report = &scratch;
}

uint32_t pyfuzz_step(const struct pyfuzz_op *op, uint32_t operation,
		     uint32_t step, struct pyfuzz_step *out)
{
	report_reset(out);
	world.operation = operation;
	world.step = step;
	if (!step)
		world.result.operations++;
	if (!sigsetjmp(guard_env, 0))
		step_run(op, step);
	report_close(out);
	return out->findings;
}

uint32_t pyfuzz_end(uint32_t operation, struct pyfuzz_step *out)
{
	report_reset(out);
	world.operation = operation;
	world.step = 0;
	if (!sigsetjmp(guard_env, 0))
		world_teardown();
	containment_end();
	/* The tear-down is no single step; what it ran left traces. */
	out->skip = out->error = out->has_returned = out->recycled = 0;
	out->spte = PYFUZZ_NONE;
	report_close(out);
	return out->findings;
}

const struct pyfuzz_traits *pyfuzz_traits(void)
{
	return &pyfuzz_target.traits;
}
