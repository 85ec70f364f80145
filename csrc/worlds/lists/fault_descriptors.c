/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of descriptors: their counts, their links, and their memory. */
#include <stdio.h>
#include <string.h>
#include "faults.h"

static const struct pyfuzz_target *const target = &pyfuzz_target;

/* Counts; a target without the count cannot have the fault. */

static unsigned int set_count(const struct pyfuzz_op *op, const char *name,
			      uint32_t offset, uint32_t size, uint64_t value,
			      bool relative)
{
	unsigned int number;
	uint64_t was, mask = size == 8 ? ~0ULL : (1ULL << 8 * size) - 1;
	uint8_t *desc;

	if (!size)
		return PYFUZZ_SKIP_UNSUPPORTED;
	desc = fault_chosen_desc(op, &number);
	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	was = raw_field(desc, offset, size);
	value = (relative ? was + value : value) & mask;
	if (value == was)
		return PYFUZZ_SKIP_NO_PLACE;
	fault_write_field(desc, offset, size, value);
	return DID("%s of descriptor %u of %s is %llu instead of %llu", name,
		   number, fault_here(op), (unsigned long long)value,
		   (unsigned long long)was);
}

#define SPTE_COUNT                                            \
	"spte_count", pyfuzz_target_traits.spte_count_offset, \
		pyfuzz_target_traits.spte_count_size
#define TAIL_COUNT                                            \
	"tail_count", pyfuzz_target_traits.tail_count_offset, \
		pyfuzz_target_traits.tail_count_size

unsigned int fault_count_zero(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 0, false);
}

unsigned int fault_count_less(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, ~0ULL, true);
}

unsigned int fault_count_more(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 1, true);
}

unsigned int fault_count_over(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, pyfuzz_target_traits.capacity + 2,
			 false);
}

unsigned int fault_count_huge(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 0x7fffffff, false);
}

unsigned int fault_tail_wrong(const struct pyfuzz_op *op)
{
	return set_count(op, TAIL_COUNT, 1 + op->operand / 16, true);
}

unsigned int fault_tail_limit(const struct pyfuzz_op *op)
{
	return set_count(op, TAIL_COUNT, ~0ULL, false);
}

/* Links. */

static unsigned int set_more(const struct pyfuzz_op *op, uint8_t *desc,
			     unsigned int number, const void *value,
			     const char *what)
{
	if (!desc || fault_more_of(desc) == value)
		return PYFUZZ_SKIP_NO_PLACE;
	*(const void **)(desc + pyfuzz_target_traits.more_offset) = value;
	return DID("more of descriptor %u of %s is %s", number, fault_here(op),
		   what);
}

unsigned int fault_more_null(const struct pyfuzz_op *op)
{
	unsigned int number;
	uint8_t *desc = fault_chosen_desc(op, &number);

	return set_more(op, desc, number, NULL, "set to NULL");
}

unsigned int fault_more_self(const struct pyfuzz_op *op)
{
	unsigned int number;
	uint8_t *desc = fault_chosen_desc(op, &number);

	return set_more(op, desc, number, desc, "the descriptor itself");
}

unsigned int fault_more_freed(const struct pyfuzz_op *op)
{
	unsigned int number;
	uint8_t *desc = fault_chosen_desc(op, &number);

	uint8_t *freed = desc ? fault_freed_desc(op->vm) : NULL;

	if (!freed)
		return PYFUZZ_SKIP_NO_PLACE;
	return set_more(op, desc, number, freed, "a freed descriptor");
}

unsigned int fault_more_other_list(const struct pyfuzz_op *op)
{
	unsigned int number, head = op->head;
	uint8_t *desc = fault_chosen_desc(op, &number), *other = NULL;
	char what[64];

	for (unsigned int i = 1; i < PYFUZZ_HEADS && !other; i++) {
		head = (op->head + i) % PYFUZZ_HEADS;
		other = fault_first_desc(op->vm, head);
	}
	if (!other || other == desc)
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "the first descriptor of %s",
		 fault_list_text(op->vm, head));
	return set_more(op, desc, number, other, what);
}

unsigned int fault_more_other_vm(const struct pyfuzz_op *op)
{
	unsigned int number, vm, head;
	uint8_t *desc = fault_chosen_desc(op, &number);
	uint8_t *other = fault_foreign_desc(op->vm, &vm, &head);
	char what[64];

	if (!other)
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "the first descriptor of %s",
		 fault_list_text(vm, head));
	return set_more(op, desc, number, other, what);
}

/* Memory: descriptors and the cache that they come from. */

unsigned int fault_freed_linked(const struct pyfuzz_op *op)
{
	unsigned int number;
	uint8_t *desc = fault_chosen_desc(op, &number);

	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	pyfuzz_descriptor_free(desc);
	return DID("descriptor %u of %s is freed and stays linked", number,
		   fault_here(op));
}

/* Like freed-linked, and then the allocator reuses it. */
unsigned int fault_reused_linked(const struct pyfuzz_op *op)
{
	unsigned int number, other = fault_other_vm(op->vm);
	uint8_t *desc = fault_chosen_desc(op, &number);
	void **top;

	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	if (other == PYFUZZ_NONE)
		return PYFUZZ_SKIP_NO_VM;
	target->topup(other);
	/* The next one that the other VM takes from its cache. */
	top = target->cache_slot(other, target->cached(other) - 1);
	pyfuzz_descriptor_free(*top);
	descriptor_give(desc, other);
	*top = desc;
	return DID("descriptor %u of %s is freed, stays linked, and is in vm%u's cache",
		   number, fault_here(op), other);
}

unsigned int fault_cache_empty(const struct pyfuzz_op *op)
{
	target->drain(op->vm);
	world.vms[op->vm].no_topup = true;
	return DID("the cache of vm%u is empty, and is not topped up", op->vm);
}

unsigned int fault_alloc_fails(const struct pyfuzz_op *op)
{
	target->drain(op->vm);
	world.vms[op->vm].no_topup = true;
	descriptors_deny(op->vm, true);
	return DID("the cache of vm%u is empty and not topped up, and there is no memory",
		   op->vm);
}

unsigned int fault_cache_dirty(const struct pyfuzz_op *op)
{
	target->topup(op->vm);
	for (unsigned int i = 0; i < target->cached(op->vm); i++)
		memset(*target->cache_slot(op->vm, i), DIRT,
		       pyfuzz_target_traits.descriptor_size);
	return DID("the objects in the cache of vm%u are not zeroed", op->vm);
}
