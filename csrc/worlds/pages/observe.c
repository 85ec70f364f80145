/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is seen of a step from outside of the code, for csrc/compare: shadow
 * pages by what they shadow, SPTEs by what they map, and the lengths of lists.
 * No address, and no bit of an SPTE that only software knows.
 */
#include <stdio.h>
#include "compare/side.h"
#include "observe.h"
#include "world.h"

#define ENTRIES 512
#define RMAPS 4096
/* Writable, user, accessed, dirty, no execution: the processor's own bits. */
#define HARDWARE (1ULL << 1 | 1ULL << 2 | 1ULL << 5 | 1ULL << 6 | 1ULL << 63)

_Static_assert(sizeof(struct pyfuzz_step) <= SIDE_REPORT, "it has room");

struct seen {
	uint64_t sptes, lists, raw; /* hashes */
	uint32_t pages, present, entries;
};

static void see_spte(const struct pages_page *page, unsigned int i,
		     uint64_t key, struct seen *seen)
{
	uint64_t spte = page->spt[i], what = side_mix(key, i + 1);
	bool mmio, leaf;

	if (spte_nothing(spte))
		return;
	mmio = pages_target.spte_mmio(spte);
	if (!mmio && !pages_target.spte_present(spte))
		return;
	leaf = page->level == 1 || pages_target.spte_large(spte);
	what = side_mix(what, mmio | leaf << 1U);
	if (!mmio)
		what = side_mix(what, spte & HARDWARE);
	if (leaf && !mmio)
		what = side_mix(what, spte & pages_target.spte_frame_mask);
	seen->present++;
	seen->sptes += what;
	if (leaf || mmio)
		seen->raw += side_mix(what, spte);
}

static void see_page(unsigned int vm, const void *header, struct seen *seen)
{
	struct pages_page page;
	uint64_t key;
	int32_t parents;

	pages_target.page(vm, header, &page);
	if (!page.spt || !memory_is_live(PAGES_SPT, page.spt))
		return;
	key = side_mix(vm + 1, page.gfn);
	key = side_mix(key, page.level | page.access << 4U |
				    (uint64_t)page.direct << 12 |
				    (uint64_t)page.smm << 13 |
				    (uint64_t)page.invalid << 14 |
				    (uint64_t)page.quadrant << 16);
	parents = pyfuzz_list(*page.parents, NULL, 0);
	seen->pages++;
	seen->entries += (uint32_t)parents;
	seen->sptes += side_mix(key, page.unsync + 2ULL * page.root_count);
	seen->lists += side_mix(key, (uint64_t)(int64_t)parents);
	seen->raw += side_mix(key, page.role);
	for (unsigned int i = 0; i < ENTRIES; i++)
		if (page.spt[i])
			see_spte(&page, i, key, seen);
}

static void see_vm(unsigned int vm, struct seen *seen)
{
	static struct pyfuzz_rmap rmaps[RMAPS];
	const void *header;
	uint32_t at = 0, n;

	if (!world.vms[vm].alive)
		return;
	while ((header = memory_next_header(vm, &at)))
		see_page(vm, header, seen);
	n = pyfuzz_rmaps(vm, rmaps, RMAPS);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t key = side_mix(vm + 1, rmaps[i].gfn);

		key = side_mix(key, rmaps[i].space | rmaps[i].slot << 8U |
					    rmaps[i].level << 16U);
		seen->lists +=
			side_mix(key, (uint64_t)(int64_t)rmaps[i].entries);
		seen->entries += (uint32_t)rmaps[i].entries;
	}
}

static uint64_t flags(void)
{
	uint64_t mask = 0;

	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		if (world.vms[vm].alive && *pages_target.bugged[vm])
			mask |= 1ULL << vm;
	return mask;
}

static void observe(const struct pyfuzz_op *op, bool last,
		    const struct pyfuzz_wanted *wanted, struct observed *out)
{
	const struct pyfuzz_step *r = world.report;
	struct seen seen = { 0 };

	(void)last;
	if (!op)
		return; /* every VM is gone; what it logged is compared */
	out->parts[PART_DONE] = r->skip;
	if (r->skip)
		return;
	out->parts[PART_RETURNED] = side_mix(1, r->result + 1ULL);
	out->parts[PART_BUGGED] = flags();
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		for (unsigned int i = 0; i < PAGES_VCPUS; i++)
			out->parts[PART_REQUESTS] =
				side_mix(out->parts[PART_REQUESTS],
					 world.vms[vm].requests[i]);
	see_vm(op->vm, &seen);
	out->parts[PART_SPTES] = seen.sptes;
	out->parts[PART_ENTRIES] = seen.lists;
	if (wanted->level >= PYFUZZ_SHAPE_LEVEL)
		out->parts[PART_LAYOUT] = seen.raw;
}

static void say(const struct pyfuzz_op *op, enum part part, char *text,
		size_t size)
{
	const struct pyfuzz_step *r = world.report;
	struct seen seen = { 0 };

	if (op)
		see_vm(op->vm, &seen);
	switch (part) {
	case PART_DONE:
		if (r->skip)
			snprintf(text, size, "it is skipped (%u)", r->skip);
		else
			snprintf(text, size, "done");
		return;
	case PART_RETURNED:
		snprintf(text, size, "%u", r->result);
		return;
	case PART_BUGGED:
		snprintf(text, size, "%s",
			 flags() ? "a VM is bugged" : "no VM is bugged");
		return;
	case PART_REQUESTS:
		snprintf(text, size, "%u %u",
			 world.vms[op ? op->vm : 0].requests[0],
			 world.vms[op ? op->vm : 0].requests[1]);
		return;
	case PART_ENTRIES:
		snprintf(text, size, "%u entries in all lists", seen.entries);
		return;
	default:
		snprintf(text, size, "%u shadow pages, %u SPTEs, digest %04llx",
			 seen.pages, seen.present,
			 (unsigned long long)(part == PART_LAYOUT ? seen.raw :
								    seen.sptes) &
				 0xffff);
	}
}

static const char *word(const struct pyfuzz_op *op)
{
	static const char *const words[] = {
#define OP(name, word, ...) word,
#include "operations.def"
#undef OP
	};

	return op->opcode < sizeof(words) / sizeof(words[0]) ?
		       words[op->opcode] :
		       "?";
}

static uint32_t opcode(const struct pyfuzz_op *op)
{
	return op->opcode;
}

const struct pyfuzz_compared pages_compared = {
	.observe = observe,
	.say = say,
	.word = word,
	.opcode = opcode,
};
