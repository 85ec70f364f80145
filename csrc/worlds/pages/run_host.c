/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of the host: user space's on memslots and the dirty log, those of the
 * memory management, and KVM's own on a whole VM.
 */
#include "run.h"

unsigned int run_slot(const struct pyfuzz_op *op)
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

unsigned int run_range(const struct pyfuzz_op *op)
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

unsigned int run_frame(const struct pyfuzz_op *op)
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

unsigned int run_vm(const struct pyfuzz_op *op)
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
