/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of lists: entries, heads, slots, SPTEs, and the errors of the callers. */
#include <stdio.h>
#include "faults.h"

static const struct pyfuzz_target *const target = &pyfuzz_target;

/* Faults that break the callers' rule. */

static unsigned int add_again(const struct pyfuzz_op *op, unsigned int vm,
			      unsigned int head)
{
	unsigned int spte;
	uint64_t *sptep = fault_chosen_member(op, &spte);

	if (!sptep)
		return PYFUZZ_SKIP_NO_PLACE;
	containment_did("s%u of %s is added to %s as well", spte,
			fault_here(op), fault_list_text(vm, head));
	if (!world.vms[vm].no_topup)
		target->topup(vm);
	guard_enter(target->names.add);
	target->add(vm, head, sptep);
	guard_leave();
	return PYFUZZ_RAN;
}

unsigned int fault_add_twice(const struct pyfuzz_op *op)
{
	return add_again(op, op->vm, op->head);
}

unsigned int fault_add_to_two_heads(const struct pyfuzz_op *op)
{
	return add_again(op, op->vm, fault_next_head(op->head));
}

unsigned int fault_add_to_other_vm(const struct pyfuzz_op *op)
{
	unsigned int other = fault_other_vm(op->vm);

	if (other == PYFUZZ_NONE)
		return PYFUZZ_SKIP_NO_VM;
	if (!world.vms[op->vm].count[op->head])
		return PYFUZZ_SKIP_NO_PLACE;
	/* Both lists are wrong from the start, so both VMs are tainted. */
	containment_taint(other);
	return add_again(op, other, op->head);
}

/* Heads. */

static unsigned int set_head(const struct pyfuzz_op *op, unsigned long value,
			     const char *what)
{
	unsigned long *word = target->heads[op->vm][op->head];

	if (*word == value)
		return PYFUZZ_SKIP_NO_PLACE;
	*word = value;
	return DID("the head of %s is %s", fault_here(op), what);
}

static unsigned long fault_head_value(const struct pyfuzz_op *op)
{
	return *target->heads[op->vm][op->head];
}

unsigned int fault_head_zero(const struct pyfuzz_op *op)
{
	return set_head(op, 0, "set to 0");
}

unsigned int fault_head_tag(const struct pyfuzz_op *op)
{
	unsigned long val = fault_head_value(op);

	if (!val)
		return PYFUZZ_SKIP_NO_PLACE;
	return set_head(op, val ^ LIST_MANY,
			val & LIST_MANY ?
				"a descriptor's address without its tag" :
				"an SPTE's address with a descriptor's tag");
}

unsigned int fault_head_locked(const struct pyfuzz_op *op)
{
	if (!pyfuzz_target_traits.locked_heads)
		return PYFUZZ_SKIP_UNSUPPORTED;
	if (!fault_head_value(op))
		return PYFUZZ_SKIP_NO_PLACE;
	return set_head(op, fault_head_value(op) | LIST_LOCKED, "left locked");
}

unsigned int fault_head_other_spte(const struct pyfuzz_op *op)
{
	char what[32];

	if (!fault_head_value(op))
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "replaced by s%u", op->operand);
	return set_head(op, (unsigned long)&target->sptes[op->vm][op->operand],
			what);
}

unsigned int fault_head_freed(const struct pyfuzz_op *op)
{
	uint8_t *desc = fault_head_value(op) ? fault_freed_desc(op->vm) : NULL;

	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	return set_head(op, (unsigned long)desc | LIST_MANY,
			"replaced by a freed descriptor");
}

unsigned int fault_head_other_vm(const struct pyfuzz_op *op)
{
	unsigned int other, head;
	uint8_t *desc = fault_foreign_desc(op->vm, &other, &head);
	char what[64];

	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "replaced by the first descriptor of %s",
		 fault_list_text(other, head));
	return set_head(op, (unsigned long)desc | LIST_MANY, what);
}

/* Slots. */

static unsigned int set_slot(const struct pyfuzz_op *op, uint64_t *value,
			     const char *what)
{
	unsigned int number, used, i;
	uint8_t *desc = fault_chosen_desc(op, &number);

	if (!desc || !(used = fault_slots_used(desc)))
		return PYFUZZ_SKIP_NO_PLACE;
	i = op->operand / 16 % used;
	if (fault_slots_of(desc)[i] == value)
		return PYFUZZ_SKIP_NO_PLACE;
	fault_slots_of(desc)[i] = value;
	return DID("slot %u of descriptor %u of %s is %s", i, number,
		   fault_here(op), what);
}

unsigned int fault_slot_null(const struct pyfuzz_op *op)
{
	return set_slot(op, NULL, "set to NULL");
}

unsigned int fault_slot_wild(const struct pyfuzz_op *op)
{
	return set_slot(op, (uint64_t *)WILD,
			"overwritten with 0x6b6b6b6b6b6b6b68");
}

unsigned int fault_slot_other_spte(const struct pyfuzz_op *op)
{
	char what[32];

	snprintf(what, sizeof(what), "overwritten with s%u", op->operand);
	return set_slot(op, &target->sptes[op->vm][op->operand], what);
}

unsigned int fault_slot_other_vm(const struct pyfuzz_op *op)
{
	unsigned int other, spte;
	uint64_t *sptep = fault_foreign_spte(op->vm, &other, &spte);
	char what[48];

	if (!sptep)
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "overwritten with vm%u's s%u", other, spte);
	return set_slot(op, sptep, what);
}

unsigned int fault_slot_twice(const struct pyfuzz_op *op)
{
	unsigned int number, used, i;
	uint8_t *desc = fault_chosen_desc(op, &number);

	if (!desc || (used = fault_slots_used(desc)) < 2)
		return PYFUZZ_SKIP_NO_PLACE;
	i = 1 + op->operand / 16 % (used - 1);
	if (fault_slots_of(desc)[i] == fault_slots_of(desc)[0])
		return PYFUZZ_SKIP_NO_PLACE;
	fault_slots_of(desc)[i] = fault_slots_of(desc)[0];
	return DID("slot %u of descriptor %u of %s holds the same as slot 0", i,
		   number, fault_here(op));
}

/* SPTEs, and the errors that the series is about. */

unsigned int fault_spte_cleared(const struct pyfuzz_op *op)
{
	unsigned int spte;
	uint64_t *sptep = fault_chosen_member(op, &spte);

	if (!sptep || !*sptep)
		return PYFUZZ_SKIP_NO_PLACE;
	*sptep = 0;
	return DID("s%u is cleared and stays in %s", spte, fault_here(op));
}

/*
 * As in drop_spte(): the SPTE is cleared first, then its entry is looked up, in
 * the wrong list.  The entry is left behind, and nothing refers to it.
 */
unsigned int fault_wrong_gfn(const struct pyfuzz_op *op)
{
	unsigned int spte, wrong = fault_next_head(op->head);
	uint64_t *sptep = fault_chosen_member(op, &spte);

	if (!sptep)
		return PYFUZZ_SKIP_NO_PLACE;
	containment_did("s%u is cleared, and its entry in %s is looked up in %s",
			spte, fault_here(op), fault_list_text(op->vm, wrong));
	*sptep = 0;
	model_remove(op->vm, op->head, spte);
	guard_enter(target->names.remove);
	if (wrong < PYFUZZ_FRAME_HEADS && target->rmap_remove) {
		target->set_gfn(op->vm, sptep, wrong);
		target->rmap_remove(op->vm, sptep);
	} else {
		target->remove(op->vm, op->vm, wrong, sptep);
	}
	guard_leave();
	return PYFUZZ_RAN;
}

unsigned int fault_double_zap(const struct pyfuzz_op *op)
{
	unsigned int spte = model_free_spte(op->vm, op->operand);

	if (spte == PYFUZZ_NONE)
		return PYFUZZ_SKIP_NO_FREE_SPTE;
	containment_did("s%u, which is in no list, is removed from %s", spte,
			fault_here(op));
	guard_enter(target->names.remove);
	target->remove(op->vm, op->vm, op->head, &target->sptes[op->vm][spte]);
	guard_leave();
	return PYFUZZ_RAN;
}

unsigned int fault_running_other(const struct pyfuzz_op *op)
{
	unsigned int other = fault_other_vm(op->vm);

	if (other == PYFUZZ_NONE)
		return PYFUZZ_SKIP_NO_VM;
	world.running_vm = other;
	return fault_wrong_gfn(op);
}

unsigned int fault_running_none(const struct pyfuzz_op *op)
{
	world.running_vm = PYFUZZ_NONE;
	return fault_wrong_gfn(op);
}
