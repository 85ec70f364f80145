/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoding operations, and running one step of one. */
#include <string.h>
#include "world.h"

/* Codes of the first byte; how many an opcode has is how likely it is. */
static const uint8_t opcodes[32] = {
	PYFUZZ_OP_ADD, PYFUZZ_OP_ADD, PYFUZZ_OP_ADD, PYFUZZ_OP_ADD,
	PYFUZZ_OP_ADD, PYFUZZ_OP_REMOVE, PYFUZZ_OP_REMOVE, PYFUZZ_OP_REMOVE,
	PYFUZZ_OP_REMOVE, PYFUZZ_OP_REMOVE_STRAY, PYFUZZ_OP_ZAP_ONE,
	PYFUZZ_OP_ZAP_ONE_STRAY, PYFUZZ_OP_ZAP_ALL, PYFUZZ_OP_COUNT,
	PYFUZZ_OP_ITERATE, PYFUZZ_OP_PARENT_ADD, PYFUZZ_OP_PARENT_ADD,
	PYFUZZ_OP_PARENT_REMOVE, PYFUZZ_OP_PARENT_REMOVE_STRAY,
	PYFUZZ_OP_PARENT_DROP, PYFUZZ_OP_PARENT_UNLINK, PYFUZZ_OP_RMAP_ADD,
	PYFUZZ_OP_RMAP_ADD, PYFUZZ_OP_RMAP_ADD, PYFUZZ_OP_RMAP_REMOVE,
	PYFUZZ_OP_RMAP_REMOVE, PYFUZZ_OP_RMAP_REMOVE_STRAY,
	PYFUZZ_OP_RMAP_REMOVE_OFF, PYFUZZ_OP_ENTER, PYFUZZ_OP_CONTEXT,
	PYFUZZ_OP_CREATE, PYFUZZ_OP_DESTROY,
};

/* Mostly once; then every count below 50; then some that build long lists. */
static uint16_t decode_repeat(uint8_t code)
{
	static const uint16_t large[] = { 56, 70, 100, 140, 200, 300, 500, 1001 };

	if (code < 200)
		return 1;
	if (code < 248)
		return (uint16_t)(code - 198);
	return large[code - 248];
}

static bool faults_on;

void pyfuzz_set_faults(uint32_t on)
{
	faults_on = on;
}

void pyfuzz_decode(const uint8_t *data, struct pyfuzz_op *op)
{
	unsigned int head = data[1] & 31;

	op->fault = op->reserved = 0;
	op->opcode = opcodes[data[0] & 31];
	op->vm = (data[0] >> 5) & 3;
	op->head = head < PYFUZZ_HEADS ? head : head & 15;
	op->head_vm = op->vm;
	op->operand = (uint16_t)((data[1] >> 5) << 8 | data[2]);
	op->repeat = decode_repeat(data[3]);
	if (faults_on && (data[0] & 0x80)) {
		op->opcode = PYFUZZ_OP_FAULT;
		op->fault = (uint8_t)((data[0] & 31) | (data[3] & 1) << 5) %
			    PYFUZZ_FAULTS;
		op->repeat = 1;
		return;
	}
	switch (op->opcode) {
	case PYFUZZ_OP_REMOVE_STRAY:
		if (head >= PYFUZZ_HEADS) {
			unsigned int k = head - PYFUZZ_HEADS;

			op->head_vm = (op->vm + 1 + k / 4) % PYFUZZ_VMS;
			op->head = k % 4;
		}
		break;
	case PYFUZZ_OP_ZAP_ALL:
	case PYFUZZ_OP_COUNT:
	case PYFUZZ_OP_ITERATE:
		op->operand = 0;
		break;
	case PYFUZZ_OP_PARENT_UNLINK:
		op->operand = 0;
		/* fallthrough */
	case PYFUZZ_OP_PARENT_ADD:
	case PYFUZZ_OP_PARENT_REMOVE:
	case PYFUZZ_OP_PARENT_REMOVE_STRAY:
	case PYFUZZ_OP_PARENT_DROP:
		op->head = PYFUZZ_FRAME_HEADS + (head & 3);
		break;
	case PYFUZZ_OP_RMAP_ADD:
	case PYFUZZ_OP_RMAP_REMOVE:
	case PYFUZZ_OP_RMAP_REMOVE_STRAY:
	case PYFUZZ_OP_RMAP_REMOVE_OFF:
		op->head = head & 15;
		break;
	case PYFUZZ_OP_ENTER:
		op->operand &= 1;
		op->head = 0;
		op->repeat = 1;
		break;
	case PYFUZZ_OP_CONTEXT:
		op->operand &= 3;
		if (op->operand < 2)
			op->vm = op->head_vm = 0;
		op->head = 0;
		op->repeat = 1;
		break;
	case PYFUZZ_OP_CREATE:
	case PYFUZZ_OP_DESTROY:
		op->operand = 0;
		op->head = 0;
		op->repeat = 1;
		break;
	default:
		break;
	}
}

/* Run an expression that enters the target; function is to blame for it. */
#define CALL(function, expression)	\
do {					\
	guard_enter(function);		\
	expression;			\
	guard_leave();			\
} while (0)

static const struct pyfuzz_target *const target = &pyfuzz_target;

static uint64_t *sptep_of(unsigned int vm, unsigned int spte)
{
	return &target->sptes[vm][spte];
}

static void must_be_cleared(unsigned int vm, unsigned int spte)
{
	if (!world.vms[vm].tainted && *sptep_of(vm, spte) & PRESENT)
		finding(PYFUZZ_STALE_SPTE, guard_function, 0,
			"vm%u s%u must be cleared, is still present", vm, spte);
}

/* All that were in a list are zapped, or it is a finding. */
static void zapped_whole(unsigned int vm, unsigned int head)
{
	struct vm *m = &world.vms[vm];

	for (unsigned int i = 0; i < m->count[head]; i++)
		must_be_cleared(vm, m->members[head][i]);
	model_clear(vm, head);
}

static void run_add(const struct pyfuzz_op *op, unsigned int spte)
{
	unsigned int vm = op->vm, head = op->head;
	uint64_t *sptep = sptep_of(vm, spte);
	unsigned int before = world.vms[vm].count[head];
	int64_t returned;

	if (!world.vms[vm].no_topup)
		target->topup(vm);
	*sptep = PRESENT | (uint64_t)(spte + 1) << 12;
	/* rmap_add is to record the gfn itself: what is there before is wrong. */
	if (head < PYFUZZ_FRAME_HEADS)
		target->set_gfn(vm, sptep,
				op->opcode == PYFUZZ_OP_RMAP_ADD ?
					(head + 1) % PYFUZZ_FRAME_HEADS : head);
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
		bool so = !target->traits.tail_count_size && counted >= 0 &&
			  least_counted(counted) <= PYFUZZ_RECYCLE_THRESHOLD;

		world.variant = !so;
		finding(PYFUZZ_COUNT_CONTRACT, guard_function, 0,
			"a list of %u entries must be zapped whole by one more, is not%s",
			before,
			so ? ": it has fewer up to the first descriptor with room" :
			     "");
	}
}

/* As if gfn had been recorded; afterwards the right one is there again. */
static void remove_with_gfn(unsigned int vm, uint64_t *sptep, unsigned int spte,
			    unsigned int gfn)
{
	unsigned int owner = world.vms[vm].owner[spte];

	target->set_gfn(vm, sptep, gfn);
	CALL(target->names.remove, target->rmap_remove(vm, sptep));
	if (owner < PYFUZZ_FRAME_HEADS)
		target->set_gfn(vm, sptep, owner);
}

/* One SPTE out of one list, by whichever way the operation goes. */
static void run_remove(const struct pyfuzz_op *op, unsigned int spte,
		       bool error)
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
	model_remove(vm, head, spte);
	/* The kernel's callers clear an SPTE whose entry is gone. */
	*sptep = 0;
}

void run_iterate(unsigned int vm, unsigned int head)
{
	static uint64_t *yielded[PYFUZZ_SPTES + 8];
	struct vm *m = &world.vms[vm];
	unsigned int n;

	CALL(target->names.iterate,
	     n = target->iterate(vm, head, yielded, m->count[head] + 8U));
	world.report->has_returned = 1;
	world.report->returned = n;
	world.report->expected = m->count[head];
	if (m->tainted)
		return;
	world.walk++;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int spte = spte_number(vm, yielded[i]);

		if (spte == PYFUZZ_NONE || m->owner[spte] != head) {
			finding(PYFUZZ_ITERATOR, guard_function, 0,
				"entry %u that it yields is not in the list", i);
			return;
		}
		if (m->seen[spte] == world.walk) {
			finding(PYFUZZ_ITERATOR, guard_function, 0,
				"it yields s%u twice", spte);
			return;
		}
		m->seen[spte] = world.walk;
	}
	if (n != m->count[head])
		finding(PYFUZZ_ITERATOR, guard_function, 0,
			"it must yield %u entries, yields %u", m->count[head],
			n);
}

void run_count(unsigned int vm, unsigned int head)
{
	int64_t returned;

	CALL(target->names.count, returned = target->count(vm, head));
	check_returned(target->names.count, returned,
		       world.vms[vm].count[head]);
}

/* A vCPU enters the guest: with a VM-dead request, or a dead VM, it cannot. */
static void run_enter(unsigned int vm, unsigned int vcpu)
{
	bool must_fail = world.vms[vm].expect_bugged;
	bool fails = world.requests[vm][vcpu] || *target->dead[vm];

	world.report->has_returned = 1;
	world.report->returned = fails ? -5 : 0;	/* -EIO */
	world.report->expected = must_fail ? -5 : 0;
	if (fails != must_fail && !world.vms[vm].tainted)
		finding(PYFUZZ_REQUEST, "vcpu_enter_guest", 0,
			"vm%u cpu%u must%s enter the guest", vm, vcpu,
			must_fail ? " not" : "");
}

static void run_context(const struct pyfuzz_op *op)
{
	world.context = op->operand == 0 ? CONTEXT_OWN :
			op->operand == 1 ? CONTEXT_KWORKER : CONTEXT_VCPU;
	world.context_vm = op->vm;
	world.context_vcpu = op->operand & 1;
}

/* Empty one list the way the target's kernel tears it down. */
static void empty_list(unsigned int vm, unsigned int head)
{
	struct vm *m = &world.vms[vm];

	if (head < PYFUZZ_FRAME_HEADS && target->zap_all) {
		CALL(target->names.zap_all, target->zap_all(vm, head));
	} else if (head >= PYFUZZ_FRAME_HEADS && target->parent_unlink) {
		CALL(target->names.parent_unlink,
		     target->parent_unlink(vm, head));
	} else {
		for (unsigned int i = m->count[head]; i--;) {
			unsigned int spte = m->members[head][i];
			uint64_t *sptep = sptep_of(vm, spte);

			CALL(target->names.remove,
			     target->remove(vm, vm, head, sptep));
			*sptep = 0;
		}
	}
	zapped_whole(vm, head);
}

void vm_destroy(unsigned int vm)
{
	struct vm *m = &world.vms[vm];

	for (unsigned int h = 0; h < PYFUZZ_HEADS && !world.host_dead; h++) {
		if (!*target->heads[vm][h] && !m->count[h])
			continue;
		empty_list(vm, h);
		if (*target->heads[vm][h] && !m->tainted)
			finding(PYFUZZ_TEARDOWN, guard_function, 0,
				"a head of vm%u must be empty after tear-down, is not",
				vm);
	}
	target->drain(vm);
	check_flags(vm, false);
	if (world.requests_made)
		check_requests();
	m->alive = false;
	if (m->tainted)
		containment_destroyed(vm);
	if (world.context == CONTEXT_VCPU && world.context_vm == vm)
		world.context = CONTEXT_OWN;
}

static void choose_running(unsigned int vm)
{
	world.running_vm = vm;
	world.running_vcpu = 0;
	if (world.context == CONTEXT_KWORKER) {
		world.running_vm = PYFUZZ_NONE;
	} else if (world.context == CONTEXT_VCPU) {
		world.running_vm = world.context_vm;
		world.running_vcpu = world.context_vcpu;
	}
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

static unsigned int may_run(const struct pyfuzz_op *op)
{
	if (world.host_dead)
		return PYFUZZ_SKIP_HOST_DEAD;
	if (op->opcode != PYFUZZ_OP_FAULT &&
	    !(target->traits.opcodes & (1U << op->opcode)))
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
		CALL(target->names.zap_all, target->zap_all(vm, head));
		containment_zapped(vm, head);
		zapped_whole(vm, head);
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
	if (world.report->log_lines)
		check_log();
	if (world.host_dead)
		return;
	if (op->opcode != PYFUZZ_OP_COUNT)
		check_list(op->head_vm, op->head, vm);
	if (op->opcode == PYFUZZ_OP_RMAP_REMOVE_OFF && !world.host_dead)
		check_list(vm, (op->head + 1U) % PYFUZZ_FRAME_HEADS, vm);
	if (world.precise && !world.host_dead) {
		check_everything(vm);
		if (!world.host_dead)
			check_memory();
		if (world.faulted)
			check_caches(vm);
	}
	if (!world.precise && !world.faulted && !world.host_dead &&
	    op->opcode != PYFUZZ_OP_COUNT && op->opcode != PYFUZZ_OP_ITERATE)
		probe_list(op->head_vm, op->head);
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
	world.mistake = false;
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
		feedback_step(op, PYFUZZ_NONE, false);
		report->skip = (uint8_t)fault_apply(op);
		if (report->skip)
			return;
		check_step(op, false, requests_before);
		break;
	case PYFUZZ_OP_DESTROY:
		choose_running(op->vm);
		vm_destroy(op->vm);
		guard_events();
		if (world.precise && !world.host_dead)
			check_memory();
		break;
	default:
		report->skip = (uint8_t)choose_spte(op, i, &spte, &error);
		if (report->skip)
			return;
		report->spte = (uint16_t)spte;
		report->error = error;
		world.mistake = error;
		choose_running(op->vm);
		feedback_step(op, spte, error);
		run_one(op, spte, error);
		check_step(op, error, requests_before);
		break;
	}
	world.result.steps++;
	containment_step(op);
}

/* The end of every sequence: check all, destroy all, account for all. */
void world_teardown(void)
{
	if (world.host_dead)
		return;
	world.ending = true;
	world.report->error = false;
	world.mistake = false;
	check_everything(PYFUZZ_NONE);
	if (world.faulted && !world.host_dead)
		containment_innocents();
	for (unsigned int vm = 0; vm < PYFUZZ_VMS && !world.host_dead; vm++) {
		if (!world.vms[vm].alive)
			continue;
		choose_running(vm);
		vm_destroy(vm);
		guard_events();
	}
	if (world.report->log_lines)
		check_log();
	if (world.faulted && !world.host_dead)
		check_owners();
	if (!world.host_dead && !world.faulted && descriptors_live()) {
		world.late = true;
		finding(PYFUZZ_LEAK, target->names.zap_all, 0,
			"%u descriptors are still allocated after every VM was destroyed",
			descriptors_live());
	}
	if (!world.host_dead && !world.faulted)
		world.dirty = false;
}
