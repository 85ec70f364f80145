/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The threads world, as the harness runs it.  A sequence's records say what to
 * run; the tear-down runs it, since only all of them make a schedule.
 */
#include <string.h>
#include "harness/feedback.h"
#include "harness/findings.h"
#include "harness/guard.h"
#include "harness/log.h"
#include "harness/world.h"
#include "core.h"
#include "decode.h"
#include "probe.h"

_Static_assert(sizeof(struct pyfuzz_op) <= PYFUZZ_OP_SIZE,
	       "the harness has room for an operation");

static struct pyfuzz_scenario scenario;
static struct pyfuzz_schedule schedule;
/* The record that has a fiber's operation. */
static uint32_t records[PYFUZZ_FIBERS][PYFUZZ_FIBER_OPS];
static struct pyfuzz_threads_result result;
static struct pyfuzz_step unread, *report = &unread;
static uint32_t errors;

uint32_t pyfuzz_threads_errors(void)
{
	return errors;
}

static void __attribute__((constructor)) traits_fill(void)
{
	pyfuzz_target_traits.opcodes = 0;
	for (unsigned int what = 0; what < PYFUZZ_T_WHATS; what++)
		if (pyfuzz_threads_can(what))
			pyfuzz_target_traits.opcodes |= 1U << what;
	feedback_register(PAIR_STATES);
}

static void open_report(struct pyfuzz_step *out)
{
	memset(out, 0, sizeof(*out));
	report = out;
}

static void close_report(struct pyfuzz_step *out, bool ended)
{
	(void)ended;
	out->findings = sequence.step_findings;
	out->log_lines = sequence.step_lines;
	report = &unread;
}

static void begin(void)
{
	open_report(&unread);
	log_begin();
	memset(&scenario, 0, sizeof(scenario));
	scenario.fibers = scenario.ad = 1;
	schedule.len = schedule.delays_len = 0;
	threads.current = NULL;
}

static enum pyfuzz_skip note_operation(const struct pyfuzz_op *op)
{
	struct pyfuzz_fiber_ops *ops = &scenario.fiber[op->fiber];

	if (ops->ops_len == PYFUZZ_FIBER_OPS)
		return PYFUZZ_SKIP_FIBER_FULL;
	if (op->fiber >= scenario.fibers)
		scenario.fibers = (uint8_t)(op->fiber + 1);
	records[op->fiber][ops->ops_len] = sequence.operation;
	ops->ops[ops->ops_len].what = op->what;
	ops->ops[ops->ops_len++].operand = op->operand;
	return pyfuzz_threads_can(op->what) ? PYFUZZ_RAN :
					      PYFUZZ_SKIP_UNSUPPORTED;
}

static enum pyfuzz_skip note(const struct pyfuzz_op *op)
{
	switch (op->record) {
	case PYFUZZ_R_LIST:
		scenario.entries = op->entries;
		scenario.ad = op->ad;
		scenario.reuse = op->reuse;
		scenario.tso = op->tso;
		return PYFUZZ_RAN;
	case PYFUZZ_R_FIBER:
		return note_operation(op);
	case PYFUZZ_R_DELAY:
		if (schedule.delays_len == PYFUZZ_MAX_DELAYS)
			return PYFUZZ_SKIP_SWITCHES_FULL;
		schedule.delays[schedule.delays_len++] = (struct pyfuzz_delay){
			.at = op->at,
			.fiber = op->fiber,
			.by = op->by,
		};
		return PYFUZZ_RAN;
	default:
		if (schedule.len == PYFUZZ_MAX_SWITCHES)
			return PYFUZZ_SKIP_SWITCHES_FULL;
		schedule.switches[schedule.len++] = (struct pyfuzz_switch){
			.at = op->at,
			.fiber = op->fiber,
			.next = op->next,
		};
		return PYFUZZ_RAN;
	}
}

static void step(const struct pyfuzz_op *op, uint32_t i)
{
	(void)i;
	report->skip = (uint8_t)note(op);
}

static void publish(const struct pyfuzz_threads_finding *f)
{
	const char *function = f->function;
	uint32_t line = 0, end = sequence.operation;

	/* Without a table, the place tells findings apart. */
	if (!place_find(f->place, &function, &line))
		sequence.variant = (uint32_t)f->place & 0xff;
	if (f->operation < PYFUZZ_FIBER_OPS)
		sequence.operation = records[f->fiber][f->operation];
	finding((enum pyfuzz_kind)f->kind, function, line, "%s", f->message);
	sequence.operation = end;
}

/* Run it again, traced: it must be the same. */
static void run_again(void)
{
	uint64_t hash = threads.hash;

	threads.tracing = true;
	run_given(&schedule);
	threads.tracing = false;
	if (hash != threads.hash)
		errors++;
}

static void teardown(void)
{
	sequence.ending = true;
	result.findings_len = 0;
	result.schedules = result.pruned = 0;
	result.longest = 0;
	threads.result = &result;
	guard_enter(pyfuzz_target.names.add);
	if (world_build(&scenario)) {
		threads.pairing = true;
		run_given(&schedule);
		report->accesses = threads.accesses;
		report->hash = threads.hash;
		if (sequence.precise)
			run_again();
		else if (!result.findings_len)
			probe_run(&scenario, threads.hash);
		threads.pairing = false;
	}
	guard_leave();
	sequence.late = result.findings_len;
	for (uint32_t i = 0; i < result.findings_len; i++)
		publish(&result.findings[i]);
}

/* A jump out of the target ends here as well. */
static void end(void)
{
	threads.current = NULL;
	threads.tracing = threads.pairing = false;
}

const struct pyfuzz_world pyfuzz_world = {
	.name = "threads",
	.op_bytes = PYFUZZ_OP_BYTES,
	.probe = &probe,
	.begin = begin,
	.decode = decode,
	.step = step,
	.teardown = teardown,
	.end = end,
	.open = open_report,
	.close = close_report,
};
