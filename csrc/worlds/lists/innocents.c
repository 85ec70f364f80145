/* SPDX-License-Identifier: GPL-2.0-only */
/* After a sequence with faults: whether the VMs without faults still work. */
#include "harness/descriptors.h"
#include "harness/guard.h"
#include "containment.h"
#include "innocents.h"
#include "oracle.h"
#include "run_ops.h"
#include "vm.h"

/* A VM's usual workload, with every check. */
static void workload(unsigned int vm)
{
	static const struct pyfuzz_op day[] = {
		{ .opcode = PYFUZZ_OP_RMAP_ADD, .head = 3, .repeat = 40 },
		{ .opcode = PYFUZZ_OP_ADD, .head = 4, .repeat = 2 },
		{ .opcode = PYFUZZ_OP_PARENT_ADD, .head = 17, .repeat = 16 },
		{ .opcode = PYFUZZ_OP_COUNT, .head = 3, .repeat = 1 },
		{ .opcode = PYFUZZ_OP_ITERATE, .head = 3, .repeat = 1 },
		{ .opcode = PYFUZZ_OP_RMAP_REMOVE,
		  .head = 3,
		  .operand = 7,
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
		for (unsigned int k = 0; k < op.repeat && !sequence.host_dead;
		     k++)
			step_run(&op, k);
	}
}

/* After the sequence: destroy tainted VMs, then run the others. */
void let_innocents_work(void)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS && !sequence.host_dead; vm++) {
		if (!world.vms[vm].alive || !world.vms[vm].tainted)
			continue;
		vm_destroy(vm);
		guard_events();
		if (!sequence.host_dead)
			check_everything(vm);
	}
	/* The step does not matter: there is no operation to attribute it to. */
	sequence.precise = false;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS && !sequence.host_dead; vm++) {
		if (!world.vms[vm].alive)
			continue;
		workload(vm);
		check_everything(vm);
		check_caches(vm);
	}
	if (sequence.host_dead)
		return;
	containment_innocents_worked();
	descriptors_check_freed();
}
