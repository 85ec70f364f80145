/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations of a guest, and of KVM for the vCPU that runs it. */
#include "run.h"

#define USUAL 0x67ULL /* present, writable, user, accessed, dirty */

static void on_vcpu(unsigned int vm, unsigned int vcpu)
{
	world.running_vm = (int)vm;
	world.running_vcpu = (int)vcpu;
}

/*
 * What KVM does before it enters the guest: drop obsolete roots and create new
 * ones.  A vCPU of a bugged VM was in the guest when that happened, exits once
 * more, and never enters again.
 */
static enum pyfuzz_skip enter(unsigned int vm, unsigned int vcpu)
{
	struct vm *m = &world.vms[vm];
	struct vcpu *v = &m->vcpus[vcpu];
	int error;

	if (m->bugged) {
		if (v->left || !v->loaded)
			return PYFUZZ_SKIP_VM_DEAD;
		v->left = true;
	}
	on_vcpu(vm, vcpu);
	guard_enter("");
	pages_target.topup(vm, vcpu);
	guard_leave();
	if (m->bugged)
		return PYFUZZ_RAN;
	if (pages_target.free_obsolete)
		CALL(pages_target.names.free_obsolete,
		     pages_target.free_obsolete(vm, vcpu));
	CALL(pages_target.names.load, error = pages_target.load(vm, vcpu));
	v->loaded = !error;
	if (!error)
		check_loaded(vm, vcpu);
	return error ? PYFUZZ_SKIP_NO_ROOT : PYFUZZ_RAN;
}

unsigned int run_access(const struct pyfuzz_op *op)
{
	const struct vcpu *v = &world.vms[op->vm].vcpus[op->vcpu];
	uint64_t gva = page_gva(op->page, v->mode);
	enum pyfuzz_skip why = enter(op->vm, op->vcpu);
	enum pages_result result;
	uint32_t error = 0;

	world.report->gva = gva;
	if (why)
		return skip(why);
	if ((op->access & 3) == 1)
		error |= PAGES_PF_WRITE;
	if ((op->access & 3) == 2)
		error |= PAGES_PF_FETCH;
	if (op->access & 4)
		error |= PAGES_PF_USER;
	synced_before(op, gva);
	CALL(pages_target.names.page_fault,
	     result = pages_target.page_fault(op->vm, op->vcpu, gva, error));
	synced_after(op, gva);
	world.report->result = (uint8_t)result;
	return result;
}

static uint64_t entry_value(const struct pyfuzz_op *op, unsigned int level)
{
	uint64_t value = USUAL, gfn = frame_gfn(op->frame);

	if (op->bits & PYFUZZ_ENTRY_NOTHING)
		return 0;
	if (level > 1) {
		if (op->bits & PYFUZZ_ENTRY_LARGE)
			value |= 0x80;
		else if (!(op->bits & PYFUZZ_ENTRY_ANY_FRAME))
			gfn = frame_gfn(op->frame % PYFUZZ_TABLES);
		if (op->bits & PYFUZZ_ENTRY_LARGE)
			gfn &= ~(pages_of(level) - 1);
	}
	if (op->bits & PYFUZZ_ENTRY_READ_ONLY)
		value &= ~0x2ULL;
	if (op->bits & PYFUZZ_ENTRY_SUPERVISOR)
		value &= ~0x4ULL;
	if (op->bits & PYFUZZ_ENTRY_NOT_ACCESSED)
		value &= ~0x20ULL;
	if (op->bits & PYFUZZ_ENTRY_NOT_DIRTY)
		value &= ~0x40ULL;
	if (op->bits & PYFUZZ_ENTRY_NX)
		value |= 1ULL << 63;
	return value | gfn << 12;
}

/*
 * An entry of the guest's tables is written: through KVM's emulator, which
 * tells the MMU, or behind KVM's back, by host user space or where a table may
 * be written by the guest because its shadow page is out of sync.
 */
unsigned int run_write(const struct pyfuzz_op *op, bool told)
{
	const struct vcpu *v = &world.vms[op->vm].vcpus[op->vcpu];
	uint64_t gva = page_gva(op->page, v->mode), gpa, *entry, old, value;
	unsigned int level;

	if (told) {
		enum pyfuzz_skip why = enter(op->vm, op->vcpu);

		if (why)
			return skip(why);
	}
	entry = guest_entry(op->vm, op->vcpu, gva, op->level, &gpa, &level);
	if (!entry)
		return skip(PYFUZZ_SKIP_NO_TABLE);
	old = *entry;
	value = entry_value(op, level);
	*entry = value;
	guest_wrote(op->vm, entry, gpa, told);
	world.report->walked = 1;
	world.report->gva = gva;
	world.report->gpa = gpa;
	world.report->level = (uint8_t)level;
	world.report->old_entry = old;
	world.report->new_entry = value;
	states_entry(op, old, value, told);
	if (told)
		CALL(pages_target.names.track_write,
		     pages_target.track_write(op->vm, op->vcpu, gpa, &value, 8));
	return PYFUZZ_RAN;
}

unsigned int run_mode(const struct pyfuzz_op *op)
{
	struct vcpu *v = &world.vms[op->vm].vcpus[op->vcpu];

	if (!(pages_target.modes & 1U << op->mode))
		return skip(PYFUZZ_SKIP_UNSUPPORTED);
	if (world.vms[op->vm].bugged)
		return skip(PYFUZZ_SKIP_VM_DEAD);
	on_vcpu(op->vm, op->vcpu);
	CALL(pages_target.names.unload, pages_target.unload(op->vm, op->vcpu));
	v->mode = op->mode;
	v->smm = op->on;
	v->loaded = false;
	CALL(pages_target.names.set_mode,
	     pages_target.set_mode(op->vm, op->vcpu, v->mode, v->smm, v->root));
	return PYFUZZ_RAN;
}

unsigned int run_vcpu(const struct pyfuzz_op *op)
{
	struct vcpu *v = &world.vms[op->vm].vcpus[op->vcpu];
	enum pyfuzz_skip why;

	if (op->opcode == PYFUZZ_OP_UNLOAD) {
		on_vcpu(op->vm, op->vcpu);
		v->loaded = false;
		CALL(pages_target.names.unload,
		     pages_target.unload(op->vm, op->vcpu));
		return PYFUZZ_RAN;
	}
	why = enter(op->vm, op->vcpu);
	if (why)
		return skip(why);
	switch (op->opcode) {
	case PYFUZZ_OP_INVLPG:
		world.report->gva = page_gva(op->page, v->mode);
		synced_before(op, world.report->gva);
		CALL(pages_target.names.invlpg,
		     pages_target.invlpg(op->vm, op->vcpu, world.report->gva));
		synced_after(op, world.report->gva);
		break;
	case PYFUZZ_OP_FLUSH:
		synced_before(op, 0);
		CALL(pages_target.names.sync_roots,
		     pages_target.sync_roots(op->vm, op->vcpu));
		synced_after(op, 0);
		break;
	case PYFUZZ_OP_ROOT:
		v->root = frame_gfn(op->frame) << 12;
		v->loaded = false;
		CALL(pages_target.names.new_root,
		     pages_target.new_root(op->vm, op->vcpu, v->root));
		break;
	}
	return PYFUZZ_RAN;
}
