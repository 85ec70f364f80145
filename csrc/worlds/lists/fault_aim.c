/* SPDX-License-Identifier: GPL-2.0-only */
/* The places for a fault (lists, descriptors, SPTEs), and their names in texts. */
#include <stdio.h>
#include <string.h>
#include "faults.h"

static const struct pyfuzz_target *const target = &pyfuzz_target;

/* Names in such texts are those of the text form. */
const char *fault_list_text(unsigned int vm, unsigned int head)
{
	static char texts[2][16];
	static unsigned int turn;
	char *text = texts[turn++ % 2];

	snprintf(text, sizeof(texts[0]), "vm%u %c%u", vm,
		 head < PYFUZZ_FRAME_HEADS ? 'f' : 'p',
		 head < PYFUZZ_FRAME_HEADS ? head : head - PYFUZZ_FRAME_HEADS);
	return text;
}

const char *fault_here(const struct pyfuzz_op *op)
{
	return fault_list_text(op->vm, op->head);
}

/* The next head of the same sort: a gfn that is one too high. */
unsigned int fault_next_head(unsigned int head)
{
	return head < PYFUZZ_FRAME_HEADS ?
		       (head + 1) % PYFUZZ_FRAME_HEADS :
		       PYFUZZ_FRAME_HEADS + (head + 1) % PYFUZZ_PARENT_HEADS;
}

/* A place: the list, a descriptor of it and a slot of that. */

uint8_t *fault_more_of(const uint8_t *desc)
{
	return *(uint8_t *const *)(desc + pyfuzz_target_traits.more_offset);
}

uint64_t **fault_slots_of(uint8_t *desc)
{
	return (uint64_t **)(desc + pyfuzz_target_traits.sptes_offset);
}

uint8_t *fault_first_desc(unsigned int vm, unsigned int head)
{
	unsigned long val = *target->heads[vm][head];
	uint8_t *desc = (uint8_t *)(val & ~(LIST_MANY | LIST_LOCKED));

	return (val & LIST_MANY) && descriptor_is_live(desc) ? desc : NULL;
}

/* The descriptor that the operand names, counted from the first, cyclic. */
uint8_t *fault_chosen_desc(const struct pyfuzz_op *op, unsigned int *number)
{
	uint8_t *first = fault_first_desc(op->vm, op->head), *desc = first;

	*number = 0;
	for (unsigned int i = op->operand % 16; desc && i--;) {
		desc = fault_more_of(desc);
		++*number;
		if (!desc || !descriptor_is_live(desc)) {
			desc = first;
			*number = 0;
		}
	}
	return desc;
}

/* The number of used slots, up to the first free one. */
unsigned int fault_slots_used(uint8_t *desc)
{
	unsigned int used = 0;

	while (used < pyfuzz_target_traits.capacity && fault_slots_of(desc)[used])
		used++;
	return used;
}

void fault_write_field(uint8_t *desc, uint32_t offset, uint32_t size,
		       uint64_t value)
{
	memcpy(desc + offset, &value, size); /* little endian */
}

uint8_t *fault_freed_desc(unsigned int vm)
{
	void *desc = pyfuzz_descriptor_alloc(vm);

	if (desc)
		pyfuzz_descriptor_free(desc);
	return desc;
}

static bool fault_innocent(unsigned int vm)
{
	return world.vms[vm].alive && !world.vms[vm].tainted;
}

/* The next VM without a fault, or PYFUZZ_NONE. */
unsigned int fault_other_vm(unsigned int vm)
{
	for (unsigned int i = 1; i < PYFUZZ_VMS; i++)
		if (fault_innocent((vm + i) % PYFUZZ_VMS))
			return (vm + i) % PYFUZZ_VMS;
	return PYFUZZ_NONE;
}

/* The first list with a descriptor in a VM without a fault. */
uint8_t *fault_foreign_desc(unsigned int vm, unsigned int *other,
			    unsigned int *head)
{
	for (unsigned int i = 1; i < PYFUZZ_VMS; i++) {
		*other = (vm + i) % PYFUZZ_VMS;
		for (*head = 0; fault_innocent(*other) && *head < PYFUZZ_HEADS;
		     ++*head)
			if (fault_first_desc(*other, *head))
				return fault_first_desc(*other, *head);
	}
	return NULL;
}

/* An SPTE in a list of a VM without a fault. */
uint64_t *fault_foreign_spte(unsigned int vm, unsigned int *other,
			     unsigned int *spte)
{
	for (unsigned int i = 1; i < PYFUZZ_VMS; i++) {
		*other = (vm + i) % PYFUZZ_VMS;
		for (unsigned int h = 0;
		     fault_innocent(*other) && h < PYFUZZ_HEADS; h++) {
			if (!world.vms[*other].count[h])
				continue;
			*spte = world.vms[*other].members[h][0];
			return &target->sptes[*other][*spte];
		}
	}
	return NULL;
}

/* The member that the operand names in the harness's own list. */
uint64_t *fault_chosen_member(const struct pyfuzz_op *op, unsigned int *spte)
{
	const struct vm *m = &world.vms[op->vm];
	unsigned int n = m->count[op->head];

	if (!n)
		return NULL;
	*spte = m->members[op->head][op->operand % n];
	return &target->sptes[op->vm][*spte];
}
