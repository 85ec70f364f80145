/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feedback to the engine besides coverage.  Each state is 0 or 1:
 *
 * STEP: operation x its result x whether a vCPU is in SMM x whether a slot is
 * logged
 * ENTRY: an entry that the guest wrote: level x old kind x new kind x
 * whether KVM was told
 * LINK: level of the parent x its kind x the child's kind
 * REUSE: an SPTE that an operation made a link: its level x the child's kind x
 * whether the child was there before
 * ROLE: the child's level x its access x whether it is direct
 * OVER: level of an SPTE that an operation changed x what was there x what is
 * LEAF: level x kind of page x slot
 * LIST: level, or parents x entries
 */
#include <string.h>
#include "harness/feedback.h"
#include "harness/sequence.h"
#include "world.h"

#define STEP 0
#define ENTRY (STEP + PYFUZZ_OPCODES * 16 * 4)
#define LINK (ENTRY + 4 * 4 * 4 * 2)
#define REUSE (LINK + 8 * 8 * 8)
#define ROLE (REUSE + 8 * 8 * 2)
#define OVER (ROLE + 8 * 8 * 2)
#define LEAF (OVER + 8 * SPTES * SPTES)
#define LIST (LEAF + 4 * 8 * 8)
#define STATES (LIST + 8 * 2 * 16)

static void __attribute__((constructor)) states_register(void)
{
	feedback_register(STATES);
}

static unsigned int circumstances(const struct vm *vm)
{
	unsigned int smm = 0, logged = 0;

	for (unsigned int i = 0; i < PAGES_VCPUS; i++)
		smm |= vm->vcpus[i].smm;
	for (unsigned int as = 0; as < PAGES_SPACES; as++)
		for (unsigned int n = 0; n < PAGES_SLOTS; n++)
			logged |= vm->slots[as][n].dirty_log;
	return smm << 1 | logged;
}

void states_step(const struct pyfuzz_op *op, unsigned int outcome)
{
	feedback_hit(STEP + (op->opcode * 16U + (outcome & 15)) * 4 +
		     circumstances(&world.vms[op->vm]));
}

static unsigned int entry_class(uint64_t entry)
{
	if (!(entry & 1))
		return 0;
	if (entry & 0x80)
		return 1;
	return entry & 2 ? 2 : 3;
}

void states_entry(const struct pyfuzz_op *op, uint64_t old, uint64_t new,
		  bool told)
{
	feedback_hit(ENTRY +
		     (((op->level - 1U) & 3) * 16 + entry_class(old) * 4 +
		      entry_class(new)) *
			     2 +
		     told);
}

static unsigned int page_class(const struct pages_page *page)
{
	return (page->direct	  ? 1U :
		page->passthrough ? 2U :
				    0U) +
	       (page->smm    ? 4U :
		page->unsync ? 3U :
			       0U);
}

/*
 * What each SPTE was at the last look, one byte each, so that an operation shows
 * what it overwrote: the kind, and some bits of the value, since another page of
 * the same kind is another value.  Only what was there during one lifetime of the
 * table counts.
 */
static struct {
	uint32_t life;
	uint32_t born; /* the operation that the table was first seen after */
	uint8_t was[512];
} seen[LOOKED_TABLES];

#define KIND(was) ((was) & (SPTES - 1))

void states_table(uint32_t table)
{
	if (seen[table].life == memory_table_life(table))
		return;
	seen[table].life = memory_table_life(table);
	seen[table].born = sequence.operation;
	memset(seen[table].was, SPTE_NOTHING, sizeof(seen[table].was));
}

void states_nothing(uint32_t table, unsigned int first, unsigned int n)
{
	memset(seen[table].was + first, SPTE_NOTHING, n);
}

bool states_spte(const struct pages_page *page, uint32_t table,
		 unsigned int index, enum states_spte kind)
{
	uint64_t at = page->spt[index] & pages_target.spte_frame_mask;
	uint64_t hash = at * 0x9e3779b97f4a7c15ULL;
	uint8_t *was = &seen[table].was[index];
	uint8_t is = (uint8_t)((hash >> 56 & ~(uint64_t)(SPTES - 1)) | kind);

	if (*was == is)
		return false;
	feedback_hit(OVER + ((page->level & 7U) * SPTES + KIND(*was)) * SPTES +
		     kind);
	*was = is;
	return true;
}

void states_link(const struct pages_page *parent, const struct pages_page *child)
{
	feedback_hit(LINK +
		     ((parent->level & 7U) * 8 + (page_class(parent) & 7)) * 8 +
		     (page_class(child) & 7));
	feedback_hit(ROLE + ((child->level & 7U) * 8 + (child->access & 7U)) * 2 +
		     child->direct);
}

void states_linked(const struct pages_page *parent,
		   const struct pages_page *child, uint32_t table)
{
	bool there = seen[table].life == memory_table_life(table) &&
		     seen[table].born < sequence.operation;

	feedback_hit(REUSE +
		     ((parent->level & 7U) * 8 + (page_class(child) & 7)) * 2 +
		     there);
}

void states_leaf(const struct pages_page *page, unsigned int slot)
{
	feedback_hit(LEAF +
		     ((page->level & 3U) * 8 + (page_class(page) & 7)) * 8 +
		     (slot & 7));
}

static unsigned int length_class(unsigned int n)
{
	unsigned int cap = pages_target.layout.capacity;

	if (n <= 6)
		return n;
	return n < cap	    ? 7 :
	       n == cap	    ? 8 :
	       n == cap + 1 ? 9 :
	       n <= 2 * cap ? 10 :
			      11;
}

void states_list(unsigned int level, bool parents, unsigned int entries)
{
	feedback_hit(LIST + ((level & 7) * 2 + parents) * 16 +
		     length_class(entries));
}
