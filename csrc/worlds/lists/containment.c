/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether damage is contained.  After a fault in one VM: what happened to it, to
 * the others, and to what they share.
 *
 * A VM in which a fault was planted is tainted and no longer checked.  A VM that
 * it harms becomes tainted as well, so that the sequence continues and shows what
 * else follows; but the harm is recorded.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "harness/descriptors.h"
#include "harness/findings.h"
#include "containment.h"
#include "states.h"

static struct pyfuzz_containment containment;
static bool harm_seen; /* a VM without a fault is harmed */

/* Restore the state before a fault that found nothing to change. */
static struct {
	struct pyfuzz_containment containment;
	unsigned int vm;
	bool tainted, bugged_before, faulted, precise;
} before;

void containment_begin(void)
{
	memset(&containment, 0, sizeof(containment));
	harm_seen = false;
}

void containment_taint(unsigned int vm)
{
	struct vm *m = &world.vms[vm];

	if (m->tainted)
		return;
	m->tainted = true;
	m->bugged_before = *pyfuzz_target.bugged[vm];
}

/* About to plant a fault. */
void containment_fault(unsigned int vm, unsigned int fault)
{
	before.containment = containment;
	before.vm = vm;
	before.tainted = world.vms[vm].tainted;
	before.bugged_before = world.vms[vm].bugged_before;
	before.faulted = sequence.faulted;
	before.precise = sequence.precise;
	containment_taint(vm);
	containment.faults++;
	if (sequence.faulted)
		return;
	sequence.faulted = true;
	containment.fault = fault;
	containment.fault_operation = sequence.operation;
	descriptors_clean();
	/* Harm to other VMs must be seen when it happens. */
	sequence.precise = true;
}

void containment_no_fault(void)
{
	containment = before.containment;
	world.vms[before.vm].tainted = before.tainted;
	world.vms[before.vm].bugged_before = before.bugged_before;
	sequence.faulted = before.faulted;
	sequence.precise = before.precise;
}

void containment_did(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(containment.did, sizeof(containment.did), format, args);
	va_end(args);
}

static bool planted(unsigned int vm)
{
	return world.vms[vm].tainted && !world.vms[vm].harmed;
}

/* Whether a VM with a fault was bugged, and not for another reason before. */
static bool flagged(void)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		if (planted(vm) && !world.vms[vm].bugged_before &&
		    *pyfuzz_target.bugged[vm])
			return true;
	return false;
}

/* After a step.  A step that is itself an error and bugs the VM proves nothing. */
void containment_step(const struct pyfuzz_op *op)
{
	bool fault = op->opcode == PYFUZZ_OP_FAULT;

	containment.mistakes += sequence.mistake;
	if (!sequence.faulted || sequence.ending)
		return;
	containment.steps_after += !fault;
	if (containment.bugged)
		return;
	containment.steps_to_flag += !fault && planted(op->vm);
	containment.bugged = !sequence.mistake && flagged();
	if (sequence.mistake && planted(op->vm) && flagged())
		world.vms[op->vm].bugged_before = true;
}

/* A VM without a fault is harmed. */
void containment_harmed(unsigned int vm)
{
	struct vm *m = &world.vms[vm];

	if (!sequence.mistake) {
		m->harmed = true;
		harm_seen = true;
	}
	m->tainted = true;
}

/* A VM without a fault is bugged: its guest will not run again. */
void containment_wrong_vm(void)
{
	if (!sequence.faulted || sequence.mistake)
		return;
	containment.wrong_vm = 1;
	harm_seen = true;
}

/*
 * A list was zapped so that the host can have its pages back: an SPTE that is
 * still present lets the guest reach them.  Not checked for a destroyed VM, whose
 * guest no longer runs.
 */
void containment_zapped(unsigned int vm, unsigned int head)
{
	const struct vm *m = &world.vms[vm];

	if (!sequence.faulted || !planted(vm))
		return;
	for (unsigned int i = 0; i < m->count[head]; i++)
		if (pyfuzz_target.sptes[vm][m->members[head][i]] & PRESENT)
			containment.stale++;
}

static bool sanitizer_said(const char *message)
{
	return strstr(message, "San");
}

static unsigned int outcome_of(enum pyfuzz_kind kind, const char *message)
{
	switch (kind) {
	case PYFUZZ_HOST_FAULT:
		return sanitizer_said(message) ? PYFUZZ_MEMORY :
						 PYFUZZ_HOST_DEATH;
	case PYFUZZ_HOST_BUG:
	case PYFUZZ_HANG:
		return PYFUZZ_HOST_DEATH;
	case PYFUZZ_COUNT_CONTRACT:
	case PYFUZZ_LOG_FLOOD:
		/* Wrong return values and extra log lines harm no one. */
		return PYFUZZ_NO_FAULT;
	default:
		return PYFUZZ_SPREAD;
	}
}

/*
 * Every finding passes through here.  A finding at a step that is itself an error
 * of the sequence is attributed to that error; one before a fault is not its
 * consequence.
 */
static void containment_finding(enum pyfuzz_kind kind, const char *function,
				unsigned int line, const char *message)
{
	unsigned int outcome = outcome_of(kind, message);

	if (!sequence.faulted || sequence.mistake)
		return;
	if (outcome == PYFUZZ_MEMORY && !containment.memory) {
		containment.memory = 1;
		snprintf(containment.report, sizeof(containment.report), "%s",
			 message);
	}
	if (outcome <= containment.outcome)
		return;
	containment.outcome = (uint8_t)outcome;
	containment.operation = sequence.operation;
	containment.kind = kind;
	containment.line = line;
	snprintf(containment.function, sizeof(containment.function), "%s",
		 function);
	snprintf(containment.message, sizeof(containment.message), "%s",
		 message);
}

static void __attribute__((constructor)) containment_listen(void)
{
	findings_tell(containment_finding);
}

/* The others ran a full workload after it. */
void containment_innocents_worked(void)
{
	containment.innocents_work = !harm_seen;
}

/* After a tainted VM was destroyed: what it left behind. */
void containment_destroyed(unsigned int vm)
{
	bool empty = true;

	if (!planted(vm))
		return;
	for (unsigned int h = 0; h < PYFUZZ_HEADS; h++)
		empty &= !*pyfuzz_target.heads[vm][h];
	containment.emptied = empty &&
			      (!containment.destroyed || containment.emptied);
	containment.destroyed = 1;
	containment.leaked += descriptors_orphan(vm);
}

/* The end of a sequence, whatever the reason. */
void containment_end(void)
{
	bool alive = false;

	if (!sequence.faulted)
		return;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		alive |= world.vms[vm].alive && planted(vm);
	/* A VM counts as destroyed only if all of it was. */
	if (alive)
		containment.destroyed = containment.emptied = 0;
	if (!containment.bugged && !sequence.mistake && flagged()) {
		/* By the operation that ended it, or by the tear-down. */
		containment.bugged = 1;
		containment.steps_to_flag++;
	}
	if (!containment.outcome)
		containment.outcome = containment.bugged ? PYFUZZ_DETECTED :
							   PYFUZZ_SILENT;
	states_outcome(containment.fault, containment.outcome);
}

const struct pyfuzz_containment *pyfuzz_containment(void)
{
	return &containment;
}
