/* SPDX-License-Identifier: GPL-2.0-only */
/* This module's half of a comparison: a step at a time, each guarded. */
#include <stdio.h>
#include <string.h>
#include "harness/callbacks.h"
#include "harness/findings.h"
#include "harness/guard.h"
#include "side.h"

static const struct pyfuzz_world *const world = &pyfuzz_world;
static struct pyfuzz_wanted wanted;
static uint64_t report[SIDE_REPORT / sizeof(uint64_t)];

static void begin(const struct pyfuzz_wanted *asked)
{
	wanted = *asked;
	guard_install();
	guard_forget();
	sequence.precise = asked->precise;
	sequence.keep_log = false;
	sequence_begin();
	sequence.compared = true;
	sequence.aside = asked->aside;
	world->begin();
	if (world->probe)
		world->probe->begin(true);
}

/* The finding after which there is no host, or NULL. */
static const struct pyfuzz_finding *death(void)
{
	const struct pyfuzz_result *r = &sequence.result;

	for (uint32_t i = 0; i < r->findings_len; i++)
		if (r->findings[i].kind == PYFUZZ_HOST_BUG ||
		    r->findings[i].kind == PYFUZZ_HOST_FAULT ||
		    r->findings[i].kind == PYFUZZ_HANG)
			return &r->findings[i];
	return NULL;
}

static void observe(const struct pyfuzz_op *op, bool last, struct observed *out)
{
	const struct pyfuzz_finding *dead = death();

	memset(out, 0, sizeof(*out));
	out->parts[PART_LOG] = sequence.step_log;
	/* What is left of a dead world means nothing. */
	if (dead) {
		out->parts[PART_END] = dead->kind + 1;
		return;
	}
	out->parts[PART_RULE] = sequence.host_dead;
	world->compared->observe(op, last, &wanted, out);
}

static void step(const struct pyfuzz_op *op, uint32_t operation,
		 uint32_t number, bool last, struct observed *out)
{
	sequence_step();
	world->open((struct pyfuzz_step *)report);
	sequence.operation = operation;
	sequence.step = number;
	if (!number)
		sequence.result.operations++;
	if (!sigsetjmp(guard_env, 0))
		world->step(op, number);
	observe(op, last, out);
}

/* The next sequence starts from scratch, however this one ended. */
static void stop(void)
{
	world->end();
	sequence.compared = false;
	sequence.aside = 0;
}

static void end(uint32_t operation, struct observed *out)
{
	sequence_step();
	world->open((struct pyfuzz_step *)report);
	sequence.operation = operation;
	sequence.step = 0;
	if (!sigsetjmp(guard_env, 0))
		world->teardown();
	observe(NULL, true, out);
	stop();
}

static void say(const struct pyfuzz_op *op, enum part part, char *text,
		size_t size)
{
	const struct pyfuzz_result *r = &sequence.result;
	const struct pyfuzz_finding *dead = death();

	if (part == PART_END)
		snprintf(text, size, "%s", dead ? dead->message : "it goes on");
	else if (part == PART_RULE)
		snprintf(text, size, "%s",
			 sequence.host_dead && r->findings_len ?
				 r->findings[r->findings_len - 1].message :
				 "no rule is broken");
	else if (part == PART_LOG && !sequence.step_log)
		snprintf(text, size, "nothing");
	else if (part == PART_LOG)
		snprintf(text, size, "%s(): %s", sequence.logged_by,
			 sequence.logged);
	else
		world->compared->say(op, part, text, size);
	/* One line. */
	for (char *p = text; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
}

static bool dead(void)
{
	return sequence.host_dead;
}

static const char *function(void)
{
	return sequence.function;
}

enum part side_differs(const struct observed *a, const struct observed *b,
		       uint32_t aside)
{
	for (enum part part = 0; part < PARTS; part++)
		if (a->parts[part] != b->parts[part] &&
		    !(aside >> (PYFUZZ_ASIDE_PARTS + part) & 1))
			return part;
	return PARTS;
}

static void forget(void)
{
	sequence.result.findings_len = 0;
}

/* Defined by a world that can be searched. */
extern const struct pyfuzz_space pyfuzz_space
	__attribute__((weak, visibility("hidden")));

static struct side own = {
	.abi = PYFUZZ_ABI,
	.begin = begin,
	.step = step,
	.end = end,
	.stop = stop,
	.say = say,
	.dead = dead,
	.function = function,
	.forget = forget,
};

const void *pyfuzz_compare_side(void)
{
	own.world = world->name;
	own.space = &pyfuzz_space;
	own.opcodes = pyfuzz_target_traits.opcodes;
	return &own;
}
