/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One operation of the guest, user space or the host, in the order in which KVM
 * would see it.  No operation is an error: none of them may warn, bug a VM or
 * kill the host.
 */
#include <string.h>
#include "run.h"

void vm_ensure(unsigned int vm)
{
	struct vm *m = &world.vms[vm];

	if (m->alive)
		return;
	memset(m, 0, sizeof(*m));
	guest_reset(vm);
	slots_reset(vm);
	check_forget(vm);
	m->alive = true;
	for (unsigned int i = 0; i < PAGES_VCPUS; i++) {
		m->vcpus[i].mode = PAGES_4LEVEL;
		m->vcpus[i].root = frame_gfn(0) << 12;
	}
	CALL(pages_target.names.vm_init, pages_target.vm_init(vm));
	slots_create(vm);
	for (unsigned int i = 0; i < PAGES_VCPUS; i++)
		CALL(pages_target.names.set_mode,
		     pages_target.set_mode(vm, i, PAGES_4LEVEL, false,
					   m->vcpus[i].root));
}

void vm_end(unsigned int vm)
{
	world.running_vm = (int)vm;
	world.running_vcpu = -1;
	CALL(pages_target.names.vm_destroy, pages_target.vm_destroy(vm));
	world.vms[vm].alive = false;
}

static bool supported(unsigned int opcode)
{
	return pyfuzz_target_traits.opcodes >> opcode & 1;
}

static unsigned int dispatch(const struct pyfuzz_op *op)
{
	switch (op->opcode) {
	case PYFUZZ_OP_ACCESS:
		return run_access(op);
	case PYFUZZ_OP_WRITE:
	case PYFUZZ_OP_POKE:
		return run_write(op, op->opcode == PYFUZZ_OP_WRITE);
	case PYFUZZ_OP_INVLPG:
	case PYFUZZ_OP_FLUSH:
	case PYFUZZ_OP_ROOT:
	case PYFUZZ_OP_UNLOAD:
		return run_vcpu(op);
	case PYFUZZ_OP_MODE:
		return run_mode(op);
	case PYFUZZ_OP_UNMAP:
	case PYFUZZ_OP_AGE:
	case PYFUZZ_OP_TEST_AGE:
	case PYFUZZ_OP_ZAP_RANGE:
		return run_range(op);
	case PYFUZZ_OP_CHANGE_PTE:
	case PYFUZZ_OP_PROTECT_MASKED:
	case PYFUZZ_OP_HOST_SIZE:
		return run_frame(op);
	case PYFUZZ_OP_RECLAIM:
	case PYFUZZ_OP_RECOVER_NX:
	case PYFUZZ_OP_ZAP_ALL:
	case PYFUZZ_OP_MMIO:
	case PYFUZZ_OP_BUG:
		return run_vm(op);
	default:
		return run_slot(op);
	}
}

void step_run(const struct pyfuzz_op *op, uint32_t i)
{
	struct guest_way way = { .known = false };
	unsigned int outcome;

	(void)i;
	world.time++;
	world.report->skip = PYFUZZ_RAN;
	world.report->result = 0;
	flushes_forget();
	world.running_vm = (int)op->vm;
	world.running_vcpu = -1;
	if (sequence.host_dead) {
		skip(PYFUZZ_SKIP_HOST_DEAD);
		return;
	}
	if (op->opcode == PYFUZZ_OP_END) {
		if (!world.vms[op->vm].alive) {
			skip(PYFUZZ_SKIP_NO_VM);
			return;
		}
		sequence.result.steps++;
		check_vm(op->vm, true);
		if (sequence.host_dead)
			return;
		vm_end(op->vm);
		check_gone(op->vm);
		return;
	}
	if (!supported(op->opcode)) {
		skip(PYFUZZ_SKIP_UNSUPPORTED);
		return;
	}
	vm_ensure(op->vm);
	sequence.result.steps++;
	flushes_begin(op->vm);
	if (op->opcode == PYFUZZ_OP_ACCESS && !sequence.watched)
		way = guest_way(op->vm, op->vcpu,
				page_gva(op->page,
					 world.vms[op->vm].vcpus[op->vcpu].mode));
	outcome = dispatch(op);
	flushes_end(op->vm);
	states_step(op, outcome);
	check_flags(op->vm, op->opcode == PYFUZZ_OP_BUG);
	if (op->opcode >= PYFUZZ_OP_SLOT_DELETE &&
	    op->opcode <= PYFUZZ_OP_SLOT_MOVE)
		check_forget(op->vm);
	check_vm(op->vm, false);
	if (op->opcode != PYFUZZ_OP_ACCESS || world.report->skip)
		return;
	if (outcome == PAGES_FIXED)
		check_mapping(op, world.report->gva);
	check_ended(op, world.report->gva, outcome, &way);
}
