/* SPDX-License-Identifier: GPL-2.0-only */
/* What is seen of a step from outside of the code, for csrc/compare: no address. */
#include <stdio.h>
#include "compare/side.h"
#include "harness/descriptors.h"
#include "harness/list.h"
#include "model.h"
#include "observe.h"

/* Lists up to this length are looked at after each step, longer ones after the last of an
 * operation: the cost stays linear in the steps. */
#define ALWAYS_SEEN 64
#define SAID 12
/* More descriptors than any list of all SPTEs has: it is a cycle. */
#define DESCRIPTORS PYFUZZ_SPTES

_Static_assert(sizeof(struct pyfuzz_step) <= SIDE_REPORT, "it has room");

static const struct pyfuzz_target *const target = &pyfuzz_target;

/* A list's entries, in the order in which they are met. */
struct seen {
	uint64_t entries, order, layout; /* hashes */
	uint32_t count, descriptors;
	uint16_t first[SAID];
	uint8_t fill[SAID];
};

static void see_entry(struct seen *seen, unsigned int vm, const void *sptep)
{
	uint64_t n = spte_number(vm, sptep);

	if (seen->count < SAID)
		seen->first[seen->count] = (uint16_t)n;
	seen->count++;
	/* A sum: in whichever order they come. */
	seen->entries += side_mix(0x100, n + 1);
	seen->order = side_mix(seen->order, n + 1);
}

static void see_list(struct seen *seen, unsigned int vm, unsigned int head)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	unsigned long val = *target->heads[vm][head];
	const uint8_t *desc;

	if (t->locked_heads && (val & LIST_LOCKED))
		seen->layout = side_mix(seen->layout, 2);
	if (t->locked_heads)
		val &= ~LIST_LOCKED;
	seen->layout = side_mix(seen->layout, val & LIST_MANY);
	if (!(val & LIST_MANY)) {
		if (val)
			see_entry(seen, vm, (const void *)val);
		return;
	}
	desc = (const uint8_t *)(val & ~LIST_MANY);
	for (; descriptor_is_live(desc) && seen->descriptors < DESCRIPTORS;
	     desc = list_more(desc)) {
		uint64_t *const *slots = list_slots(desc);
		uint64_t fill = list_fill(desc);

		for (uint32_t i = 0; i < t->capacity; i++) {
			if (slots[i] && i < fill)
				see_entry(seen, vm, slots[i]);
			seen->layout =
				side_mix(seen->layout,
					 slots[i] ?
						 spte_number(vm, slots[i]) + 1U :
						 0);
		}
		seen->layout = side_mix(seen->layout, fill);
		if (t->tail_count_size)
			seen->layout =
				side_mix(seen->layout,
					 raw_field(desc, t->tail_count_offset,
						   t->tail_count_size));
		if (seen->descriptors < SAID)
			seen->fill[seen->descriptors] = (uint8_t)fill;
		seen->descriptors++;
	}
	/* The last link leads to something that is not a descriptor. */
	if (desc)
		seen->entries = seen->order = ~0ULL;
}

static uint64_t flags(void)
{
	uint64_t mask = 0;

	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		if (world.vms[vm].alive && *target->bugged[vm])
			mask |= 1ULL << vm;
	return mask;
}

static void see_lists(const struct pyfuzz_op *op, struct seen *seen)
{
	if (op->opcode == PYFUZZ_OP_CONTEXT || op->opcode == PYFUZZ_OP_ENTER ||
	    op->opcode == PYFUZZ_OP_CREATE || op->opcode == PYFUZZ_OP_DESTROY)
		return;
	see_list(seen, op->head_vm, op->head);
	if (op->opcode == PYFUZZ_OP_RMAP_REMOVE_OFF)
		see_list(seen, op->vm, (op->head + 1U) % PYFUZZ_FRAME_HEADS);
}

static void observe(const struct pyfuzz_op *op, bool last,
		    const struct pyfuzz_wanted *wanted, struct observed *out)
{
	const struct pyfuzz_step *r = world.report;
	struct seen seen = { 0 };

	if (!op)
		return; /* every VM is gone; what it logged is compared */
	out->parts[PART_DONE] = (uint64_t)r->spte << 16 | r->skip << 8 |
				r->recycled << 1 | r->error;
	if (r->skip)
		return;
	if (op->opcode == PYFUZZ_OP_ZAP_ALL) /* a flush too many is no matter */
		out->parts[PART_RETURNED] =
			side_mix(1, r->expected && !r->returned);
	else if (r->has_returned && !(wanted->aside & PYFUZZ_ASIDE_COUNT &&
				      op->opcode == PYFUZZ_OP_ADD))
		out->parts[PART_RETURNED] =
			side_mix(1, (uint64_t)r->returned + 1);
	out->parts[PART_BUGGED] = flags();
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++)
			out->parts[PART_REQUESTS] =
				side_mix(out->parts[PART_REQUESTS],
					 world.requests[vm][i]);
	out->parts[PART_SPTES] = world.left;
	if (r->error && wanted->aside & PYFUZZ_ASIDE_LOG)
		out->parts[PART_LOG] = 0;
	if (world.vms[op->head_vm].count[op->head] > ALWAYS_SEEN && !last)
		return;
	see_lists(op, &seen);
	out->parts[PART_ENTRIES] = seen.entries + seen.count;
	if (wanted->level >= PYFUZZ_ORDER)
		out->parts[PART_ORDER] = seen.order;
	if (wanted->level >= PYFUZZ_SHAPE_LEVEL)
		out->parts[PART_LAYOUT] =
			side_mix(seen.layout, pyfuzz_descriptors_live());
}

static size_t put(char *text, size_t size, size_t at, const char *format,
		  unsigned int number)
{
	int more = at < size ? snprintf(text + at, size - at, format, number) :
			       0;

	return at + (size_t)(more > 0 ? more : 0);
}

static void say_list(const struct pyfuzz_op *op, enum part part, char *text,
		     size_t size)
{
	struct seen seen = { 0 };
	size_t at = 0;

	see_lists(op, &seen);
	if (part == PART_LAYOUT) {
		at = put(text, size, at, "%u descriptors", seen.descriptors);
		for (uint32_t i = 0; i < seen.descriptors && i < SAID; i++)
			at = put(text, size, at, i ? "+%u" : " of ",
				 seen.fill[i]);
		return;
	}
	at = put(text, size, at, "%u entries", seen.count);
	for (uint32_t i = 0; i < seen.count && i < SAID; i++)
		at = put(text, size, at, i ? " s%u" : ": s%u", seen.first[i]);
	if (seen.count > SAID)
		put(text, size, at, " and more", 0);
}

static void say(const struct pyfuzz_op *op, enum part part, char *text,
		size_t size)
{
	const struct pyfuzz_step *r = world.report;
	uint64_t bugged = flags();
	size_t at = 0;

	switch (part) {
	case PART_DONE:
		if (r->skip)
			put(text, size, 0, "it is skipped (%u)", r->skip);
		else if (r->recycled)
			put(text, size, 0, "the whole list is zapped", 0);
		else if (r->spte != PYFUZZ_NONE)
			put(text, size, 0, "done with s%u", r->spte);
		else
			put(text, size, 0, "done", 0);
		return;
	case PART_RETURNED:
		snprintf(text, size, "%lld", (long long)r->returned);
		return;
	case PART_BUGGED:
		snprintf(text, size, bugged ? "bugged:" : "no VM is bugged");
		for (unsigned int vm = 0; bugged && vm < PYFUZZ_VMS; vm++)
			if (bugged >> vm & 1)
				at = put(text, size, at ? at : 7, " vm%u", vm);
		return;
	case PART_REQUESTS:
		text[0] = 0;
		for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
			for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++)
				at = put(text, size, at, at ? " %u" : "%u",
					 world.requests[vm][i]);
		return;
	case PART_SPTES:
		snprintf(text, size, "left as %llx",
			 (unsigned long long)world.left);
		return;
	default:
		if (op)
			say_list(op, part, text, size);
		else
			text[0] = 0;
	}
}

static const char *word(const struct pyfuzz_op *op)
{
	static const char *const words[] = {
#define OP(name, word, ...) word,
#include "operations.def"
#undef OP
	};

	return op->opcode < PYFUZZ_OPCODES ? words[op->opcode] : "?";
}

static uint32_t opcode(const struct pyfuzz_op *op)
{
	return op->opcode;
}

const struct pyfuzz_compared lists_compared = {
	.observe = observe,
	.say = say,
	.word = word,
	.opcode = opcode,
};
