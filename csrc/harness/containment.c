/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the damage contained?  After a fault in one VM: what became of it, of the
 * others, and of what they share.
 */
#include <string.h>
#include "world.h"

static struct pyfuzz_containment containment;
static unsigned int tainted_vm;

void containment_begin(void)
{
	memset(&containment, 0, sizeof(containment));
	world.faulted = false;
	tainted_vm = PYFUZZ_NONE;
}

/* The first fault of a sequence is the one whose consequences are counted. */
void containment_fault(unsigned int vm)
{
	world.faulted = true;
	tainted_vm = vm;
	containment.fault_operation = world.operation;
	/* Whatever goes wrong for others must be seen when it does. */
	world.precise = true;
}

void containment_step(unsigned int vm)
{
	containment.steps_after++;
	if (containment.bugged)
		return;
	containment.steps_to_flag += vm == tainted_vm;
	containment.bugged = *pyfuzz_target.bugged[tainted_vm];
}

/* What a VM does all day, with every check. */
static void workload(unsigned int vm)
{
	static const struct pyfuzz_op day[] = {
		{ .opcode = PYFUZZ_OP_RMAP_ADD, .head = 3, .repeat = 40 },
		{ .opcode = PYFUZZ_OP_ADD, .head = 4, .repeat = 2 },
		{ .opcode = PYFUZZ_OP_PARENT_ADD, .head = 17, .repeat = 16 },
		{ .opcode = PYFUZZ_OP_COUNT, .head = 3, .repeat = 1 },
		{ .opcode = PYFUZZ_OP_ITERATE, .head = 3, .repeat = 1 },
		{ .opcode = PYFUZZ_OP_RMAP_REMOVE, .head = 3, .operand = 7,
		  .repeat = 20 },
		{ .opcode = PYFUZZ_OP_ZAP_ONE, .head = 4, .repeat = 1 },
		{ .opcode = PYFUZZ_OP_PARENT_DROP, .head = 17, .repeat = 3 },
		{ .opcode = PYFUZZ_OP_PARENT_UNLINK, .head = 17, .repeat = 1 },
		{ .opcode = PYFUZZ_OP_ZAP_ALL, .head = 3, .repeat = 1 },
		{ .opcode = PYFUZZ_OP_ENTER, .repeat = 1 },
	};

	for (size_t i = 0; i < sizeof(day) / sizeof(day[0]); i++) {
		struct pyfuzz_op op = day[i];

		op.vm = op.head_vm = (uint8_t)vm;
		for (unsigned int k = 0; k < op.repeat && !world.host_dead; k++)
			step_run(&op, k);
	}
}

/* After the sequence: destroy who is tainted, then let the others work. */
void containment_innocents(void)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS && !world.host_dead; vm++) {
		bool empty = true;

		if (!world.vms[vm].alive || !world.vms[vm].tainted)
			continue;
		vm_destroy(vm);
		for (unsigned int h = 0; h < PYFUZZ_HEADS; h++)
			empty &= !*pyfuzz_target.heads[vm][h];
		containment.emptied = empty;
		containment.leaked += descriptors_of(vm);
		check_everything(vm);
	}
	if (world.host_dead)
		return;
	containment.destroyed = 1;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS && !world.host_dead; vm++)
		if (world.vms[vm].alive)
			workload(vm);
	if (!world.host_dead)
		descriptors_check_freed();
	containment.innocents_work = !world.host_dead;
}

static bool sanitizer_said(const struct pyfuzz_finding *f)
{
	return f->kind == PYFUZZ_HOST_FAULT && strstr(f->message, "San");
}

/* Wrong numbers and a talkative log harm nobody, fault or no fault. */
static bool harms(const struct pyfuzz_finding *f)
{
	return f->operation >= containment.fault_operation &&
	       f->kind != PYFUZZ_COUNT_CONTRACT && f->kind != PYFUZZ_LOG_FLOOD;
}

/* The worst of what was found is the outcome. */
void containment_end(void)
{
	unsigned int outcome = containment.bugged ? PYFUZZ_DETECTED :
						    PYFUZZ_SILENT;

	if (!world.faulted)
		return;
	for (uint32_t i = 0; i < world.result.findings_len; i++) {
		const struct pyfuzz_finding *f = &world.result.findings[i];
		unsigned int is = PYFUZZ_SPREAD;

		if (!harms(f))
			continue;
		if (sanitizer_said(f))
			is = PYFUZZ_MEMORY;
		else if (f->kind == PYFUZZ_HOST_BUG || f->kind == PYFUZZ_HANG ||
			 f->kind == PYFUZZ_HOST_FAULT)
			is = PYFUZZ_HOST_DEATH;
		if (is > outcome)
			outcome = is;
	}
	containment.outcome = (uint8_t)outcome;
}

const struct pyfuzz_containment *pyfuzz_containment(void)
{
	return &containment;
}
