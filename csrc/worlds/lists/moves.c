/* SPDX-License-Identifier: GPL-2.0-only */
/* The moves in a state, and their operations. */
#include <string.h>
#include "canonical.h"

#define NO_OWNER 255
/* docs/sequences.md: the heads that remove can name in another VM. */
#define OTHERS_FRAMES 4

/* Contexts of a move: its own vCPU, none, or one of the VM at a position. */
enum { OWN, KWORKER, VCPU_OF };

static const struct pyfuzz_target *const target = &pyfuzz_target;

static struct move *out;
static uint32_t len;

static void put(unsigned int opcode, unsigned int vm, unsigned int head,
		unsigned int head_vm, unsigned int owner, unsigned int entry)
{
	unsigned int contexts = scope.errors ? VCPU_OF + scope.vms : 1;

	if (!(pyfuzz_target_traits.opcodes >> opcode & 1))
		return;
	for (unsigned int i = 0; i < contexts && len < SPACE_MOVES; i++) {
		/* Its own is the first one. */
		if (i >= VCPU_OF && (i - VCPU_OF == vm ||
				     !world.vms[view.vm[i - VCPU_OF]].alive))
			continue;
		out[len++] = (struct move){
			.opcode = (uint8_t)opcode,
			.vm = (uint8_t)vm,
			.head = (uint8_t)head,
			.head_vm = (uint8_t)head_vm,
			.owner = (uint8_t)owner,
			.context = (uint8_t)i,
			.entry = (uint16_t)entry,
		};
	}
}

static bool is_parent(unsigned int head)
{
	return head >= scope.frames;
}

static unsigned int entries_of(unsigned int vm, unsigned int head)
{
	return view.lists[view.vm[vm]][view.head[view.vm[vm]][head]].count;
}

static void put_add(unsigned int opcode, unsigned int vm, unsigned int head)
{
	const struct vm *m = &world.vms[view.vm[vm]];

	if (scope.renamed) {
		put(opcode, vm, head, vm, NO_OWNER, 0);
		return;
	}
	for (unsigned int n = 0; n < scope.total; n++)
		if (m->owner[n] == FREE_SPTE)
			put(opcode, vm, head, vm, NO_OWNER, n);
}

/* Moves with this list that follow the callers' rule. */
static void put_correct(unsigned int vm, unsigned int head)
{
	static const uint8_t frame[] = { PYFUZZ_OP_REMOVE, PYFUZZ_OP_ZAP_ONE,
					 PYFUZZ_OP_RMAP_REMOVE };
	static const uint8_t parent[] = { PYFUZZ_OP_PARENT_REMOVE,
					  PYFUZZ_OP_PARENT_DROP };
	const uint8_t *opcodes = is_parent(head) ? parent : frame;
	unsigned int n = is_parent(head) ? 2 : 3;

	if (is_parent(head)) {
		put_add(PYFUZZ_OP_PARENT_ADD, vm, head);
		put(PYFUZZ_OP_PARENT_UNLINK, vm, head, vm, NO_OWNER, 0);
	} else {
		put_add(PYFUZZ_OP_ADD, vm, head);
		put_add(PYFUZZ_OP_RMAP_ADD, vm, head);
		put(PYFUZZ_OP_ZAP_ALL, vm, head, vm, NO_OWNER, 0);
	}
	put(PYFUZZ_OP_COUNT, vm, head, vm, NO_OWNER, 0);
	put(PYFUZZ_OP_ITERATE, vm, head, vm, NO_OWNER, 0);
	for (unsigned int i = 0; i < n && !scope.grow; i++)
		for (unsigned int k = 0; k < entries_of(vm, head); k++)
			put(opcodes[i], vm, head, vm, head, k);
}

/* Removes of SPTEs that are not in this list: of each entry of others, of a free one. */
static void put_errors(unsigned int vm, unsigned int head)
{
	unsigned int stray = is_parent(head) ? PYFUZZ_OP_PARENT_REMOVE_STRAY :
					       PYFUZZ_OP_RMAP_REMOVE_STRAY;

	put(stray, vm, head, vm, NO_OWNER, 0);
	if (!is_parent(head))
		put(PYFUZZ_OP_ZAP_ONE_STRAY, vm, head, vm, NO_OWNER, 0);
	for (unsigned int from = 0; from < scope.vms; from++) {
		/* Another VM's head can be aimed at only among its first frames. */
		if (!world.vms[view.vm[from]].alive ||
		    (from != vm &&
		     (is_parent(head) || scope_head(head) >= OTHERS_FRAMES)))
			continue;
		put(PYFUZZ_OP_REMOVE_STRAY, from, head, vm, NO_OWNER, 0);
		for (unsigned int i = 0; i < scope_heads(); i++) {
			if (from == vm && i == head)
				continue;
			for (unsigned int k = 0; k < entries_of(from, i); k++) {
				put(PYFUZZ_OP_REMOVE_STRAY, from, head, vm, i,
				    k);
				if (from == vm)
					put(stray, vm, head, vm, i, k);
			}
		}
	}
}

static bool anyone_bugged(void)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		if (world.vms[vm].alive && *target->bugged[vm])
			return true;
	return world.bugged_total;
}

uint32_t moves_list(struct move *moves)
{
	out = moves;
	len = 0;
	for (unsigned int vm = 0; vm < scope.vms; vm++) {
		if (!world.vms[view.vm[vm]].alive) {
			/* Otherwise the number of bugged VMs would have no limit. */
			if (!anyone_bugged())
				put(PYFUZZ_OP_CREATE, vm, 0, vm, NO_OWNER, 0);
			continue;
		}
		for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++)
			put(PYFUZZ_OP_ENTER, vm, 0, vm, NO_OWNER, i);
		for (unsigned int i = 0; i < scope_heads(); i++) {
			put_correct(vm, i);
			if (scope.errors)
				put_errors(vm, i);
		}
		put(PYFUZZ_OP_DESTROY, vm, 0, vm, NO_OWNER, 0);
	}
	return len;
}

static struct pyfuzz_op context(unsigned int operand, unsigned int vm)
{
	return (struct pyfuzz_op){ .opcode = PYFUZZ_OP_CONTEXT,
				   .vm = (uint8_t)vm,
				   .head_vm = (uint8_t)vm,
				   .operand = (uint16_t)operand,
				   .repeat = 1 };
}

uint32_t moves_steps(const struct move *move, void *ops)
{
	struct pyfuzz_op *op = ops;
	unsigned int vm = view.vm[move->vm], head_vm = view.vm[move->head_vm];
	uint32_t n = 0;

	if (move->context == KWORKER)
		op[n++] = context(1, 0);
	else if (move->context >= VCPU_OF)
		op[n++] = context(2, view.vm[move->context - VCPU_OF]);
	op[n] = (struct pyfuzz_op){ .opcode = move->opcode,
				    .vm = (uint8_t)vm,
				    .head_vm = (uint8_t)head_vm,
				    .repeat = 1,
				    .operand = move->entry };
	if (move->opcode != PYFUZZ_OP_ENTER && move->opcode != PYFUZZ_OP_CREATE &&
	    move->opcode != PYFUZZ_OP_DESTROY)
		op[n].head = view.head[head_vm][move->head];
	if (move->owner != NO_OWNER) {
		unsigned int owner = view.head[vm][move->owner];
		unsigned int spte = view.lists[vm][owner].sptes[move->entry];

		op[n].operand = (uint16_t)spte;
		if (owner == op[n].head && head_vm == vm)
			op[n].operand = world.vms[vm].position[spte];
	} else if (move->opcode == PYFUZZ_OP_REMOVE_STRAY ||
		   move->opcode == PYFUZZ_OP_ZAP_ONE_STRAY ||
		   move->opcode == PYFUZZ_OP_PARENT_REMOVE_STRAY ||
		   move->opcode == PYFUZZ_OP_RMAP_REMOVE_STRAY) {
		op[n].operand = (uint16_t)model_free_spte(vm, 0);
	}
	n++;
	if (move->context)
		op[n++] = context(0, 0);
	return n;
}
