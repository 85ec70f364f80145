/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page out of sync need not agree with the guest's table, which the guest may
 * write unseen.  KVM must have compared it
 *
 *	after a flush, if the vCPU's roots lead to it;
 *	after invlpg, the entry of that address;
 *	when an access links it to a parent, since another vCPU may have flushed
 *	while no root led to it.
 *
 * From then on the entries that were changed before count as known (rules.c).
 */
#include <string.h>
#include "world.h"

#define DEPTH 5
#define ROOTS 4 /* of PAE */

static struct state {
	uint32_t life; /* of the table that all this is about */
	bool unsync; /* when it was last looked at */
	uint64_t all; /* when the page was synced, and single SPTEs of it */
	uint64_t one[PYFUZZ_USED_ENTRIES];
} states[LOOKED_TABLES], saved[LOOKED_TABLES];

/* The links on the way to an address, before the operation. */
static struct {
	const uint64_t *sptep;
	uint64_t spte;
} way[DEPTH];
static uint32_t reached[LOOKED_TABLES], reached_len;
static const uint64_t *new_huge;

static bool is_met(uint32_t table)
{
	return states[table].life == memory_table_life(table);
}

static struct state *state_of(uint32_t table)
{
	if (!is_met(table))
		states[table] =
			(struct state){ .life = memory_table_life(table) };
	return &states[table];
}

void synced_page(const struct pages_page *page)
{
	state_of(memory_table_of(page->spt))->unsync = page->unsync;
}

uint64_t synced_at(const struct pages_page *page, unsigned int index)
{
	const struct state *s = state_of(memory_table_of(page->spt));
	int i = guest_used(index);

	return i >= 0 && s->one[i] > s->all ? s->one[i] : s->all;
}

static uint32_t live_table(const void *address)
{
	uint32_t table = address ? memory_table_of(address) : NOWHERE;

	return table != NOWHERE && memory_table_live(table) &&
			       pages_private(address) ?
		       table :
		       NOWHERE;
}

static const uint64_t *child_of(uint64_t spte)
{
	return (const uint64_t *)(uintptr_t)(spte & pages_target.spte_frame_mask);
}

static bool is_link(unsigned int level, uint64_t spte)
{
	return level > 1 && pages_target.spte_present(spte) &&
	       !pages_target.spte_large(spte);
}

static unsigned int level_of(unsigned int vm, const uint64_t *table)
{
	struct pages_page page;

	pages_target.page(vm, pages_private(table), &page);
	return page.level;
}

/* The root that an address is looked up in; of PAE there is one for each GiB. */
static const uint64_t *root_of(const struct pyfuzz_op *op, uint64_t gva)
{
	for (unsigned int i = 0; i < ROOTS; i++) {
		const uint64_t *root = pages_target.root(op->vm, op->vcpu, i);

		if (live_table(root) == NOWHERE)
			continue;
		return level_of(op->vm, root) > 2 ?
			       root :
			       pages_target.root(op->vm, op->vcpu,
						 gva >> 30 & (ROOTS - 1));
	}
	return NULL;
}

/* Visit the SPTEs on the way to an address; return that of level 1, or NULL. */
static const uint64_t *walk(const struct pyfuzz_op *op, uint64_t gva,
			    void (*visit)(unsigned int depth,
					  const uint64_t *sptep))
{
	const uint64_t *table = root_of(op, gva), *sptep;

	for (unsigned int depth = 0;
	     depth < DEPTH && live_table(table) != NOWHERE; depth++) {
		unsigned int level = level_of(op->vm, table);

		sptep = table +
			(gva >> (12 + (level - 1) * 9U) & (TABLE_WORDS - 1));
		if (visit)
			visit(depth, sptep);
		if (!is_link(level, *sptep))
			return level == 1 ? sptep : NULL;
		table = child_of(*sptep);
	}
	return NULL;
}

static void remember(unsigned int depth, const uint64_t *sptep)
{
	way[depth].sptep = sptep;
	way[depth].spte = *sptep;
}

/* A link is new if its SPTE has changed, or if the whole table is new. */
static bool is_new(unsigned int depth, const uint64_t *sptep)
{
	if (way[depth].sptep == sptep)
		return way[depth].spte != *sptep;
	return !is_met(memory_table_of(sptep));
}

static bool is_huge_writable(uint64_t spte)
{
	return pages_target.spte_present(spte) &&
	       pages_target.spte_large(spte) && pages_target.spte_writable(spte);
}

static void compare(unsigned int depth, const uint64_t *sptep)
{
	uint32_t table = live_table(child_of(*sptep));

	if (is_huge_writable(*sptep) && is_new(depth, sptep) &&
	    !is_huge_writable(way[depth].spte))
		new_huge = sptep;
	if (table != NOWHERE && pages_target.spte_present(*sptep) &&
	    is_new(depth, sptep) && is_met(table) && states[table].unsync)
		states[table].all = world.time;
}

/* All pages below a table that are out of sync. */
static void reach(unsigned int vm, const uint64_t *table, unsigned int depth)
{
	uint32_t t = live_table(table);
	unsigned int level;

	if (t == NOWHERE || depth == DEPTH)
		return;
	level = level_of(vm, table);
	if (is_met(t) && states[t].unsync && reached_len < LOOKED_TABLES)
		reached[reached_len++] = t;
	for (unsigned int i = 0; level > 1 && i < TABLE_WORDS; i++)
		if (!spte_nothing(table[i]) && is_link(level, table[i]))
			reach(vm, child_of(table[i]), depth + 1);
}

void synced_before(const struct pyfuzz_op *op, uint64_t gva)
{
	reached_len = 0;
	new_huge = NULL;
	memset(way, 0, sizeof(way));
	if (sequence.host_dead || world.vms[op->vm].bugged)
		return;
	if (op->opcode == PYFUZZ_OP_ACCESS)
		walk(op, gva, remember);
	for (unsigned int i = 0; op->opcode == PYFUZZ_OP_FLUSH && i < ROOTS; i++)
		reach(op->vm, pages_target.root(op->vm, op->vcpu, i), 0);
}

static void after_invlpg(const struct pyfuzz_op *op, uint64_t gva)
{
	const uint64_t *sptep = walk(op, gva, NULL);
	uint32_t table = sptep ? memory_table_of(sptep) : NOWHERE;
	int i = guest_used((uintptr_t)sptep / 8 % TABLE_WORDS);

	if (table != NOWHERE && i >= 0 && is_met(table) && states[table].unsync)
		states[table].one[i] = world.time;
}

void synced_after(const struct pyfuzz_op *op, uint64_t gva)
{
	if (sequence.host_dead || world.vms[op->vm].bugged)
		return;
	if (op->opcode == PYFUZZ_OP_ACCESS)
		walk(op, gva, compare);
	if (op->opcode == PYFUZZ_OP_INVLPG)
		after_invlpg(op, gva);
	for (uint32_t i = 0; i < reached_len; i++)
		if (memory_table_live(reached[i]) && is_met(reached[i]))
			states[reached[i]].all = world.time;
}

const uint64_t *synced_new_huge(void)
{
	return new_huge;
}

/* --- for csrc/exhaust --- */

/* Which entries of a table are known although KVM was not told of them. */
uint8_t synced_mask(unsigned int vm, const uint64_t *table)
{
	uint32_t t = live_table(table);
	struct pages_page page;
	uint8_t mask = 0;

	if (t == NOWHERE || !is_met(t) ||
	    !memory_is_live(PAGES_HEADER, pages_private(table)))
		return 0;
	pages_target.page(vm, pages_private(table), &page);
	for (unsigned int i = 0; i < PYFUZZ_USED_ENTRIES; i++) {
		unsigned int index = i < 4 ? i : TABLE_WORDS - 1;
		uint64_t at = synced_at(&page, index), since = 0;

		if (at && guest_shadowed(vm, &page, index, &since) && since &&
		    since <= at)
			mask |= (uint8_t)(1U << i);
	}
	return mask;
}

/* A state that is restored has one time, 1, for all that happened before. */
void synced_set_mask(const uint64_t *table, uint8_t mask)
{
	/* A table in a cache is not met yet. */
	for (unsigned int i = 0; mask && i < PYFUZZ_USED_ENTRIES; i++)
		state_of(memory_table_of(table))->one[i] = mask >> i & 1;
}

void synced_look(unsigned int vm)
{
	struct pages_page page;
	const void *header;
	uint32_t at = 0;

	while ((header = memory_next_header(vm, &at))) {
		pages_target.page(vm, header, &page);
		if (page.spt)
			synced_page(&page);
	}
}

void synced_save(void)
{
	memcpy(saved, states, memory_tables() * sizeof(*states));
}

void synced_restore(void)
{
	memcpy(states, saved, memory_tables() * sizeof(*states));
}
