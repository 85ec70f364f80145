/* SPDX-License-Identifier: GPL-2.0-only */
/* Running one step of an operation, with the checks after it. */
#include <string.h>
#include "harness/findings.h"
#include "harness/guard.h"
#include "harness/log.h"
#include "compare/compare.h"
#include "containment.h"
#include "faults.h"
#include "oracle.h"
#include "probe.h"
#include "queries.h"
#include "run_ops.h"
#include "states.h"
#include "vm.h"
#include "walk.h"

static const struct pyfuzz_target *const target = &pyfuzz_target;

static void run_add(const struct pyfuzz_op *op, unsigned int spte)
{
	unsigned int vm = op->vm, head = op->head;
	uint64_t *sptep = sptep_of(vm, spte);
	unsigned int before = world.vms[vm].count[head];
	int64_t returned;

	if (!world.vms[vm].no_topup)
		target->topup(vm);
	*sptep = PRESENT | (uint64_t)(spte + 1) << 12;
	/* rmap_add must record the gfn itself, so store a wrong one before. */
	if (head < PYFUZZ_FRAME_HEADS)
		target->set_gfn(vm, sptep,
				op->opcode == PYFUZZ_OP_RMAP_ADD ?
					(head + 1) % PYFUZZ_FRAME_HEADS :
					head);
	switch (op->opcode) {
	case PYFUZZ_OP_ADD:
		CALL(target->names.add, returned = target->add(vm, head, sptep));
		model_add(vm, head, spte);
		check_added(vm, head, spte, returned, before);
		return;
	case PYFUZZ_OP_PARENT_ADD:
		CALL(target->names.add, target->parent_add(vm, head, sptep));
		model_add(vm, head, spte);
		return;
	default:
		break;
	}
	CALL(target->names.rmap_add, target->rmap_add(vm, sptep, head));
	model_add(vm, head, spte);
	if (before <= PYFUZZ_RECYCLE_THRESHOLD || world.vms[vm].tainted)
		return;
	if (!*target->heads[vm][head]) {
		world.report->recycled = 1;
		zapped_whole(vm, head);
	} else {
		int64_t counted = entries_up_to(vm, head, spte);
		enum count_variant variant = COUNT_OTHER;

		if (!pyfuzz_target_traits.tail_count_size && counted >= 0) {
			if (counted <= PYFUZZ_RECYCLE_THRESHOLD)
				variant = COUNT_TO_ROOM;
			else if (least_counted(counted) <=
				 PYFUZZ_RECYCLE_THRESHOLD)
				variant = COUNT_FORGETS_FULL;
		}
		sequence.variant = variant;
		finding(PYFUZZ_COUNT_CONTRACT, sequence.function, 0,
			"a list of %u entries must be zapped whole by one more, is not%s",
			before,
			variant == COUNT_TO_ROOM ?
				": it has fewer up to the first descriptor with room" :
			variant == COUNT_FORGETS_FULL ?
				": it has fewer before the last descriptor, which was full" :
				"");
	}
}

/* Run as if gfn had been recorded; then restore the correct one. */
static void remove_with_gfn(unsigned int vm, uint64_t *sptep, unsigned int spte,
			    unsigned int gfn)
{
	unsigned int owner = world.vms[vm].owner[spte];

	target->set_gfn(vm, sptep, gfn);
	CALL(target->names.remove, target->rmap_remove(vm, sptep));
	if (owner < PYFUZZ_FRAME_HEADS)
		target->set_gfn(vm, sptep, owner);
}

/* Remove one SPTE from one list, in the operation's way. */
static void run_remove(const struct pyfuzz_op *op, unsigned int spte, bool error)
{
	unsigned int vm = op->vm, head = op->head;
	uint64_t *sptep = sptep_of(vm, spte);
	bool clears = false;

	switch (op->opcode) {
	case PYFUZZ_OP_ZAP_ONE:
	case PYFUZZ_OP_ZAP_ONE_STRAY:
		CALL(target->names.remove, target->zap_one(vm, head, sptep));
		clears = true;
		break;
	case PYFUZZ_OP_PARENT_REMOVE:
	case PYFUZZ_OP_PARENT_REMOVE_STRAY:
		CALL(target->names.remove,
		     target->parent_remove(vm, head, sptep));
		break;
	case PYFUZZ_OP_PARENT_DROP:
		CALL(target->names.remove, target->parent_drop(vm, head, sptep));
		clears = true;
		break;
	case PYFUZZ_OP_RMAP_REMOVE:
		CALL(target->names.remove, target->rmap_remove(vm, sptep));
		break;
	case PYFUZZ_OP_RMAP_REMOVE_STRAY:
		if (!error) {
			CALL(target->names.remove,
			     target->rmap_remove(vm, sptep));
			break;
		}
		remove_with_gfn(vm, sptep, spte, head);
		break;
	case PYFUZZ_OP_RMAP_REMOVE_OFF:
		remove_with_gfn(vm, sptep, spte,
				(head + 1) % PYFUZZ_FRAME_HEADS);
		break;
	default:
		CALL(target->names.remove,
		     target->remove(vm, op->head_vm, head, sptep));
		break;
	}
	if (clears)
		must_be_cleared(vm, spte);
	if (error)
		return;
	world.left = *sptep;
	model_remove(vm, head, spte);
	/* The kernel's callers clear an SPTE whose entry is gone. */
	*sptep = 0;
}

/* A vCPU enters the guest, unless it has a VM-dead request or its VM is dead. */
static void run_enter(unsigned int vm, unsigned int vcpu)
{
	bool must_fail = world.vms[vm].expect_bugged;
	bool fails = world.requests[vm][vcpu] || *target->dead[vm];

	world.report->has_returned = 1;
	world.report->returned = fails ? -5 : 0; /* -EIO */
	world.report->expected = must_fail ? -5 : 0;
	if (fails != must_fail && !world.vms[vm].tainted)
		finding(PYFUZZ_REQUEST, "vcpu_enter_guest", 0,
			"vm%u cpu%u must%s enter the guest", vm, vcpu,
			must_fail ? " not" : "");
}

static void run_context(const struct pyfuzz_op *op)
{
	world.context = op->operand == 0 ? CONTEXT_OWN :
			op->operand == 1 ? CONTEXT_KWORKER :
					   CONTEXT_VCPU;
	world.context_vm = op->vm;
	world.context_vcpu = op->operand & 1;
}

/* Choose the SPTE of a step; the return value is enum pyfuzz_skip. */
static unsigned int choose_spte(const struct pyfuzz_op *op, unsigned int i,
				unsigned int *spte, bool *error)
{
	const struct vm *m = &world.vms[op->vm];
	unsigned int operand = (op->operand + i) % PYFUZZ_SPTES;
	unsigned int owner;

	switch (op->opcode) {
	case PYFUZZ_OP_ADD:
	case PYFUZZ_OP_PARENT_ADD:
	case PYFUZZ_OP_RMAP_ADD:
		*spte = model_free_spte(op->vm, operand);
		return *spte == PYFUZZ_NONE ? PYFUZZ_SKIP_NO_FREE_SPTE :
					      PYFUZZ_RAN;
	case PYFUZZ_OP_REMOVE_STRAY:
	case PYFUZZ_OP_ZAP_ONE_STRAY:
	case PYFUZZ_OP_PARENT_REMOVE_STRAY:
	case PYFUZZ_OP_RMAP_REMOVE_STRAY:
		owner = m->owner[operand];
		*spte = operand;
		*error = op->head_vm != op->vm || owner != op->head;
		if (op->opcode == PYFUZZ_OP_ZAP_ONE_STRAY &&
		    owner != FREE_SPTE && owner != op->head)
			return PYFUZZ_SKIP_IN_OTHER_LIST;
		return PYFUZZ_RAN;
	case PYFUZZ_OP_REMOVE:
	case PYFUZZ_OP_ZAP_ONE:
	case PYFUZZ_OP_PARENT_REMOVE:
	case PYFUZZ_OP_PARENT_DROP:
	case PYFUZZ_OP_RMAP_REMOVE:
	case PYFUZZ_OP_RMAP_REMOVE_OFF:
		if (!m->count[op->head])
			return PYFUZZ_SKIP_EMPTY;
		*spte = m->members[op->head][operand % m->count[op->head]];
		*error = op->opcode == PYFUZZ_OP_RMAP_REMOVE_OFF;
		return PYFUZZ_RAN;
	default:
		return PYFUZZ_RAN;
	}
}

static void __attribute__((constructor)) supported_fill(void)
{
	static const size_t calls[] = {
#define OP(name, word, heads, operand, repeats, share, call) \
	offsetof(struct pyfuzz_target, call),
#include "operations.def"
#undef OP
	};
	uint32_t supported = 0;

	for (unsigned int opcode = 0; opcode < PYFUZZ_OP_FAULT; opcode++) {
		void *call;

		memcpy(&call, (char *)&pyfuzz_target + calls[opcode],
		       sizeof(call));
		if (call)
			supported |= 1U << opcode;
	}
	pyfuzz_target_traits.opcodes = supported;
}

static unsigned int may_run(const struct pyfuzz_op *op)
{
	if (sequence.host_dead)
		return PYFUZZ_SKIP_HOST_DEAD;
	if (op->opcode != PYFUZZ_OP_FAULT &&
	    !(pyfuzz_target_traits.opcodes & (1U << op->opcode)))
		return PYFUZZ_SKIP_UNSUPPORTED;
	if (op->opcode == PYFUZZ_OP_CREATE)
		return world.vms[op->vm].alive ? PYFUZZ_SKIP_VM_ALIVE :
						 PYFUZZ_RAN;
	if (op->opcode == PYFUZZ_OP_CONTEXT && op->operand < 2)
		return PYFUZZ_RAN;
	if (!world.vms[op->vm].alive || !world.vms[op->head_vm].alive)
		return PYFUZZ_SKIP_NO_VM;
	return PYFUZZ_RAN;
}

static void run_zap_all(unsigned int vm, unsigned int head)
{
	unsigned int entries = world.vms[vm].count[head];
	int64_t flush;

	CALL(target->names.zap_all, flush = target->zap_all(vm, head));
	containment_zapped(vm, head);
	zapped_whole(vm, head);
	check_flush(vm, head, flush, entries);
}

static void run_one(const struct pyfuzz_op *op, unsigned int spte, bool error)
{
	unsigned int vm = op->vm, head = op->head;

	switch (op->opcode) {
	case PYFUZZ_OP_ADD:
	case PYFUZZ_OP_PARENT_ADD:
	case PYFUZZ_OP_RMAP_ADD:
		run_add(op, spte);
		break;
	case PYFUZZ_OP_ZAP_ALL:
		run_zap_all(vm, head);
		break;
	case PYFUZZ_OP_PARENT_UNLINK:
		CALL(target->names.parent_unlink,
		     target->parent_unlink(vm, head));
		containment_zapped(vm, head);
		zapped_whole(vm, head);
		break;
	case PYFUZZ_OP_COUNT:
		run_count(vm, head);
		break;
	case PYFUZZ_OP_ITERATE:
		run_iterate(vm, head);
		break;
	default:
		run_remove(op, spte, error);
		break;
	}
}

/* The checks after a step that entered the target. */
static void check_step(const struct pyfuzz_op *op, bool error,
		       uint32_t requests_before)
{
	unsigned int vm = op->vm;

	guard_events();
	check_flags(vm, error);
	if (error || world.requests_made != requests_before)
		check_requests();
	if (sequence.step_lines)
		log_check(world.bugged_total);
	if (sequence.host_dead)
		return;
	if (sequence.precise) {
		check_precisely(vm, op->head_vm, op->head);
		if (sequence.faulted && !sequence.host_dead)
			check_caches(vm);
		return;
	}
	if (op->opcode != PYFUZZ_OP_COUNT)
		check_list(op->head_vm, op->head, vm);
	if (op->opcode == PYFUZZ_OP_RMAP_REMOVE_OFF && !sequence.host_dead)
		check_list(vm, (op->head + 1U) % PYFUZZ_FRAME_HEADS, vm);
	if (!sequence.faulted && !sequence.host_dead &&
	    op->opcode != PYFUZZ_OP_COUNT && op->opcode != PYFUZZ_OP_ITERATE)
		probe_list(op->head_vm, op->head);
}

/* Where the two kernels that are compared differ by design. */
static bool left_out(const struct pyfuzz_op *op, bool error)
{
	if (error && sequence.aside & PYFUZZ_ASIDE_ERRORS)
		return true;
	return sequence.aside & PYFUZZ_ASIDE_RECYCLE &&
	       op->opcode == PYFUZZ_OP_RMAP_ADD &&
	       world.vms[op->vm].count[op->head] > PYFUZZ_RECYCLE_THRESHOLD;
}

void step_run(const struct pyfuzz_op *op, unsigned int i)
{
	struct pyfuzz_step *report = world.report;
	unsigned int spte = PYFUZZ_NONE;
	uint32_t requests_before = world.requests_made;
	bool error = false;

	report->error = false;
	report->skip = (uint8_t)may_run(op);
	if (report->skip)
		return;
	sequence.mistake = false;
	world.left = 0;
	switch (op->opcode) {
	case PYFUZZ_OP_ENTER:
		run_enter(op->vm, op->operand);
		break;
	case PYFUZZ_OP_CONTEXT:
		run_context(op);
		break;
	case PYFUZZ_OP_CREATE:
		vm_create(op->vm);
		break;
	case PYFUZZ_OP_FAULT:
		choose_running(op->vm);
		states_step(op, PYFUZZ_NONE, false);
		report->skip = (uint8_t)fault_apply(op);
		if (report->skip)
			return;
		check_step(op, false, requests_before);
		break;
	case PYFUZZ_OP_DESTROY:
		choose_running(op->vm);
		vm_destroy(op->vm);
		guard_events();
		if (sequence.precise && !sequence.host_dead)
			check_memory();
		break;
	default:
		report->skip = (uint8_t)choose_spte(op, i, &spte, &error);
		if (!report->skip && sequence.aside && left_out(op, error))
			report->skip = PYFUZZ_SKIP_ASIDE;
		if (report->skip)
			return;
		report->spte = (uint16_t)spte;
		report->error = error;
		sequence.mistake = error;
		choose_running(op->vm);
		states_step(op, spte, error);
		run_one(op, spte, error);
		check_step(op, error, requests_before);
		break;
	}
	sequence.result.steps++;
	containment_step(op);
}
