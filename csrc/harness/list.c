/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking a list of the target's without trusting it: every pointer is looked
 * up before it is followed, so that a broken list is a message and no fault.
 */
#include <stdio.h>
#include <string.h>
#include "world.h"

#define MANY 1UL
#define LOCKED 2UL

/*
 * Entries walked and descriptors skimmed, ever: what the checks cost, without
 * a clock.  tests/bench/test_linear.py holds it to so many for each step.
 */
extern uint64_t pyfuzz_looked_at __attribute__((visibility("default")));
uint64_t pyfuzz_looked_at;

static const char *head_name(unsigned int vm, unsigned int head)
{
	static char names[2][16];
	static unsigned int turn;
	char *name = names[turn++ % 2];

	snprintf(name, sizeof(names[0]), "vm%u %c%u", vm,
		 head < PYFUZZ_FRAME_HEADS ? 'f' : 'p',
		 head < PYFUZZ_FRAME_HEADS ? head : head - PYFUZZ_FRAME_HEADS);
	return name;
}

/* Keep the first problem; always returns false. */
#define broken(walk, which, ...)					\
({									\
	if (!(walk)->message[0]) {					\
		(walk)->kind = (which);					\
		snprintf((walk)->message, sizeof((walk)->message),	\
			 __VA_ARGS__);					\
	}								\
	false;								\
})

static inline void entry(unsigned int vm, unsigned int head, const uint64_t *sptep,
		  struct walk *walk, uint16_t *out, uint32_t cap)
{
	struct vm *m = &world.vms[vm];
	unsigned int n = spte_number(vm, sptep);

	if (walk->entries < cap)
		out[walk->entries] = (uint16_t)n;
	walk->entries++;
	if (n == PYFUZZ_NONE) {
		broken(walk, PYFUZZ_GHOST_ENTRY,
		       "%s holds an address that is no SPTE of the VM",
		       head_name(vm, head));
		return;
	}
	if (m->owner[n] != head) {
		broken(walk, PYFUZZ_GHOST_ENTRY, "%s holds s%u, which is in %s",
		       head_name(vm, head), n,
		       m->owner[n] == FREE_SPTE ? "no list" :
						  head_name(vm, m->owner[n]));
		return;
	}
	if (m->seen[n] == world.walk)
		broken(walk, PYFUZZ_GHOST_ENTRY, "%s holds s%u twice",
		       head_name(vm, head), n);
	m->seen[n] = world.walk;
	if (!(*sptep & PRESENT))
		broken(walk, PYFUZZ_STALE_SPTE, "%s holds s%u, which is cleared",
		       head_name(vm, head), n);
}

/* Entries in a descriptor: its count field, or the slots before a NULL. */
static uint64_t fill_of(const uint8_t *desc)
{
	const struct pyfuzz_traits *t = &pyfuzz_target.traits;
	uint64_t *const *sptes = (uint64_t *const *)(desc + t->sptes_offset);
	uint64_t fill = 0;

	if (t->spte_count_size)
		return raw_field(desc, t->spte_count_offset, t->spte_count_size);
	while (fill < t->capacity && sptes[fill])
		fill++;
	return fill;
}

static bool descriptor(unsigned int vm, unsigned int head, const uint8_t *desc,
		       struct walk *walk, uint16_t *out, uint32_t cap)
{
	const struct pyfuzz_traits *t = &pyfuzz_target.traits;
	uint64_t *const *sptes = (uint64_t *const *)(desc + t->sptes_offset);
	uint64_t fill = fill_of(desc);

	if (!fill)
		return broken(walk, PYFUZZ_SHAPE,
			      "%s: descriptor %u is linked but empty",
			      head_name(vm, head), walk->descriptors);
	if (fill > t->capacity)
		return broken(walk, PYFUZZ_SHAPE,
			      "%s: spte_count of descriptor %u must be 1 to %u, is %llu",
			      head_name(vm, head), walk->descriptors,
			      t->capacity, (unsigned long long)fill);
	for (uint32_t i = 0; i < t->capacity; i++) {
		if (i >= fill) {
			/* The iterators end a descriptor at the first NULL. */
			if (sptes[i])
				broken(walk, PYFUZZ_SHAPE,
				       "%s: slot %u of descriptor %u must be NULL beyond its %u entries",
				       head_name(vm, head), i,
				       walk->descriptors, (unsigned int)fill);
		} else if (!sptes[i]) {
			return broken(walk, PYFUZZ_SHAPE,
				      "%s: slot %u of descriptor %u is NULL among its %u entries",
				      head_name(vm, head), i,
				      walk->descriptors, (unsigned int)fill);
		} else {
			entry(vm, head, sptes[i], walk, out, cap);
		}
	}
	if (walk->descriptors && walk->tail_fill < t->capacity)
		walk->holes++;
	if (walk->descriptors && t->tail_count_size && fill != t->capacity)
		broken(walk, PYFUZZ_SHAPE,
		       "%s: descriptor %u must be full as every one but the first, holds %u",
		       head_name(vm, head), walk->descriptors,
		       (unsigned int)fill);
	if (!walk->descriptors)
		walk->head_fill = (uint32_t)fill;
	walk->tail_fill = (uint32_t)fill;
	walk->descriptors++;
	return true;
}

static inline const uint8_t *more_of(const uint8_t *desc)
{
	return *(const uint8_t *const *)(desc +
					 pyfuzz_target.traits.more_offset);
}

/* Was desc on the way from first, before the last step? */
static bool visited(const uint8_t *first, const uint8_t *desc, uint32_t steps)
{
	for (const uint8_t *p = first; steps--; p = more_of(p))
		if (p == desc)
			return true;
	return false;
}

/* Each descriptor knows the entries behind it. */
static void check_tail_counts(unsigned int vm, unsigned int head,
			      const uint8_t *desc, struct walk *walk)
{
	const struct pyfuzz_traits *t = &pyfuzz_target.traits;
	uint64_t behind = walk->entries, is;

	for (uint32_t i = 0; i < walk->descriptors; i++, desc = more_of(desc)) {
		behind -= fill_of(desc);
		is = raw_field(desc, t->tail_count_offset, t->tail_count_size);
		if (is == behind)
			continue;
		broken(walk, PYFUZZ_SHAPE,
		       "%s: tail_count of descriptor %u must be %llu, is %llu",
		       head_name(vm, head), i, (unsigned long long)behind,
		       (unsigned long long)is);
		return;
	}
}

static bool many(unsigned int vm, unsigned int head, const uint8_t *first,
		 struct walk *walk, uint16_t *out, uint32_t cap)
{
	const uint8_t *desc = first;

	for (; desc; desc = more_of(desc)) {
		if (!descriptor_is_live(desc))
			return broken(walk, PYFUZZ_SHAPE,
				      "%s: descriptor %u is freed or no descriptor",
				      head_name(vm, head), walk->descriptors);
		/* Only a list with an entry too many can be a cycle. */
		if (walk->message[0] &&
		    visited(first, desc, walk->descriptors)) {
			walk->message[0] = 0;
			return broken(walk, PYFUZZ_SHAPE,
				      "%s: descriptor %u is linked twice, the list is a cycle",
				      head_name(vm, head), walk->descriptors);
		}
		if (!descriptor(vm, head, desc, walk, out, cap))
			return false;
	}
	if (pyfuzz_target.traits.tail_count_size)
		check_tail_counts(vm, head, first, walk);
	return true;
}

/* An entry of the model that the walk did not meet. */
static void find_lost(unsigned int vm, unsigned int head, struct walk *walk)
{
	struct vm *m = &world.vms[vm];

	for (unsigned int i = 0; i < m->count[head]; i++) {
		unsigned int spte = m->members[head][i];

		if (m->seen[spte] == world.walk)
			continue;
		broken(walk, PYFUZZ_LOST_ENTRY,
		       "%s must hold %u entries, holds %u: s%u is gone",
		       head_name(vm, head), m->count[head], walk->entries, spte);
		return;
	}
}

/*
 * Descriptors only, which is an order of magnitude cheaper than their entries
 * and sees most of what breaks: false if a full walk is called for.
 */
bool list_skim(unsigned int vm, unsigned int head, struct walk *walk)
{
	const struct pyfuzz_traits *t = &pyfuzz_target.traits;
	unsigned long val = *pyfuzz_target.heads[vm][head];
	uint32_t must = world.vms[vm].count[head];
	const uint8_t *desc;

	walk->entries = walk->descriptors = walk->holes = 0;
	walk->head_fill = walk->tail_fill = 0;
	walk->message[0] = 0;
	if (!(val & MANY) || (t->locked_heads && (val & LOCKED)))
		return false;
	for (desc = (const uint8_t *)(val & ~MANY); desc;
	     desc = more_of(desc)) {
		uint64_t fill;

		if (walk->entries > must || !descriptor_is_live(desc))
			return false;
		fill = fill_of(desc);
		if (!fill || fill > t->capacity)
			return false;
		if (!walk->descriptors)
			walk->head_fill = (uint32_t)fill;
		else if (walk->tail_fill < t->capacity)
			walk->holes++;
		if (t->tail_count_size &&
		    (raw_field(desc, t->tail_count_offset,
			       t->tail_count_size) !=
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

bool list_walk(unsigned int vm, unsigned int head, struct walk *walk,
	       uint16_t *out, uint32_t cap)
{
	unsigned long val = *pyfuzz_target.heads[vm][head];

	walk->entries = walk->descriptors = walk->holes = 0;
	walk->head_fill = walk->tail_fill = 0;
	walk->message[0] = 0;
	world.walk++;
	if (pyfuzz_target.traits.locked_heads && (val & LOCKED)) {
		broken(walk, PYFUZZ_SHAPE, "%s is left locked",
		       head_name(vm, head));
		val &= ~LOCKED;
	}
	if (val == MANY)
		return broken(walk, PYFUZZ_SHAPE,
			      "%s is tagged but holds no descriptor",
			      head_name(vm, head));
	if (val & MANY) {
		if (!many(vm, head, (const uint8_t *)(val & ~MANY), walk, out,
			  cap))
			return false;
	} else if (val) {
		entry(vm, head, (const uint64_t *)val, walk, out, cap);
	}
	pyfuzz_looked_at += walk->entries;
	if (walk->entries != world.vms[vm].count[head])
		find_lost(vm, head, walk);
	return !walk->message[0];
}

/*
 * The entries before this one if every descriptor before its own is full: what
 * the append generation counts while it adds; -1 if that is not so.
 */
int64_t entries_up_to(unsigned int vm, unsigned int head, unsigned int spte)
{
	const struct pyfuzz_traits *t = &pyfuzz_target.traits;
	const uint64_t *sptep = &pyfuzz_target.sptes[vm][spte];
	unsigned long val = *pyfuzz_target.heads[vm][head];
	const uint8_t *desc = (const uint8_t *)(val & ~MANY);
	int64_t before = 0;

	if (!(val & MANY))
		return -1;
	for (; descriptor_is_live(desc); desc = more_of(desc)) {
		const uint64_t *const *sptes =
			(const uint64_t *const *)(desc + t->sptes_offset);
		uint64_t fill = fill_of(desc);

		if (fill && fill <= t->capacity && sptes[fill - 1] == sptep)
			return before + (int64_t)fill - 1;
		if (fill != t->capacity || before > PYFUZZ_SPTES)
			return -1;
		before += (int64_t)fill;
	}
	return -1;
}

int32_t pyfuzz_list(uint32_t vm, uint32_t head, uint16_t *out, uint32_t cap)
{
	struct walk walk;

	list_walk(vm, head, &walk, out, cap);
	if (walk.message[0] && walk.kind == PYFUZZ_SHAPE)
		return -1;
	return (int32_t)walk.entries;
}

uint64_t pyfuzz_head_value(uint32_t vm, uint32_t head)
{
	return *pyfuzz_target.heads[vm][head];
}

uint64_t pyfuzz_spte_address(uint32_t vm, uint32_t spte)
{
	return (uint64_t)(uintptr_t)&pyfuzz_target.sptes[vm][spte];
}

uint64_t pyfuzz_spte_value(uint32_t vm, uint32_t spte)
{
	return pyfuzz_target.sptes[vm][spte];
}
