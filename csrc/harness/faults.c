/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults as operations (--faults): memory that belongs to one VM is damaged,
 * each time in the way that one real mistake would.  The VM is tainted from
 * then on: the model no longer speaks for it, and what is watched is everybody
 * else (containment.c).
 *
 * A fault either changes what it says that it changes, or is skipped: one that
 * left everything as it was would pass for contained.
 */
#include <stdio.h>
#include <string.h>
#include "world.h"

#define MANY 1UL
#define LOCKED 2UL
/* An address that no machine has (it is not canonical), aligned as an SPTE's. */
#define WILD 0x6b6b6b6b6b6b6b68UL
#define DIRT 0xa5

static const struct pyfuzz_target *const target = &pyfuzz_target;

/* Say what was changed; evaluates to PYFUZZ_RAN. */
#define DID(...) (containment_did(__VA_ARGS__), PYFUZZ_RAN)

/* Names in such texts are those of the text form. */
static const char *list_text(unsigned int vm, unsigned int head)
{
	static char texts[2][16];
	static unsigned int turn;
	char *text = texts[turn++ % 2];

	snprintf(text, sizeof(texts[0]), "vm%u %c%u", vm,
		 head < PYFUZZ_FRAME_HEADS ? 'f' : 'p',
		 head < PYFUZZ_FRAME_HEADS ? head : head - PYFUZZ_FRAME_HEADS);
	return text;
}

static const char *here(const struct pyfuzz_op *op)
{
	return list_text(op->vm, op->head);
}

/* The next head of the same sort: a gfn that is one too high. */
static unsigned int next_head(unsigned int head)
{
	return head < PYFUZZ_FRAME_HEADS ?
		       (head + 1) % PYFUZZ_FRAME_HEADS :
		       PYFUZZ_FRAME_HEADS + (head + 1) % PYFUZZ_PARENT_HEADS;
}

/* What a fault finds: the list, a descriptor of it and a slot of that. */

static uint8_t *more_of(const uint8_t *desc)
{
	return *(uint8_t *const *)(desc + target->traits.more_offset);
}

static uint64_t **slots_of(uint8_t *desc)
{
	return (uint64_t **)(desc + target->traits.sptes_offset);
}

static uint8_t *first_desc(unsigned int vm, unsigned int head)
{
	unsigned long val = *target->heads[vm][head];
	uint8_t *desc = (uint8_t *)(val & ~(MANY | LOCKED));

	return (val & MANY) && descriptor_is_live(desc) ? desc : NULL;
}

/* The descriptor that the operand names, counted from the first, cyclic. */
static uint8_t *chosen_desc(const struct pyfuzz_op *op, unsigned int *number)
{
	uint8_t *first = first_desc(op->vm, op->head), *desc = first;

	*number = 0;
	for (unsigned int i = op->operand % 16; desc && i--;) {
		desc = more_of(desc);
		++*number;
		if (!desc || !descriptor_is_live(desc)) {
			desc = first;
			*number = 0;
		}
	}
	return desc;
}

/* How many slots are in use, up to the first that is not. */
static unsigned int slots_used(uint8_t *desc)
{
	unsigned int used = 0;

	while (used < target->traits.capacity && slots_of(desc)[used])
		used++;
	return used;
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

static bool innocent(unsigned int vm)
{
	return world.vms[vm].alive && !world.vms[vm].tainted;
}

/* The next VM that is innocent, or PYFUZZ_NONE. */
static unsigned int other_vm(unsigned int vm)
{
	for (unsigned int i = 1; i < PYFUZZ_VMS; i++)
		if (innocent((vm + i) % PYFUZZ_VMS))
			return (vm + i) % PYFUZZ_VMS;
	return PYFUZZ_NONE;
}

/* The first list of an innocent VM that has a descriptor. */
static uint8_t *foreign_desc(unsigned int vm, unsigned int *other,
			     unsigned int *head)
{
	for (unsigned int i = 1; i < PYFUZZ_VMS; i++) {
		*other = (vm + i) % PYFUZZ_VMS;
		for (*head = 0; innocent(*other) && *head < PYFUZZ_HEADS;
		     ++*head)
			if (first_desc(*other, *head))
				return first_desc(*other, *head);
	}
	return NULL;
}

/* An SPTE in a list of an innocent VM. */
static uint64_t *foreign_spte(unsigned int vm, unsigned int *other,
			      unsigned int *spte)
{
	for (unsigned int i = 1; i < PYFUZZ_VMS; i++) {
		*other = (vm + i) % PYFUZZ_VMS;
		for (unsigned int h = 0; innocent(*other) && h < PYFUZZ_HEADS;
		     h++) {
			if (!world.vms[*other].count[h])
				continue;
			*spte = world.vms[*other].members[h][0];
			return &target->sptes[*other][*spte];
		}
	}
	return NULL;
}

/* The member that the operand names in the harness's own list. */
static uint64_t *chosen_member(const struct pyfuzz_op *op, unsigned int *spte)
{
	const struct vm *m = &world.vms[op->vm];
	unsigned int n = m->count[op->head];

	if (!n)
		return NULL;
	*spte = m->members[op->head][op->operand % n];
	return &target->sptes[op->vm][*spte];
}

/* The callers' rule lifted. */

static unsigned int add_again(const struct pyfuzz_op *op, unsigned int vm,
			      unsigned int head)
{
	unsigned int spte;
	uint64_t *sptep = chosen_member(op, &spte);

	if (!sptep)
		return PYFUZZ_SKIP_NO_PLACE;
	containment_did("s%u of %s is added to %s as well", spte, here(op),
			list_text(vm, head));
	if (!world.vms[vm].no_topup)
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
	return add_again(op, op->vm, next_head(op->head));
}

static unsigned int fault_add_to_other_vm(const struct pyfuzz_op *op)
{
	unsigned int other = other_vm(op->vm);

	if (other == PYFUZZ_NONE)
		return PYFUZZ_SKIP_NO_VM;
	if (!world.vms[op->vm].count[op->head])
		return PYFUZZ_SKIP_NO_PLACE;
	/* Both lists are wrong from the start; neither VM is innocent. */
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
	return DID("the head of %s is %s", here(op), what);
}

static unsigned long head_value(const struct pyfuzz_op *op)
{
	return *target->heads[op->vm][op->head];
}

static unsigned int fault_head_zero(const struct pyfuzz_op *op)
{
	return set_head(op, 0, "set to 0");
}

static unsigned int fault_head_tag(const struct pyfuzz_op *op)
{
	unsigned long val = head_value(op);

	if (!val)
		return PYFUZZ_SKIP_NO_PLACE;
	return set_head(op, val ^ MANY,
			val & MANY ? "a descriptor's address without its tag" :
				     "an SPTE's address with a descriptor's tag");
}

static unsigned int fault_head_locked(const struct pyfuzz_op *op)
{
	if (!target->traits.locked_heads)
		return PYFUZZ_SKIP_UNSUPPORTED;
	if (!head_value(op))
		return PYFUZZ_SKIP_NO_PLACE;
	return set_head(op, head_value(op) | LOCKED, "left locked");
}

static unsigned int fault_head_other_spte(const struct pyfuzz_op *op)
{
	char what[32];

	if (!head_value(op))
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "replaced by s%u", op->operand);
	return set_head(op, (unsigned long)&target->sptes[op->vm][op->operand],
			what);
}

static unsigned int fault_head_freed(const struct pyfuzz_op *op)
{
	uint8_t *desc = head_value(op) ? freed_desc(op->vm) : NULL;

	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	return set_head(op, (unsigned long)desc | MANY,
			"replaced by a descriptor that is freed");
}

static unsigned int fault_head_other_vm(const struct pyfuzz_op *op)
{
	unsigned int other, head;
	uint8_t *desc = foreign_desc(op->vm, &other, &head);
	char what[64];

	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "replaced by the first descriptor of %s",
		 list_text(other, head));
	return set_head(op, (unsigned long)desc | MANY, what);
}

/* Slots. */

static unsigned int set_slot(const struct pyfuzz_op *op, uint64_t *value,
			     const char *what)
{
	unsigned int number, used, i;
	uint8_t *desc = chosen_desc(op, &number);

	if (!desc || !(used = slots_used(desc)))
		return PYFUZZ_SKIP_NO_PLACE;
	i = op->operand / 16 % used;
	if (slots_of(desc)[i] == value)
		return PYFUZZ_SKIP_NO_PLACE;
	slots_of(desc)[i] = value;
	return DID("slot %u of descriptor %u of %s is %s", i, number, here(op),
		   what);
}

static unsigned int fault_slot_null(const struct pyfuzz_op *op)
{
	return set_slot(op, NULL, "set to NULL");
}

static unsigned int fault_slot_wild(const struct pyfuzz_op *op)
{
	return set_slot(op, (uint64_t *)WILD, "overwritten with 0x6b6b6b6b6b6b6b68");
}

static unsigned int fault_slot_other_spte(const struct pyfuzz_op *op)
{
	char what[32];

	snprintf(what, sizeof(what), "overwritten with s%u", op->operand);
	return set_slot(op, &target->sptes[op->vm][op->operand], what);
}

static unsigned int fault_slot_other_vm(const struct pyfuzz_op *op)
{
	unsigned int other, spte;
	uint64_t *sptep = foreign_spte(op->vm, &other, &spte);
	char what[48];

	if (!sptep)
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "overwritten with vm%u's s%u", other,
		 spte);
	return set_slot(op, sptep, what);
}

static unsigned int fault_slot_twice(const struct pyfuzz_op *op)
{
	unsigned int number, used, i;
	uint8_t *desc = chosen_desc(op, &number);

	if (!desc || (used = slots_used(desc)) < 2)
		return PYFUZZ_SKIP_NO_PLACE;
	i = 1 + op->operand / 16 % (used - 1);
	if (slots_of(desc)[i] == slots_of(desc)[0])
		return PYFUZZ_SKIP_NO_PLACE;
	slots_of(desc)[i] = slots_of(desc)[0];
	return DID("slot %u of descriptor %u of %s holds the same as slot 0", i,
		   number, here(op));
}

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
	desc = chosen_desc(op, &number);
	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	was = raw_field(desc, offset, size);
	value = (relative ? was + value : value) & mask;
	if (value == was)
		return PYFUZZ_SKIP_NO_PLACE;
	write_field(desc, offset, size, value);
	return DID("%s of descriptor %u of %s is %llu instead of %llu", name,
		   number, here(op), (unsigned long long)value,
		   (unsigned long long)was);
}

#define SPTE_COUNT "spte_count", target->traits.spte_count_offset, \
		   target->traits.spte_count_size
#define TAIL_COUNT "tail_count", target->traits.tail_count_offset, \
		   target->traits.tail_count_size

static unsigned int fault_count_zero(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 0, false);
}

static unsigned int fault_count_less(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, ~0ULL, true);
}

static unsigned int fault_count_more(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 1, true);
}

static unsigned int fault_count_over(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, target->traits.capacity + 2, false);
}

static unsigned int fault_count_huge(const struct pyfuzz_op *op)
{
	return set_count(op, SPTE_COUNT, 0x7fffffff, false);
}

static unsigned int fault_tail_wrong(const struct pyfuzz_op *op)
{
	return set_count(op, TAIL_COUNT, 1 + op->operand / 16, true);
}

static unsigned int fault_tail_limit(const struct pyfuzz_op *op)
{
	return set_count(op, TAIL_COUNT, ~0ULL, false);
}

/* Links. */

static unsigned int set_more(const struct pyfuzz_op *op, uint8_t *desc,
			     unsigned int number, const void *value,
			     const char *what)
{
	if (!desc || more_of(desc) == value)
		return PYFUZZ_SKIP_NO_PLACE;
	*(const void **)(desc + target->traits.more_offset) = value;
	return DID("more of descriptor %u of %s is %s", number, here(op), what);
}

static unsigned int fault_more_null(const struct pyfuzz_op *op)
{
	unsigned int number;
	uint8_t *desc = chosen_desc(op, &number);

	return set_more(op, desc, number, NULL, "set to NULL");
}

static unsigned int fault_more_self(const struct pyfuzz_op *op)
{
	unsigned int number;
	uint8_t *desc = chosen_desc(op, &number);

	return set_more(op, desc, number, desc, "the descriptor itself");
}

static unsigned int fault_more_freed(const struct pyfuzz_op *op)
{
	unsigned int number;
	uint8_t *desc = chosen_desc(op, &number);

	uint8_t *freed = desc ? freed_desc(op->vm) : NULL;

	if (!freed)
		return PYFUZZ_SKIP_NO_PLACE;
	return set_more(op, desc, number, freed, "a descriptor that is freed");
}

static unsigned int fault_more_other_list(const struct pyfuzz_op *op)
{
	unsigned int number, head = op->head;
	uint8_t *desc = chosen_desc(op, &number), *other = NULL;
	char what[64];

	for (unsigned int i = 1; i < PYFUZZ_HEADS && !other; i++) {
		head = (op->head + i) % PYFUZZ_HEADS;
		other = first_desc(op->vm, head);
	}
	if (!other || other == desc)
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "the first descriptor of %s",
		 list_text(op->vm, head));
	return set_more(op, desc, number, other, what);
}

static unsigned int fault_more_other_vm(const struct pyfuzz_op *op)
{
	unsigned int number, vm, head;
	uint8_t *desc = chosen_desc(op, &number);
	uint8_t *other = foreign_desc(op->vm, &vm, &head);
	char what[64];

	if (!other)
		return PYFUZZ_SKIP_NO_PLACE;
	snprintf(what, sizeof(what), "the first descriptor of %s",
		 list_text(vm, head));
	return set_more(op, desc, number, other, what);
}

/* Memory: descriptors and the cache that they come from. */

static unsigned int fault_freed_linked(const struct pyfuzz_op *op)
{
	unsigned int number;
	uint8_t *desc = chosen_desc(op, &number);

	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	pyfuzz_descriptor_free(desc);
	return DID("descriptor %u of %s is freed and stays linked", number,
		   here(op));
}

/* As freed-linked, and the allocator has given it to somebody else since. */
static unsigned int fault_reused_linked(const struct pyfuzz_op *op)
{
	unsigned int number, other = other_vm(op->vm);
	uint8_t *desc = chosen_desc(op, &number);
	void **top;

	if (!desc)
		return PYFUZZ_SKIP_NO_PLACE;
	if (other == PYFUZZ_NONE)
		return PYFUZZ_SKIP_NO_VM;
	target->topup(other);
	/* The next that the other VM takes out of its cache. */
	top = target->cache_slot(other, target->cached(other) - 1);
	pyfuzz_descriptor_free(*top);
	descriptor_give(desc, other);
	*top = desc;
	return DID("descriptor %u of %s is freed, stays linked, and is in vm%u's cache",
		   number, here(op), other);
}

static unsigned int fault_cache_empty(const struct pyfuzz_op *op)
{
	target->drain(op->vm);
	world.vms[op->vm].no_topup = true;
	return DID("the cache of vm%u is empty, and nobody tops it up", op->vm);
}

static unsigned int fault_alloc_fails(const struct pyfuzz_op *op)
{
	target->drain(op->vm);
	world.vms[op->vm].no_topup = true;
	world.vms[op->vm].no_memory = true;
	return DID("the cache of vm%u is empty, nobody tops it up, and there is no memory",
		   op->vm);
}

static unsigned int fault_cache_dirty(const struct pyfuzz_op *op)
{
	target->topup(op->vm);
	for (unsigned int i = 0; i < target->cached(op->vm); i++)
		memset(*target->cache_slot(op->vm, i), DIRT,
		       target->traits.descriptor_size);
	return DID("what is in the cache of vm%u is not zeroed", op->vm);
}

/* SPTEs, and the errors that the series is about. */

static unsigned int fault_spte_cleared(const struct pyfuzz_op *op)
{
	unsigned int spte;
	uint64_t *sptep = chosen_member(op, &spte);

	if (!sptep || !*sptep)
		return PYFUZZ_SKIP_NO_PLACE;
	*sptep = 0;
	return DID("s%u is cleared and stays in %s", spte, here(op));
}

/*
 * As drop_spte() does it: the SPTE is cleared first, then its entry is looked
 * for, in the wrong list.  The entry stays where it is and nobody knows of it.
 */
static unsigned int fault_wrong_gfn(const struct pyfuzz_op *op)
{
	unsigned int spte, wrong = next_head(op->head);
	uint64_t *sptep = chosen_member(op, &spte);

	if (!sptep)
		return PYFUZZ_SKIP_NO_PLACE;
	containment_did("s%u is cleared, and its entry in %s is looked for in %s",
			spte, here(op), list_text(op->vm, wrong));
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

static unsigned int fault_double_zap(const struct pyfuzz_op *op)
{
	unsigned int spte = model_free_spte(op->vm, op->operand);

	if (spte == PYFUZZ_NONE)
		return PYFUZZ_SKIP_NO_FREE_SPTE;
	containment_did("s%u, which is in no list, is taken out of %s", spte,
			here(op));
	guard_enter(target->names.remove);
	target->remove(op->vm, op->vm, op->head, &target->sptes[op->vm][spte]);
	guard_leave();
	return PYFUZZ_RAN;
}

static unsigned int fault_running_other(const struct pyfuzz_op *op)
{
	unsigned int other = other_vm(op->vm);

	if (other == PYFUZZ_NONE)
		return PYFUZZ_SKIP_NO_VM;
	world.running_vm = other;
	return fault_wrong_gfn(op);
}

static unsigned int fault_running_none(const struct pyfuzz_op *op)
{
	world.running_vm = PYFUZZ_NONE;
	return fault_wrong_gfn(op);
}

/* The numbers are in binary sequences: add at the end, never rearrange. */
static const struct {
	const char *name;
	const char *cause;
	unsigned int (*apply)(const struct pyfuzz_op *op);
} faults[] = {
	{ "add-twice", "an SPTE is installed again without being dropped first",
	  fault_add_twice },
	{ "add-to-two-heads", "an SPTE's gfn changed while it was mapped",
	  fault_add_to_two_heads },
	{ "add-to-other-vm", "a page-fault handler used another VM's memslot",
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
	{ "spte-cleared", "stack overflow onto an SPTE page: an SPTE is cleared behind its list's back",
	  fault_spte_cleared },
	{ "wrong-gfn", "a wrong gfn: an entry is looked for in another head",
	  fault_wrong_gfn },
	{ "running-other", "a wrong gfn while another VM's vCPU runs",
	  fault_running_other },
	{ "running-none", "a wrong gfn in a kworker, where no vCPU runs",
	  fault_running_none },
	{ "double-zap", "an SPTE zapped twice: its entry is gone already",
	  fault_double_zap },
	{ "slot-other-vm", "use after free: the slot's memory is another VM's by now",
	  fault_slot_other_vm },
	{ "reused-linked", "a descriptor freed while in a list, and handed to another VM",
	  fault_reused_linked },
	{ "alloc-fails", "a missing top-up while memory is short",
	  fault_alloc_fails },
};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))
_Static_assert(FAULTS == PYFUZZ_FAULTS, "the header says how many there are");

unsigned int fault_apply(const struct pyfuzz_op *op)
{
	unsigned int skip;

	/* What is broken already is not this fault's doing. */
	if (!world.faulted)
		check_everything(PYFUZZ_NONE);
	if (world.host_dead)
		return PYFUZZ_SKIP_HOST_DEAD;
	/* Before it: the fault may be the end of the host already. */
	containment_fault(op->vm, op->fault);
	skip = faults[op->fault % FAULTS].apply(op);
	if (skip != PYFUZZ_RAN)
		containment_no_fault();
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
