/* SPDX-License-Identifier: GPL-2.0-only */
/* The lists world, as the harness runs it. */
#include <string.h>
#include "harness/descriptors.h"
#include "harness/log.h"
#include "harness/world.h"
#include "containment.h"
#include "decode.h"
#include "model.h"
#include "unchanged.h"
#include "observe.h"
#include "probe.h"
#include "run_ops.h"
#include "teardown.h"

_Static_assert(sizeof(struct pyfuzz_op) <= PYFUZZ_OP_SIZE,
	       "the harness has room for an operation");

static struct pyfuzz_step unread;

static void open_report(struct pyfuzz_step *out)
{
	memset(out, 0, sizeof(*out));
	out->spte = PYFUZZ_NONE;
	world.report = out;
}

static void close_report(struct pyfuzz_step *out, bool ended)
{
	out->findings = sequence.step_findings;
	out->log_lines = sequence.step_lines;
	if (ended) {
		/* The last sequence left traces. */
		out->skip = out->error = out->has_returned = out->recycled = 0;
		out->spte = PYFUZZ_NONE;
	}
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
	world.report = &unread;
}

static void begin(void)
{
	open_report(&unread);
	unchanged_forget();
	model_reset();
	descriptors_reset();
	log_begin();
	containment_begin();
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		vm_create(vm);
}

static const struct pyfuzz_probe probe = {
	.begin = probe_begin,
	.showed = probe_showed,
	.sequence = probe_sequence,
	.strike = probe_strike,
};

const struct pyfuzz_world pyfuzz_world = {
	.name = "lists",
	.op_bytes = PYFUZZ_OP_BYTES,
	.probe = &probe,
	.compared = &lists_compared,
	.begin = begin,
	.decode = decode,
	.step = step_run,
	.teardown = teardown,
	.end = containment_end,
	.open = open_report,
	.close = close_report,
};
