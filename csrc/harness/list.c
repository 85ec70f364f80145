/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks of a target's list that do not need its entries. */
#include "list.h"

uint64_t pyfuzz_looked_at;

/*
 * Checks only the descriptors, which is an order of magnitude cheaper than
 * their entries and finds most of what breaks.
 */
bool list_skim(const struct list *list, struct walk *walk)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	unsigned long val = list->val;
	uint32_t must = list->must;
	const uint8_t *desc;

	walk_begin(walk);
	if (!(val & LIST_MANY) || (t->locked_heads && (val & LIST_LOCKED)))
		return false;
	for (desc = (const uint8_t *)(val & ~LIST_MANY); desc;
	     desc = list_more(desc)) {
		uint64_t fill;

		if (walk->entries > must || !descriptor_is_live(desc))
			return false;
		fill = list_fill(desc);
		if (!fill || fill > t->capacity)
			return false;
		if (!walk->descriptors)
			walk->head_fill = (uint32_t)fill;
		else if (walk->tail_fill < t->capacity)
			walk->holes++;
		if (t->tail_count_size &&
		    (raw_field(desc, t->tail_count_offset, t->tail_count_size) !=
			     must - walk->entries - fill ||
		     (walk->descriptors && fill != t->capacity)))
			return false;
		walk->tail_fill = (uint32_t)fill;
		walk->entries += (uint32_t)fill;
		walk->descriptors++;
	}
	pyfuzz_looked_at += walk->descriptors;
	return walk->entries == must;
}

/*
 * The number of entries before this one if every descriptor before its own is
 * full, as the append generation counts while it adds; otherwise -1, as well as
 * after limit entries (the list may be a cycle).
 */
int64_t list_entries_up_to(const struct list *list, const uint64_t *sptep,
			   uint32_t limit)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	const uint8_t *desc = (const uint8_t *)(list->val & ~LIST_MANY);
	int64_t before = 0;

	if (!(list->val & LIST_MANY))
		return -1;
	for (; descriptor_is_live(desc); desc = list_more(desc)) {
		uint64_t fill = list_fill(desc);

		if (fill && fill <= t->capacity &&
		    list_slots(desc)[fill - 1] == sptep)
			return before + (int64_t)fill - 1;
		if (fill != t->capacity || before > limit)
			return -1;
		before += (int64_t)fill;
	}
	return -1;
}
