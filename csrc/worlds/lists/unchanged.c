/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * While all moves of a state are tried, nearly all of a long list stays as it
 * was in that state, where it was right.  A descriptor counts as unchanged if
 *
 *	- it is allocated, and every byte of it is as it was,
 *	- it was in this list, and is met once,
 *	- of none of its entries the SPTE, the recorded gfn or the model's list
 *	  differs: each of them is compared after each step.
 *
 * Its entries are then as right as they were.  Those of the other descriptors are
 * checked one by one, and against the unchanged ones for doublets.  Whatever
 * does not come out right is left to walk_list(), which says what is wrong.
 */
#include <string.h>
#include "canonical.h"
#include "unchanged.h"

#define DESCRIPTORS 4096
#define NONE UINT16_MAX
/* More than that, as when a list is zapped, and all is walked. */
#define CHANGED 8
/* With no more entries than that, looking at all of them costs no more. */
#define SHORT 64

static const struct pyfuzz_target *const target = &pyfuzz_target;

static struct {
	bool valid;
	/* Of descriptors, by their numbers. */
	uint16_t list[DESCRIPTORS];
	uint8_t fill[DESCRIPTORS];
	struct hash hash[DESCRIPTORS];
	/* The descriptor that an SPTE is in. */
	uint16_t home[PYFUZZ_VMS][PYFUZZ_SPTES];
} base;

static bool ignored;
static bool sure; /* few SPTEs differ */
static uint32_t turn;
/* In which turn a descriptor's entry differed, it was met, it was unchanged. */
static uint32_t differs[DESCRIPTORS], met[DESCRIPTORS], same[DESCRIPTORS];
/* The walk's descriptors that are not. */
static const uint8_t *others[DESCRIPTORS];

static uint16_t list_number(unsigned int vm, unsigned int head)
{
	return (uint16_t)(vm * PYFUZZ_HEADS + head);
}

static bool save_list(unsigned int vm, unsigned int head)
{
	unsigned long val = *target->heads[vm][head];
	const uint8_t *desc = (const uint8_t *)(val & ~LIST_MANY);

	if (!(val & LIST_MANY))
		return true;
	for (; desc; desc = list_more(desc)) {
		uint32_t i = descriptor_number(desc);
		unsigned int n = 0;

		if (i >= DESCRIPTORS || base.list[i] != NONE ||
		    !canonical_hash(vm, head, desc, &base.hash[i], &n))
			return false;
		base.list[i] = list_number(vm, head);
		base.fill[i] = (uint8_t)n;
		if (list_fill(desc) != n)
			return false;
		for (unsigned int k = 0; k < n; k++)
			base.home[vm][spte_number(vm, list_slots(desc)[k])] =
				(uint16_t)i;
	}
	return true;
}

bool unchanged_pays(void)
{
	unsigned int entries = 0;

	for (unsigned int vm = 0; vm < scope.vms; vm++)
		entries += world.vms[vm].total;
	return entries > SHORT && scope.renamed == 1;
}

bool unchanged_used(void)
{
	return base.valid;
}

/* A stamp must not be reused. */
static void next_turn(void)
{
	if (++turn)
		return;
	memset(differs, 0, sizeof(differs));
	memset(met, 0, sizeof(met));
	memset(same, 0, sizeof(same));
	turn = 1;
}

void unchanged_save(void)
{
	next_turn();
	sure = false;
	base.valid = unchanged_pays();
	if (!base.valid)
		return;
	memset(base.list, 0xff, sizeof(base.list));
	for (unsigned int vm = 0; vm < scope.vms; vm++) {
		memset(base.home[vm], 0xff, touched * sizeof(uint16_t));
		if (!world.vms[vm].alive)
			continue;
		for (unsigned int i = 0; i < scope_heads() && base.valid; i++)
			base.valid = save_list(vm, scope_head(i));
	}
}

void unchanged_forget(void)
{
	base.valid = sure = false;
	next_turn();
}

void unchanged_ignore(bool on)
{
	ignored = on;
	sure = false;
	next_turn();
}

void unchanged_look(void)
{
	uint16_t changed[CHANGED];

	next_turn();
	sure = base.valid && !ignored;
	for (unsigned int vm = 0; vm < scope.vms && sure; vm++) {
		unsigned int n = snapshot_changed(vm, changed, CHANGED);

		if (n > CHANGED)
			sure = false;
		for (unsigned int i = 0; i < n && sure; i++)
			if (base.home[vm][changed[i]] != NONE)
				differs[base.home[vm][changed[i]]] = turn;
	}
}

static inline bool is_same(uint32_t i, const uint8_t *desc, uint16_t list)
{
	return base.list[i] == list && differs[i] != turn &&
	       descriptor_as_saved(desc);
}

/* The entries of a descriptor that is not the same. */
static bool entries_right(unsigned int vm, unsigned int head,
			  const uint8_t *desc)
{
	uint64_t *const *slots = list_slots(desc);
	uint64_t fill = list_fill(desc);
	struct vm *m = &world.vms[vm];

	for (uint32_t k = 0; k < pyfuzz_target_traits.capacity; k++) {
		unsigned int n;

		if (k >= fill) {
			if (slots[k])
				return false;
			continue;
		}
		n = spte_number(vm, slots[k]);
		if (n >= touched || m->owner[n] != head ||
		    m->seen[n] == world.walk ||
		    !(target->sptes[vm][n] & PRESENT) ||
		    (base.home[vm][n] != NONE && same[base.home[vm][n]] == turn))
			return false;
		m->seen[n] = world.walk;
	}
	return true;
}

static bool tail_counts_right(const uint8_t *desc, uint64_t behind)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;

	for (; desc && t->tail_count_size; desc = list_more(desc)) {
		behind -= list_fill(desc);
		if (raw_field(desc, t->tail_count_offset, t->tail_count_size) !=
		    behind)
			return false;
	}
	return true;
}

bool unchanged_walk(unsigned int vm, unsigned int head, struct walk *walk)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	unsigned long val = *target->heads[vm][head];
	const uint8_t *first = (const uint8_t *)(val & ~LIST_MANY);
	uint32_t others_len = 0;

	if (!sure || vm >= scope.vms || !(val & LIST_MANY) ||
	    (t->locked_heads && (val & LIST_LOCKED)))
		return false;
	walk_begin(walk);
	for (const uint8_t *desc = first; desc; desc = list_more(desc)) {
		uint32_t i = descriptor_number(desc);
		uint64_t fill;

		if (i >= DESCRIPTORS || met[i] == turn)
			return false;
		if (is_same(i, desc, list_number(vm, head))) {
			fill = base.fill[i];
			same[i] = turn;
		} else if (descriptor_is_live(desc)) {
			fill = list_fill(desc);
			others[others_len++] = desc;
		} else {
			return false;
		}
		if (!fill || fill > t->capacity ||
		    (t->tail_count_size && walk->descriptors &&
		     fill != t->capacity))
			return false;
		met[i] = turn;
		if (walk->descriptors && walk->tail_fill < t->capacity)
			walk->holes++;
		if (!walk->descriptors)
			walk->head_fill = (uint32_t)fill;
		walk->tail_fill = (uint32_t)fill;
		walk->descriptors++;
		walk->entries += (uint32_t)fill;
	}
	if (walk->entries != world.vms[vm].count[head] ||
	    !tail_counts_right(first, walk->entries))
		return false;
	world.walk++;
	for (uint32_t i = 0; i < others_len; i++)
		if (!entries_right(vm, head, others[i]))
			return false;
	return true;
}

bool unchanged_hash(const void *desc, struct hash *hash, unsigned int *entries)
{
	uint32_t i = descriptor_number(desc);

	if (i >= DESCRIPTORS || same[i] != turn)
		return false;
	*hash = base.hash[i];
	*entries += base.fill[i];
	return true;
}
