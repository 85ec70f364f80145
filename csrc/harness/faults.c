/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults as operations (--faults): memory that belongs to one VM is damaged,
 * each time in the way that one real mistake would.  The VM is tainted from
 * then on: the model no longer speaks for it, and what is watched is everybody
 * else (containment.c).
 */
#include <string.h>
#include "world.h"

#define MANY 1UL
#define LOCKED 2UL
#define WILD 0x6b6b6b6b6b6b6b68UL

typedef unsigned int (*fault_fn)(const struct pyfuzz_op *op);

static const struct pyfuzz_target *const target = &pyfuzz_target;

static unsigned long *head_word(const struct pyfuzz_op *op)
{
	return target->heads[op->vm][op->head];
}

static uint8_t *more_of(const uint8_t *desc)
{
	return *(uint8_t *const *)(desc + target->traits.more_offset);
}

static uint8_t *first_desc(unsigned int vm, unsigned int head)
{
	unsigned long val = *target->heads[vm][head];
	uint8_t *desc = (uint8_t *)(val & ~(MANY | LOCKED));

	return (val & MANY) && descriptor_is_live(desc) ? desc : NULL;
}

/* The descriptor that the operand names, counted from the first, cyclic. */
static uint8_t *chosen_desc(const struct pyfuzz_op *op)
{
	uint8_t *first = first_desc(op->vm, op->head), *desc = first;

	for (unsigned int i = op->operand % 16; desc && i--;) {
		desc = more_of(desc);
		if (!desc || !descriptor_is_live(desc))
			desc = first;
	}
	return desc;
}

/* An entry of a descriptor that is in use; the operand names which. */
static uint64_t **chosen_slot(const struct pyfuzz_op *op, uint8_t *desc)
{
	uint64_t **sptes = (uint64_t **)(desc + target->traits.sptes_offset);
	unsigned int used = 0;

	while (used < target->traits.capacity && sptes[used])
		used++;
	return used ? &sptes[op->operand / 16 % used] : NULL;
}

static void write_field(uint8_t *desc, uint32_t offset, uint32_t size,
			uint64_t value)
{
	memcpy(desc + offset, &value, size);	/* little endian */
}

static uint8_t *freed_desc(unsigned int vm)
{
	void *desc = pyfuzz_descriptor_alloc(vm);

	if (desc)
		pyfuzz_descriptor_free(desc);
	return desc;
}

/* A descriptor in some list of another VM that is alive and not tainted. */
static uint8_t *foreign_desc(unsigned int vm)
{
	for (unsigned int i = 1; i < PYFUZZ_VMS; i++) {
		unsigned int other = (vm + i) % PYFUZZ_VMS;

		if (!world.vms[other].alive || world.vms[other].tainted)
			continue;
		for (unsigned int h = 0; h < PYFUZZ_HEADS; h++)
			if (first_desc(other, h))
				return first_desc(other, h);
	}
	return NULL;
}

/* The member that the operand names in the harness's own list. */
static uint64_t *chosen_member(const struct pyfuzz_op *op)
{
	const struct vm *m = &world.vms[op->vm];
	unsigned int n = m->count[op->head];

	return n ? &target->sptes[op->vm][m->members[op->head][op->operand % n]] :
		   NULL;
}

static unsigned int add_again(const struct pyfuzz_op *op, unsigned int vm,
			      unsigned int head)
{
	uint64_t *sptep = chosen_member(op);

	if (!sptep)
		return PYFUZZ_SKIP_EMPTY;
	target->topup(vm);
	guard_enter(target->names.add);
	target->add(vm, head, sptep);
	guard_leave();
	return PYFUZZ_RAN;
}

static unsigned int fault_add_twice(const struct pyfuzz_op *op)
{
	return add_again(op, op->vm, op->head);
}

static unsigned int fault_add_to_two_heads(const struct pyfuzz_op *op)
{
	unsigned int base = op->head < PYFUZZ_FRAME_HEADS ? 0 :
							   PYFUZZ_FRAME_HEADS;
	unsigned int n = base ? PYFUZZ_PARENT_HEADS : PYFUZZ_FRAME_HEADS;

	return add_again(op, op->vm, base + (op->head - base + 1) % n);
}

static unsigned int fault_add_to_other_vm(const struct pyfuzz_op *op)
{
	unsigned int other = (op->vm + 1) % PYFUZZ_VMS;

	if (!world.vms[other].alive)
		return PYFUZZ_SKIP_NO_VM;
	if (!chosen_member(op))
		return PYFUZZ_SKIP_EMPTY;
	/* Both lists are wrong from the start; neither VM is innocent. */
	world.vms[other].tainted = true;
	return add_again(op, other, op->head);
}

#define SET_HEAD(op, when, value)		\
do {						\
	unsigned long *word = head_word(op);	\
	unsigned long val = *word;		\
	if (!(when))				\
		return PYFUZZ_SKIP_EMPTY;	\
	*word = (value);			\
	return PYFUZZ_RAN;			\
} while (0)

static unsigned int fault_head_zero(const struct pyfuzz_op *op)
{
	SET_HEAD(op, val, 0);
}

static unsigned int fault_head_tag(const struct pyfuzz_op *op)
{
	SET_HEAD(op, val, val ^ MANY);
}

static unsigned int fault_head_locked(const struct pyfuzz_op *op)
{
	if (!target->traits.locked_heads)
		return PYFUZZ_SKIP_UNSUPPORTED;
	SET_HEAD(op, val, val | LOCKED);
}

static unsigned int fault_head_other_spte(const struct pyfuzz_op *op)
{
	SET_HEAD(op, val, (unsigned long)&target->sptes[op->vm][op->operand]);
}

static unsigned int fault_head_freed(const struct pyfuzz_op *op)
{
	SET_HEAD(op, val, (unsigned long)freed_desc(op->vm) | MANY);
}

static unsigned int fault_head_other_vm(const struct pyfuzz_op *op)
{
	uint8_t *desc = foreign_desc(op->vm);

	if (!desc)
		return PYFUZZ_SKIP_EMPTY;
	SET_HEAD(op, true, (unsigned long)desc | MANY | (val & 0));
}

#define SET_SLOT(op, value)					\
do {								\
	uint8_t *desc = chosen_desc(op);			\
	uint64_t **slot = desc ? chosen_slot(op, desc) : NULL;	\
	if (!slot)						\
		return PYFUZZ_SKIP_EMPTY;			\
	*slot = (value);					\
	return PYFUZZ_RAN;					\
} while (0)

static unsigned int fault_slot_null(const struct pyfuzz_op *op)
{
	SET_SLOT(op, NULL);
}

static unsigned int fault_slot_wild(const struct pyfuzz_op *op)
{
	SET_SLOT(op, (uint64_t *)WILD);
}

static unsigned int fault_slot_other_spte(const struct pyfuzz_op *op)
{
	SET_SLOT(op, &target->sptes[op->vm][op->operand]);
}

static unsigned int fault_slot_twice(const struct pyfuzz_op *op)
{
	SET_SLOT(op, *(uint64_t **)(desc + target->traits.sptes_offset));
}

/* Change a count field of the chosen descriptor; without one, not a fault. */
static unsigned int set_count(const struct pyfuzz_op *op, uint32_t offset,
			      uint32_t size, uint64_t value, int64_t add)
{
	uint8_t *desc;

	if (!size)
		return PYFUZZ_SKIP_UNSUPPORTED;
	desc = chosen_desc(op);
	if (!desc)
		return PYFUZZ_SKIP_EMPTY;
	if (add)
		value = raw_field(desc, offset, size) + (uint64_t)add;
	write_field(desc, offset, size, value);
	return PYFUZZ_RAN;
}

#define SPTE_COUNT target->traits.spte_count_offset, \
		   target->traits.spte_count_size
#define TAIL_COUNT target->traits.tail_count_offset, \
		   target->traits.tail_count_size

static unsigned int fault_count_zero(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 0, 0);
}

static unsigned int fault_count_less(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 0, -1);
}

static unsigned int fault_count_more(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 0, 1);
}

static unsigned int fault_count_over(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, target->traits.capacity + 2, 0);
}

static unsigned int fault_count_huge(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 0x7fffffff, 0);
}

static unsigned int fault_tail_wrong(const struct pyfuzz_op *op)
{
	return set_count(op, TAIL_COUNT, 0, 1 + op->operand / 16);
}

static unsigned int fault_tail_limit(const struct pyfuzz_op *op)
{
	return set_count(op, TAIL_COUNT, ~0ULL, 0);
}

#define SET_MORE(op, when, value)					\
do {									\
	uint8_t *desc = chosen_desc(op);				\
	if (!desc || !(when))						\
		return PYFUZZ_SKIP_EMPTY;				\
	*(const void **)(desc + target->traits.more_offset) = (value);	\
	return PYFUZZ_RAN;						\
} while (0)

static unsigned int fault_more_null(const struct pyfuzz_op *op)
{
	SET_MORE(op, more_of(desc), NULL);
}

static unsigned int fault_more_self(const struct pyfuzz_op *op)
{
	SET_MORE(op, true, desc);
}

static unsigned int fault_more_freed(const struct pyfuzz_op *op)
{
	SET_MORE(op, true, freed_desc(op->vm));
}

static unsigned int fault_more_other_list(const struct pyfuzz_op *op)
{
	uint8_t *other = NULL;

	for (unsigned int i = 1; i < PYFUZZ_HEADS && !other; i++)
		other = first_desc(op->vm, (op->head + i) % PYFUZZ_HEADS);
	SET_MORE(op, other, other);
}

static unsigned int fault_more_other_vm(const struct pyfuzz_op *op)
{
	uint8_t *other = foreign_desc(op->vm);

	SET_MORE(op, other, other);
}

static unsigned int fault_freed_linked(const struct pyfuzz_op *op)
{
	uint8_t *desc = chosen_desc(op);

	if (!desc)
		return PYFUZZ_SKIP_EMPTY;
	pyfuzz_descriptor_free(desc);
	return PYFUZZ_RAN;
}

static unsigned int fault_cache_empty(const struct pyfuzz_op *op)
{
	target->drain(op->vm);
	world.vms[op->vm].no_topup = true;
	return PYFUZZ_RAN;
}

static unsigned int fault_cache_dirty(const struct pyfuzz_op *op)
{
	target->topup(op->vm);
	for (unsigned int i = 0; i < target->cached(op->vm); i++)
		memset(target->cache_object(op->vm, i), 0xa5,
		       target->traits.descriptor_size);
	return PYFUZZ_RAN;
}

static unsigned int fault_spte_cleared(const struct pyfuzz_op *op)
{
	uint64_t *sptep = chosen_member(op);

	if (!sptep)
		return PYFUZZ_SKIP_EMPTY;
	*sptep = 0;
	return PYFUZZ_RAN;
}

/* The error that the operand's member provokes is looked for elsewhere. */
static unsigned int error_while_running(const struct pyfuzz_op *op)
{
	uint64_t *sptep = &target->sptes[op->vm][op->operand];

	if (world.vms[op->vm].owner[op->operand] == op->head)
		return PYFUZZ_SKIP_IN_OTHER_LIST;
	guard_enter(target->names.remove);
	target->remove(op->vm, op->vm, op->head, sptep);
	guard_leave();
	return PYFUZZ_RAN;
}

static unsigned int fault_wrong_gfn(const struct pyfuzz_op *op)
{
	return error_while_running(op);
}

static unsigned int fault_running_other(const struct pyfuzz_op *op)
{
	unsigned int other = (op->vm + 1) % PYFUZZ_VMS;

	if (!world.vms[other].alive)
		return PYFUZZ_SKIP_NO_VM;
	world.running_vm = other;
	return error_while_running(op);
}

static unsigned int fault_running_none(const struct pyfuzz_op *op)
{
	world.running_vm = PYFUZZ_NONE;
	return error_while_running(op);
}

static const struct {
	const char *name;
	const char *cause;
	fault_fn apply;
} faults[] = {
	{ "add-twice", "an SPTE is installed again without being dropped first",
	  fault_add_twice },
	{ "add-to-two-heads", "an SPTE's gfn changed while it was mapped",
	  fault_add_to_two_heads },
	{ "add-to-other-vm", "a fault handler used another VM's memslot",
	  fault_add_to_other_vm },
	{ "head-zero", "a stray memset, or a memslot freed with entries left",
	  fault_head_zero },
	{ "head-tag", "a bit flip in bit 0 of a head", fault_head_tag },
	{ "head-locked", "an error path that returns without unlocking",
	  fault_head_locked },
	{ "head-other-spte", "a head overwritten with a stale value (lost update)",
	  fault_head_other_spte },
	{ "head-freed", "use after free: a head keeps its old descriptor",
	  fault_head_freed },
	{ "head-other-vm", "use after free: the descriptor is another VM's by now",
	  fault_head_other_vm },
	{ "slot-null", "a double zap, or a store to a stale slot",
	  fault_slot_null },
	{ "slot-wild", "use after free: the slot holds somebody's pattern",
	  fault_slot_wild },
	{ "slot-other-spte", "a write through a stale pointer into a slot",
	  fault_slot_other_spte },
	{ "slot-twice", "a hole filled without clearing where the entry was",
	  fault_slot_twice },
	{ "count-zero", "a descriptor that became empty was not unlinked",
	  fault_count_zero },
	{ "count-less", "a count decremented twice", fault_count_less },
	{ "count-more", "a count incremented without an entry",
	  fault_count_more },
	{ "count-over", "a full descriptor was taken for one with room",
	  fault_count_over },
	{ "count-huge", "stack or heap overflow onto a descriptor",
	  fault_count_huge },
	{ "tail-wrong", "a refactoring slip when a head descriptor is replaced",
	  fault_tail_wrong },
	{ "tail-limit", "an underflow of a tail count", fault_tail_limit },
	{ "more-null", "a descriptor unlinked with everything behind it",
	  fault_more_null },
	{ "more-self", "a descriptor linked in twice", fault_more_self },
	{ "more-freed", "use after free: a descriptor freed before it is unlinked",
	  fault_more_freed },
	{ "more-other-list", "a descriptor handed out twice by the cache",
	  fault_more_other_list },
	{ "more-other-vm", "a descriptor handed out twice, to two VMs",
	  fault_more_other_vm },
	{ "freed-linked", "a descriptor freed while it is in a list (double zap)",
	  fault_freed_linked },
	{ "cache-empty", "a missing top-up before an operation",
	  fault_cache_empty },
	{ "cache-dirty", "a cache filled without __GFP_ZERO", fault_cache_dirty },
	{ "spte-cleared", "an SPTE cleared behind the list's back",
	  fault_spte_cleared },
	{ "wrong-gfn", "a wrong gfn: an entry is looked for in another head",
	  fault_wrong_gfn },
	{ "running-other", "a wrong gfn while another VM's vCPU runs",
	  fault_running_other },
	{ "running-none", "a wrong gfn in a kworker, where no vCPU runs",
	  fault_running_none },
};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))
_Static_assert(FAULTS == PYFUZZ_FAULTS, "the header says how many there are");

unsigned int fault_apply(const struct pyfuzz_op *op)
{
	bool was_tainted = world.vms[op->vm].tainted;
	bool was_faulted = world.faulted;
	unsigned int skip;

	/* Before it: the fault may be the end of the host already. */
	world.vms[op->vm].tainted = true;
	if (!was_faulted)
		containment_fault(op->vm);
	skip = faults[op->fault % FAULTS].apply(op);
	if (skip == PYFUZZ_RAN)
		return skip;
	world.vms[op->vm].tainted = was_tainted;
	if (!was_faulted)
		containment_begin();
	return skip;
}

const char *pyfuzz_fault_name(uint32_t fault)
{
	return fault < FAULTS ? faults[fault].name : NULL;
}

const char *pyfuzz_fault_cause(uint32_t fault)
{
	return fault < FAULTS ? faults[fault].cause : NULL;
}
