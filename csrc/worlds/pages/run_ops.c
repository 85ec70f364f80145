/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One operation of the guest, user space or the host, in the order in which KVM
 * would see it.  No operation is an error: none of them may warn, bug a VM or
 * kill the host.
 */
#include <string.h>
#include "world.h"

#define USUAL 0x67ULL /* present, writable, user, accessed, dirty */

static unsigned int skip(enum pyfuzz_skip why)
{
	world.report->skip = (uint8_t)why;
	return why;
}

static void on_vcpu(unsigned int vm, unsigned int vcpu)
{
	world.running_vm = (int)vm;
	world.running_vcpu = (int)vcpu;
}

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

static unsigned int access_page(const struct pyfuzz_op *op)
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
static unsigned int write_entry(const struct pyfuzz_op *op, bool told)
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

static unsigned int change_mode(const struct pyfuzz_op *op)
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

static unsigned int vcpu_operation(const struct pyfuzz_op *op)
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

static unsigned int slot_operation(const struct pyfuzz_op *op)
{
	struct slot *slot = &world.vms[op->vm].slots[op->space][op->slot];
	unsigned int vm = op->vm, as = op->space, n = op->slot, level;
	uint64_t base;

	if (op->opcode == PYFUZZ_OP_SLOT_CREATE ||
	    op->opcode == PYFUZZ_OP_SLOT_MOVE)
		world.vms[vm].slots_changed = true;
	if (op->opcode == PYFUZZ_OP_SLOT_CREATE) {
		if (slot->present)
			return skip(PYFUZZ_SKIP_SLOT_THERE);
		/* A moved slot may be in its place. */
		*slot = (struct slot){ .npages = 0 };
		if (!slot_create(vm, as, n))
			return skip(PYFUZZ_SKIP_NO_SLOT);
		return PYFUZZ_RAN;
	}
	if (!slot->present)
		return skip(PYFUZZ_SKIP_NO_SLOT);
	switch (op->opcode) {
	case PYFUZZ_OP_SLOT_DELETE:
		CALL(pages_target.names.slot_delete,
		     pages_target.slot_delete(vm, as, n));
		slot->present = false;
		break;
	case PYFUZZ_OP_SLOT_MOVE:
		base = slot_other_base(as, n, op->on);
		if (base == slot->base_gfn || !slot_fits(vm, as, n, base))
			return skip(PYFUZZ_SKIP_SLOT_THERE);
		CALL(pages_target.names.slot_move,
		     pages_target.slot_move(vm, as, n, base));
		slot->base_gfn = base;
		/* It is another slot to the target. */
		log_switched(slot, false);
		break;
	case PYFUZZ_OP_PROTECT:
		log_before_protect(vm, as, n, op->level);
		CALL(pages_target.names.write_protect,
		     pages_target.write_protect(vm, as, n, op->level));
		break;
	case PYFUZZ_OP_CLEAR_DIRTY:
		log_before_clear_dirty(vm, as, n);
		CALL(pages_target.names.clear_dirty,
		     pages_target.clear_dirty(vm, as, n));
		break;
	case PYFUZZ_OP_DIRTY_LOG:
		log_switched(slot, op->on);
		CALL(pages_target.names.set_dirty_log,
		     pages_target.set_dirty_log(vm, as, n, op->on));
		break;
	case PYFUZZ_OP_COLLAPSE:
		CALL(pages_target.names.collapse,
		     pages_target.collapse(vm, as, n));
		break;
	case PYFUZZ_OP_SPLIT:
		/* Down to 4K, 1G would be more pages than there are. */
		level = n == PYFUZZ_BIG_SLOT && op->level == 1 ? 2 : op->level;
		CALL(pages_target.names.split,
		     pages_target.split(vm, as, n, level));
		break;
	}
	return PYFUZZ_RAN;
}

/* One slot's part of a range of host memory. */
static void host_range(unsigned int opcode, unsigned int vm, unsigned int as,
		       unsigned int n, uint64_t start, uint64_t end)
{
	switch (opcode) {
	case PYFUZZ_OP_AGE:
		CALL(pages_target.names.age,
		     pages_target.age(vm, as, n, start, end));
		break;
	case PYFUZZ_OP_TEST_AGE:
		CALL(pages_target.names.test_age,
		     pages_target.test_age(vm, as, n, start, end));
		break;
	default:
		CALL(pages_target.names.unmap,
		     pages_target.unmap(vm, as, n, start, end));
		check_unmapped(vm, as, n, start, end);
		break;
	}
}

/* A range of host memory, in each slot that maps part of it. */
static void each_slot(unsigned int opcode, unsigned int vm, uint64_t from,
		      uint64_t to)
{
	for (unsigned int as = 0; as < PAGES_SPACES; as++) {
		for (unsigned int n = 0; n < PAGES_SLOTS; n++) {
			const struct slot *s = &world.vms[vm].slots[as][n];
			uint64_t start = from, end = to;

			if (!s->present)
				continue;
			if (start < s->hva_frame)
				start = s->hva_frame;
			if (end > s->hva_frame + s->npages)
				end = s->hva_frame + s->npages;
			if (start < end)
				host_range(opcode, vm, as, n,
					   s->base_gfn + (start - s->hva_frame),
					   s->base_gfn + (end - s->hva_frame));
		}
	}
}

/* What was zapped by gfn, in both address spaces. */
static void each_slot_of_gfns(unsigned int vm, uint64_t from, uint64_t to)
{
	for (unsigned int as = 0; as < PAGES_SPACES; as++) {
		for (unsigned int n = 0; n < PAGES_SLOTS; n++) {
			const struct slot *s = &world.vms[vm].slots[as][n];
			uint64_t last = s->base_gfn + s->npages;

			if (s->present && s->base_gfn < to && from < last)
				check_unmapped(vm, as, n,
					       from > s->base_gfn ? from :
								    s->base_gfn,
					       to < last ? to : last);
		}
	}
}

static unsigned int range_operation(const struct pyfuzz_op *op)
{
	uint64_t gfn = frame_gfn(op->frame), start = gfn, end = gfn + 1;
	const struct slot *slot = slot_at(op->vm, 0, gfn, NULL);
	uint64_t shift;

	if (op->size == 1) {
		start = gfn & ~511ULL;
		end = start + 512;
	} else if (op->size == 2 && slot) {
		start = slot->base_gfn;
		end = start + slot->npages;
	}
	world.report->first_gfn = start;
	world.report->end_gfn = end;
	if (op->opcode == PYFUZZ_OP_ZAP_RANGE) {
		CALL(pages_target.names.zap_range,
		     pages_target.zap_range(op->vm, start, end));
		each_slot_of_gfns(op->vm, start, end);
		return PYFUZZ_RAN;
	}
	if (!slot)
		return skip(PYFUZZ_SKIP_NO_SLOT);
	shift = slot->hva_frame - slot->base_gfn;
	each_slot(op->opcode, op->vm, start + shift, end + shift);
	return PYFUZZ_RAN;
}

/* Unmap the host's huge page, of a level, that a frame is in. */
static void unmap_region(unsigned int vm, uint64_t gfn, uint64_t hva,
			 unsigned int level)
{
	uint64_t pages = pages_of(level);

	world.report->first_gfn = gfn & ~(pages - 1);
	world.report->end_gfn = world.report->first_gfn + pages;
	hva &= ~(pages - 1);
	each_slot(PYFUZZ_OP_UNMAP, vm, hva, hva + pages);
}

static unsigned int frame_operation(const struct pyfuzz_op *op)
{
	uint64_t gfn = frame_gfn(op->frame), hva, pfn;
	unsigned int n;
	const struct slot *slot = slot_at(op->vm, 0, gfn, &n);

	if (!slot)
		return skip(PYFUZZ_SKIP_NO_SLOT);
	hva = slot->hva_frame + (gfn - slot->base_gfn);
	world.report->first_gfn = gfn;
	world.report->end_gfn = gfn + 1;
	switch (op->opcode) {
	case PYFUZZ_OP_CHANGE_PTE:
		/* The host splits its own huge page first. */
		unmap_region(op->vm, gfn, hva, 2);
		pfn = host_move(op->vm, hva);
		for (unsigned int as = 0; as < PAGES_SPACES; as++) {
			const struct slot *s = slot_at(op->vm, as, gfn, &n);

			if (s && s->hva_frame + (gfn - s->base_gfn) == hva)
				CALL(pages_target.names.change_pte,
				     pages_target.change_pte(op->vm, as, n, gfn,
							     pfn, op->on));
		}
		break;
	case PYFUZZ_OP_PROTECT_MASKED:
		n = 0;
		slot = slot_at(op->vm, 0, gfn, &n);
		/* 64 frames of the bitmap's word. */
		gfn = slot->base_gfn + ((gfn - slot->base_gfn) & ~63ULL);
		log_read(op->vm, 0, n, gfn, op->on ? ~0ULL : 7);
		CALL(pages_target.names.protect_masked,
		     pages_target.protect_masked(op->vm, 0, n, gfn,
						 op->on ? ~0ULL : 7));
		break;
	case PYFUZZ_OP_HOST_SIZE:
		unmap_region(op->vm, gfn, hva, op->on == 2 ? 3 : 2);
		host_set_size(op->vm, hva, op->on + 1U);
		break;
	}
	return PYFUZZ_RAN;
}

static unsigned int vm_operation(const struct pyfuzz_op *op)
{
	struct vm *m = &world.vms[op->vm];

	switch (op->opcode) {
	case PYFUZZ_OP_RECLAIM:
		CALL(pages_target.names.reclaim,
		     pages_target.reclaim(op->vm, 1U + op->number % 8));
		break;
	case PYFUZZ_OP_RECOVER_NX:
		CALL(pages_target.names.recover_nx,
		     pages_target.recover_nx(op->vm));
		break;
	case PYFUZZ_OP_ZAP_ALL:
		CALL(pages_target.names.zap_all_fast,
		     pages_target.zap_all_fast(op->vm));
		break;
	case PYFUZZ_OP_MMIO:
		/* As if there had been so many memslot changes before. */
		m->generation += 1 + op->number * 8U;
		CALL(pages_target.names.invalidate_mmio,
		     pages_target.invalidate_mmio(op->vm, m->generation));
		break;
	case PYFUZZ_OP_BUG:
		CALL(pages_target.names.bug, pages_target.bug(op->vm));
		break;
	}
	return PYFUZZ_RAN;
}

static bool supported(unsigned int opcode)
{
	return pyfuzz_target_traits.opcodes >> opcode & 1;
}

static unsigned int dispatch(const struct pyfuzz_op *op)
{
	switch (op->opcode) {
	case PYFUZZ_OP_ACCESS:
		return access_page(op);
	case PYFUZZ_OP_WRITE:
	case PYFUZZ_OP_POKE:
		return write_entry(op, op->opcode == PYFUZZ_OP_WRITE);
	case PYFUZZ_OP_INVLPG:
	case PYFUZZ_OP_FLUSH:
	case PYFUZZ_OP_ROOT:
	case PYFUZZ_OP_UNLOAD:
		return vcpu_operation(op);
	case PYFUZZ_OP_MODE:
		return change_mode(op);
	case PYFUZZ_OP_UNMAP:
	case PYFUZZ_OP_AGE:
	case PYFUZZ_OP_TEST_AGE:
	case PYFUZZ_OP_ZAP_RANGE:
		return range_operation(op);
	case PYFUZZ_OP_CHANGE_PTE:
	case PYFUZZ_OP_PROTECT_MASKED:
	case PYFUZZ_OP_HOST_SIZE:
		return frame_operation(op);
	case PYFUZZ_OP_RECLAIM:
	case PYFUZZ_OP_RECOVER_NX:
	case PYFUZZ_OP_ZAP_ALL:
	case PYFUZZ_OP_MMIO:
	case PYFUZZ_OP_BUG:
		return vm_operation(op);
	default:
		return slot_operation(op);
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
