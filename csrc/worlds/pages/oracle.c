/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the target's memory after every operation:
 *
 *	each present leaf SPTE of a live shadow page has exactly one entry, in
 *	the head that tear-down will compute for it;
 *	each present non-leaf SPTE points to a live shadow page of its VM and has
 *	exactly one entry, among that page's parents;
 *	each entry of each head is one of those.
 *
 * All SPTEs are marked with the head that they belong to, then all heads are
 * walked.  Only raw memory is used, nothing that the target computes.
 */
#include <stdio.h>
#include <string.h>
#include "harness/list.h"
#include "broken.h"
#include "world.h"

#define ENTRIES 512

static struct mark {
	uint32_t walk;
	uint32_t seen;
	const unsigned long *head;
} marks[LOOKED_TABLES][ENTRIES];
static uint32_t marked, met; /* SPTEs in this walk, and entries that are SPTEs */

/* --- names, for messages --- */

static unsigned int index_in_table(const uint64_t *sptep)
{
	return (unsigned int)((uintptr_t)sptep / 8 % ENTRIES);
}

/* Format the head of a reverse map or, with page, of its parents. */
static struct {
	unsigned int as, slot, level;
	uint64_t gfn;
	const struct pages_page *page;
	const unsigned long *head;
} walked;

static const char *walked_name(const struct list *list)
{
	static char name[160];

	(void)list;
	if (walked.page)
		snprintf(name, sizeof(name), "the list of parents of %s",
			 page_name(walked.page));
	else
		snprintf(name, sizeof(name),
			 "the reverse map of gfn 0x%llx (%s, slot %u%s)",
			 (unsigned long long)walked.gfn, size_name(walked.level),
			 walked.slot, walked.as ? " of SMM" : "");
	return name;
}

/* Where tear-down looks for an SPTE. */
static const char *looked_for(const uint64_t *sptep, uint32_t table)
{
	static char text[96];
	const struct pages_page *page = page_at(table);

	if (page->level > 1 && !pages_target.spte_large(*sptep))
		return "tear-down will look for it among a page's parents";
	snprintf(text, sizeof(text),
		 "tear-down will look for it under gfn 0x%llx%s",
		 (unsigned long long)sp_gfn(page, index_in_table(sptep)),
		 page->smm ? " of SMM" : "");
	return text;
}

/*
 * Heads that an SPTE has belonged to since the slot was created: no others can
 * hold anything as long as every SPTE is in its own head.  These are walked after
 * each step, and all heads if an SPTE is not.
 */
#define MAX_USED 2048
static struct used {
	uint8_t as, slot, level;
	uint32_t index;
} used[PAGES_VMS][MAX_USED];
static uint32_t used_len[PAGES_VMS];
#define MAX_HEADS 2048
static uint32_t used_since[PAGES_VMS][PAGES_SPACES][PAGES_SLOTS][PAGES_LEVELS]
			  [MAX_HEADS];
static uint32_t epochs, epoch_of[PAGES_VMS];

/* For a new VM, or one whose slots have changed. */
void check_forget(unsigned int vm)
{
	used_len[vm] = 0;
	epoch_of[vm] = ++epochs;
}

static void use_head(unsigned int vm, unsigned int as, unsigned int slot,
		     unsigned int level, uint64_t index)
{
	uint32_t *since;

	if (index >= MAX_HEADS || used_len[vm] == MAX_USED)
		return;
	since = &used_since[vm][as][slot][level - 1][index];
	if (*since == epoch_of[vm])
		return;
	*since = epoch_of[vm];
	used[vm][used_len[vm]++] = (struct used){
		(uint8_t)as,
		(uint8_t)slot,
		(uint8_t)level,
		(uint32_t)index,
	};
}

/* --- marking --- */

static void mark(const uint64_t *sptep, uint32_t table,
		 const unsigned long *head)
{
	struct mark *m = &marks[table][index_in_table(sptep)];

	m->walk = looked.walk;
	m->seen = 0;
	m->head = head;
	marked++;
}

static void mark_leaf(unsigned int vm, const struct pages_page *page,
		      uint32_t table, const uint64_t *sptep)
{
	uint64_t gfn = sp_gfn(page, index_in_table(sptep)), heads = 0, i;
	unsigned int n = 0;
	const struct slot *slot = slot_at(vm, page->smm, gfn, &n);
	unsigned long *base;
	unsigned int shift = (page->level - 1) * 9U;

	if (page->level > PAGES_LEVELS)
		broken(PYFUZZ_WRONG_GFN,
		       "%s is a leaf, at a level that has none",
		       sptep_name(sptep));
	if (!slot)
		broken(PYFUZZ_WRONG_GFN,
		       "tear-down will look for %s under gfn 0x%llx, which is in no memslot",
		       sptep_name(sptep), (unsigned long long)gfn);
	base = pages_target.rmaps(vm, page->smm, n, page->level, &heads);
	i = (gfn >> shift) - (slot->base_gfn >> shift);
	if (!base || i >= heads)
		broken(PYFUZZ_WRONG_GFN,
		       "tear-down will look for %s at index %llu of %llu reverse maps",
		       sptep_name(sptep), (unsigned long long)i,
		       (unsigned long long)heads);
	mark(sptep, table, base + i);
	use_head(vm, page->smm, n, page->level, i);
	rules_leaf(vm, page, sptep, false);
	if (slot->logs)
		rules_logged(vm, page, sptep, n);
	states_leaf(page, n);
	states_spte(page, table, index_in_table(sptep),
		    page->level > 1		       ? SPTE_HUGE :
		    pages_target.spte_writable(*sptep) ? SPTE_WRITABLE :
							 SPTE_READ_ONLY);
}

static void mark_link(unsigned int vm, const struct pages_page *page,
		      uint32_t table, const uint64_t *sptep)
{
	uint64_t at = *sptep & pages_target.spte_frame_mask;
	uint32_t child = memory_table_of((const void *)(uintptr_t)at);

	if (child == NOWHERE || !memory_table_live(child))
		broken(PYFUZZ_USE_AFTER_FREE, "%s points to a page that is %s",
		       sptep_name(sptep), child == NOWHERE ? "none" : "freed");
	if (memory_table_vm(child) != vm || !page_at(child))
		broken(PYFUZZ_USE_AFTER_FREE, "%s points to a page that is %s",
		       sptep_name(sptep),
		       memory_table_vm(child) != vm ? "another VM's" :
						      "no shadow page yet");
	mark(sptep, table, page_at(child)->parents);
	rules_link(vm, page, sptep, page_at(child), false);
	states_link(page, page_at(child));
	if (states_spte(page, table, index_in_table(sptep),
			page_at(child)->direct ? SPTE_DIRECT_LINK : SPTE_LINK))
		states_linked(page, page_at(child), child);
}

/*
 * Each bit: eight SPTEs of which one was not empty when the complete table was
 * last checked.  In between, only these are checked; an SPTE that appears
 * elsewhere is seen later, and then the sequence is run again, checking
 * everything each time.
 */
static struct {
	uint32_t owner; /* which lifetime of the table */
	uint32_t age; /* checks since the last complete one */
	uint64_t chunks;
} hot[LOOKED_TABLES];
#define LOOK_AT_ALL 8
#define ALWAYS_HOT (1ULL | 1ULL << 63)

static void mark_page(unsigned int vm, const struct pages_page *page, bool all)
{
	uint32_t table = memory_table_of(page->spt);
	uint64_t nothing = pages_target.spte_nothing;
	uint64_t chunks = hot[table].chunks, known = chunks;

	if (hot[table].owner != memory_table_life(table) ||
	    ++hot[table].age >= LOOK_AT_ALL || all) {
		hot[table].owner = memory_table_life(table);
		hot[table].age = 0;
		hot[table].chunks = ALWAYS_HOT;
		chunks = ~0ULL;
	}
	states_table(table);
	for (; chunks && !sequence.host_dead; chunks &= chunks - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(chunks) * 8;
		const uint64_t *spte = page->spt + i;
		uint64_t any = 0;

		for (unsigned int k = 0; k < 8; k++)
			any |= spte[k] ^ nothing;
		if (any)
			hot[table].chunks |= 1ULL << i / 8;
		else if (known >> i / 8 & 1)
			states_nothing(table, i, 8);
		for (unsigned int k = 0; any && k < 8; k++, spte++) {
			if (spte_nothing(*spte)) {
				states_nothing(table, i + k, 1);
				continue;
			}
			if (!pages_target.spte_present(*spte)) {
				rules_mmio(vm, page, spte);
				states_spte(page, table, i + k, SPTE_MMIO);
			} else if (page->level == 1 ||
				   pages_target.spte_large(*spte)) {
				mark_leaf(vm, page, table, spte);
			} else {
				mark_link(vm, page, table, spte);
			}
			if (sequence.host_dead)
				return;
		}
	}
}

/* Read every live header; each must own its table. */
static void collect(unsigned int vm)
{
	const void *header;
	uint32_t at = 0;

	looked.len = 0;
	rules_begin();
	while ((header = memory_next_header(vm, &at)) &&
	       looked.len < LOOKED_TABLES) {
		struct pages_page *page = &looked.pages[looked.len];
		uint32_t table;

		pages_target.page(vm, header, page);
		/* In a cache: not a page yet. */
		if (!page->spt)
			continue;
		table = memory_table_of(page->spt);
		if (table == NOWHERE || !memory_table_live(table))
			broken(PYFUZZ_USE_AFTER_FREE,
			       "%s has a table that is freed", page_name(page));
		looked.page_of_table[table] = (uint16_t)looked.len++;
		looked.page_walk[table] = looked.walk;
		rules_page(page);
		synced_page(page);
	}
}

/* --- walking --- */

static void entry(const struct list *list, const uint64_t *sptep,
		  struct walk *walk)
{
	uint32_t table = memory_table_of(sptep);
	struct mark *m;

	if (table == NOWHERE || !memory_table_live(table) ||
	    memory_table_vm(table) != list->vm) {
		list_broken(walk, PYFUZZ_ORPHAN_ENTRY, "%s holds %s",
			    walked_name(list), sptep_name(sptep));
		return;
	}
	m = &marks[table][index_in_table(sptep)];
	if (m->walk != looked.walk) {
		list_broken(walk, PYFUZZ_ORPHAN_ENTRY,
			    "%s holds %s, which is %s (0x%llx)",
			    walked_name(list), sptep_name(sptep),
			    pages_target.spte_mmio(*sptep) ? "an MMIO SPTE" :
							     "not present",
			    (unsigned long long)*sptep);
		return;
	}
	if (m->head != walked.head) {
		list_broken(walk, PYFUZZ_WRONG_GFN, "%s holds %s, %s",
			    walked_name(list), sptep_name(sptep),
			    looked_for(sptep, table));
		return;
	}
	met++;
	if (m->seen++)
		list_broken(walk, PYFUZZ_ORPHAN_ENTRY, "%s holds %s twice",
			    walked_name(list), sptep_name(sptep));
}

static void walk_head(unsigned int vm, const unsigned long *head)
{
	struct list list = { .vm = vm, .val = *head };
	struct walk walk;

	walked.head = head;
	list_walk(&list, &walk, walked_name, entry);
	states_list(walked.level, walked.page, walk.entries);
	if (!walk.message[0])
		return;
	/* The only way to get an invalid descriptor: it was freed. */
	if (walk.kind == PYFUZZ_SHAPE && strstr(walk.message, "is freed or no"))
		walk.kind = PYFUZZ_USE_AFTER_FREE;
	finding(walk.kind, sequence.function, 0, "%s", walk.message);
	sequence.host_dead = true;
}

#define HEADS_OF_PAGE (MEMORY_PAGE / sizeof(unsigned long))

/* The first head from number i on that is not empty, or n; most are. */
static uint64_t next_head(const unsigned long *base, uint64_t i, uint64_t n,
			  const uint8_t *touched)
{
	while (i < n) {
		const unsigned long *head = base + i;

		if (touched && !touched[i / HEADS_OF_PAGE])
			i = (i / HEADS_OF_PAGE + 1) * HEADS_OF_PAGE;
		else if (i % 8 || i + 8 > n ||
			 (head[0] | head[1] | head[2] | head[3] | head[4] |
			  head[5] | head[6] | head[7])) {
			if (*head)
				return i;
			i++;
		} else
			i += 8;
	}
	return n;
}

/*
 * Walks leave out the pages of a large array that were never touched.  One that was
 * swapped out looks the same, so what is missing is looked for in all of them.
 */
static bool everywhere;

static void walk_slot(unsigned int vm, unsigned int as, unsigned int n)
{
	const struct slot *slot = &world.vms[vm].slots[as][n];

	walked.page = NULL;
	walked.as = as;
	walked.slot = n;
	for (unsigned int level = 1; level <= PAGES_LEVELS; level++) {
		uint64_t heads = 0;
		unsigned long *base =
			pages_target.rmaps(vm, as, n, level, &heads);
		const uint8_t *touched = everywhere ? NULL :
						      memory_touched(base);

		walked.level = level;
		for (uint64_t i = 0; base; i++) {
			i = next_head(base, i, heads, touched);
			if (i >= heads)
				break;
			walked.gfn = (slot->base_gfn & ~(pages_of(level) - 1)) +
				     i * pages_of(level);
			walk_head(vm, base + i);
			if (sequence.host_dead)
				return;
		}
	}
}

/* A present SPTE that no walk met. */
static void find_missing(const struct pages_page *page)
{
	uint32_t table = memory_table_of(page->spt);

	for (unsigned int i = 0; i < ENTRIES; i++) {
		const struct mark *m = &marks[table][i];
		bool leaf;

		if (m->walk != looked.walk || m->seen)
			continue;
		leaf = page->level == 1 || pages_target.spte_large(page->spt[i]);
		broken(PYFUZZ_MISSING_ENTRY,
		       "%s is present%s, and is in no list: %s",
		       sptep_name(page->spt + i),
		       pages_target.spte_mmio(page->spt[i]) ?
			       " (and an MMIO SPTE)" :
			       "",
		       leaf ? looked_for(page->spt + i, table) :
			      "it is not among the parents of the page that it points to");
	}
}

static void check_roots(unsigned int vm)
{
	for (unsigned int v = 0; v < PAGES_VCPUS; v++) {
		for (unsigned int i = 0; i < 4; i++) {
			const uint64_t *root = pages_target.root(vm, v, i);
			uint32_t table = root ? memory_table_of(root) : NOWHERE;

			if (!root)
				break;
			if (table == NOWHERE || !memory_table_live(table))
				broken(PYFUZZ_USE_AFTER_FREE,
				       "the root of vm%u cpu%u is a page that is %s",
				       vm, v,
				       table == NOWHERE ? "none" : "freed");
		}
	}
}

static void walk_slots(unsigned int vm)
{
	for (unsigned int as = 0; as < PAGES_SPACES; as++)
		for (unsigned int n = 0; n < PAGES_SLOTS; n++)
			if (world.vms[vm].slots[as][n].present &&
			    !sequence.host_dead)
				walk_slot(vm, as, n);
}

static void walk_used(unsigned int vm)
{
	for (uint32_t i = 0; i < used_len[vm] && !sequence.host_dead; i++) {
		const struct used *u = &used[vm][i];
		const struct slot *slot = &world.vms[vm].slots[u->as][u->slot];
		uint64_t heads = 0;
		unsigned long *base = pages_target.rmaps(vm, u->as, u->slot,
							 u->level, &heads);

		if (!base || u->index >= heads || !base[u->index])
			continue;
		walked.page = NULL;
		walked.as = u->as;
		walked.slot = u->slot;
		walked.level = u->level;
		walked.gfn = (slot->base_gfn & ~(pages_of(u->level) - 1)) +
			     u->index * pages_of(u->level);
		walk_head(vm, base + u->index);
	}
}

static void look(unsigned int vm, bool all)
{
	looked.walk++;
	marked = met = 0;
	collect(vm);
	for (uint32_t i = 0; i < looked.len && !sequence.host_dead; i++)
		mark_page(vm, &looked.pages[i], all);
	if (all)
		walk_slots(vm);
	else
		walk_used(vm);
	for (uint32_t i = 0; i < looked.len && !sequence.host_dead; i++) {
		walked.page = &looked.pages[i];
		walked.level = looked.pages[i].level;
		if (*looked.pages[i].parents)
			walk_head(vm, looked.pages[i].parents);
	}
}

void check_vm(unsigned int vm, bool all)
{
	if (!world.vms[vm].alive || sequence.host_dead || sequence.watched)
		return;
	all |= sequence.precise;
	sequence.late |= !all;
	everywhere = false;
	look(vm, all);
	/* An SPTE that is not where it must be is elsewhere or nowhere. */
	if (!sequence.host_dead && marked != met) {
		everywhere = true;
		look(vm, true);
	}
	if (marked != met)
		for (uint32_t i = 0; i < looked.len && !sequence.host_dead; i++)
			find_missing(&looked.pages[i]);
	if (!sequence.host_dead)
		check_roots(vm);
	rules_report();
}
