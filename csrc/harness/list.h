/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking a target's list without trusting it: every pointer is looked up before
 * it is followed, so that a broken list gives a message instead of a fault.  The
 * world knows which entries there should be and passes a function for each; the
 * walk is inline, so that this costs no call per entry.
 */
#ifndef PYFUZZ_LIST_H
#define PYFUZZ_LIST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "callbacks.h"
#include "descriptors.h"

#define LIST_MANY 1UL
#define LIST_LOCKED 2UL

struct list {
	unsigned int vm, head; /* not used in here */
	unsigned long val; /* the head's word */
	uint32_t must; /* entries that it should have */
};

struct walk {
	uint32_t entries;
	uint32_t descriptors;
	uint32_t head_fill, tail_fill; /* of the first and last descriptor */
	uint32_t holes; /* descriptors but the last with room */
	enum pyfuzz_kind kind; /* valid if message is not empty */
	char message[200];
};

/* From the world: a list's name in messages, and what is wrong with an entry. */
typedef const char *(*list_namer)(const struct list *list);
typedef void (*list_entry)(const struct list *list, const uint64_t *sptep,
			   struct walk *walk);

/*
 * Total of entries walked and descriptors checked: the cost of the checks,
 * without a clock.  tests/bench/test_linear.py limits it per step.
 */
extern uint64_t pyfuzz_looked_at __attribute__((visibility("default")));

/* False if a full walk is needed. */
bool list_skim(const struct list *list, struct walk *walk);
int64_t list_entries_up_to(const struct list *list, const uint64_t *sptep,
			   uint32_t limit);

/* Keep the first problem; always evaluates to false. */
#define list_broken(walk, which, ...)                                      \
	({                                                                 \
		if (!(walk)->message[0]) {                                 \
			(walk)->kind = (which);                            \
			snprintf((walk)->message, sizeof((walk)->message), \
				 __VA_ARGS__);                             \
		}                                                          \
		false;                                                     \
	})

/* A word at an offset from the traits. */
static inline uint64_t raw_field(const uint8_t *descriptor, uint32_t offset,
				 uint32_t size)
{
	const uint8_t *field = descriptor + offset;

	switch (size) {
	case 8:
		return *(const uint64_t *)field;
	case 4:
		return *(const uint32_t *)field;
	case 2:
		return *(const uint16_t *)field;
	default:
		return *field;
	}
}

static inline uint64_t *const *list_slots(const uint8_t *desc)
{
	return (uint64_t *const *)(desc + pyfuzz_target_traits.sptes_offset);
}

static inline const uint8_t *list_more(const uint8_t *desc)
{
	return *(const uint8_t *const *)(desc + pyfuzz_target_traits.more_offset);
}

/* Entries in a descriptor: its count field, or the slots before a NULL. */
static inline uint64_t list_fill(const uint8_t *desc)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	uint64_t *const *slots = list_slots(desc);
	uint64_t fill = 0;

	if (t->spte_count_size)
		return raw_field(desc, t->spte_count_offset, t->spte_count_size);
	while (fill < t->capacity && slots[fill])
		fill++;
	return fill;
}

static inline void walk_begin(struct walk *walk)
{
	walk->entries = walk->descriptors = walk->holes = 0;
	walk->head_fill = walk->tail_fill = 0;
	walk->message[0] = 0;
}

#define LIST_INLINE static inline __attribute__((always_inline))

LIST_INLINE bool list_descriptor(const struct list *list, const uint8_t *desc,
				 struct walk *walk, list_namer name,
				 list_entry entry)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	uint64_t *const *slots = list_slots(desc);
	uint64_t fill = list_fill(desc);

	if (!fill)
		return list_broken(walk, PYFUZZ_SHAPE,
				   "%s: descriptor %u is linked but empty",
				   name(list), walk->descriptors);
	if (fill > t->capacity)
		return list_broken(walk, PYFUZZ_SHAPE,
				   "%s: spte_count of descriptor %u must be 1 to %u, is %llu",
				   name(list), walk->descriptors, t->capacity,
				   (unsigned long long)fill);
	for (uint32_t i = 0; i < t->capacity; i++) {
		if (i >= fill) {
			/* The iterators end a descriptor at the first NULL. */
			if (slots[i])
				list_broken(walk, PYFUZZ_SHAPE,
					    "%s: slot %u of descriptor %u must be NULL beyond its %u entries",
					    name(list), i, walk->descriptors,
					    (unsigned int)fill);
		} else if (!slots[i]) {
			return list_broken(walk, PYFUZZ_SHAPE,
					   "%s: slot %u of descriptor %u is NULL among its %u entries",
					   name(list), i, walk->descriptors,
					   (unsigned int)fill);
		} else {
			entry(list, slots[i], walk);
			walk->entries++;
		}
	}
	if (walk->descriptors && walk->tail_fill < t->capacity)
		walk->holes++;
	if (walk->descriptors && t->tail_count_size && fill != t->capacity)
		list_broken(walk, PYFUZZ_SHAPE,
			    "%s: descriptor %u must be full as every one but the first, holds %u",
			    name(list), walk->descriptors, (unsigned int)fill);
	if (!walk->descriptors)
		walk->head_fill = (uint32_t)fill;
	walk->tail_fill = (uint32_t)fill;
	walk->descriptors++;
	return true;
}

/* Whether the walk from first has met desc before the last step. */
static inline bool list_visited(const uint8_t *first, const uint8_t *desc,
				uint32_t steps)
{
	for (const uint8_t *p = first; steps--; p = list_more(p))
		if (p == desc)
			return true;
	return false;
}

/* Each descriptor has the number of entries behind it. */
LIST_INLINE void list_tail_counts(const struct list *list, const uint8_t *desc,
				  struct walk *walk, list_namer name)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	uint64_t behind = walk->entries, is;

	for (uint32_t i = 0; i < walk->descriptors; i++, desc = list_more(desc)) {
		behind -= list_fill(desc);
		is = raw_field(desc, t->tail_count_offset, t->tail_count_size);
		if (is == behind)
			continue;
		list_broken(walk, PYFUZZ_SHAPE,
			    "%s: tail_count of descriptor %u must be %llu, is %llu",
			    name(list), i, (unsigned long long)behind,
			    (unsigned long long)is);
		return;
	}
}

LIST_INLINE bool list_descriptors(const struct list *list, const uint8_t *first,
				  struct walk *walk, list_namer name,
				  list_entry entry)
{
	const uint8_t *desc = first;

	for (; desc; desc = list_more(desc)) {
		if (!descriptor_is_live(desc))
			return list_broken(walk, PYFUZZ_SHAPE,
					   "%s: descriptor %u is freed or not a descriptor",
					   name(list), walk->descriptors);
		/* Only a list with too many entries can be a cycle. */
		if (walk->message[0] &&
		    list_visited(first, desc, walk->descriptors)) {
			walk->message[0] = 0;
			return list_broken(walk, PYFUZZ_SHAPE,
					   "%s: descriptor %u is linked twice, the list is a cycle",
					   name(list), walk->descriptors);
		}
		if (!list_descriptor(list, desc, walk, name, entry))
			return false;
	}
	if (pyfuzz_target_traits.tail_count_size)
		list_tail_counts(list, first, walk, name);
	return true;
}

/*
 * False if the walk had to end early; otherwise the message, if there is one,
 * says what is wrong.  The caller finds entries that were not met.  entry() must
 * set a message for each entry that it has seen before, or the walk of a cycle
 * would not end.
 */
LIST_INLINE bool list_walk(const struct list *list, struct walk *walk,
			   list_namer name, list_entry entry)
{
	unsigned long val = list->val;

	walk_begin(walk);
	if (pyfuzz_target_traits.locked_heads && (val & LIST_LOCKED)) {
		list_broken(walk, PYFUZZ_SHAPE, "%s is left locked", name(list));
		val &= ~LIST_LOCKED;
	}
	if (val == LIST_MANY)
		return list_broken(walk, PYFUZZ_SHAPE,
				   "%s is tagged but holds no descriptor",
				   name(list));
	if (val & LIST_MANY) {
		if (!list_descriptors(list, (const uint8_t *)(val & ~LIST_MANY),
				      walk, name, entry))
			return false;
	} else if (val) {
		entry(list, (const uint64_t *)val, walk);
		walk->entries++;
	}
	pyfuzz_looked_at += walk->entries;
	return true;
}

#endif
