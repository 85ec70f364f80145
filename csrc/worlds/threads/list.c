/* SPDX-License-Identifier: GPL-2.0-only */
/* Comparing the list in memory with the model. */
#include "layout.h"

struct walk {
	uint64_t seen;
	unsigned int entries, descriptors;
	const char *when;
};

static void entry(struct walk *walk, const uint64_t *sptep)
{
	unsigned int s = spte_of(sptep);

	walk->entries++;
	if (s == SPTES)
		found(PYFUZZ_GHOST_ENTRY, 0, 0,
		      "%s the list holds an address that is not an SPTE",
		      walk->when);
	else if (!(threads.members >> s & 1))
		found(PYFUZZ_GHOST_ENTRY, 0, 0,
		      "%s the list holds s%u, which was taken out", walk->when,
		      s);
	else if (walk->seen >> s & 1)
		found(PYFUZZ_GHOST_ENTRY, 0, 0, "%s the list holds s%u twice",
		      walk->when, s);
	else
		walk->seen |= 1ULL << s;
}

static void descriptors(struct walk *walk, const uint8_t *desc)
{
	const struct pyfuzz_traits *t = traits();
	unsigned int all = (unsigned int)__builtin_popcountll(threads.members);

	for (; desc; desc = more_of(desc)) {
		uint64_t fill;

		if (!pool_is_live(desc) || walk->descriptors++ > POOL) {
			found(PYFUZZ_SHAPE, 0, 0,
			      "%s descriptor %u is freed or not a descriptor",
			      walk->when, walk->descriptors);
			return;
		}
		fill = fill_of(desc);
		if (!fill || fill > t->capacity) {
			found(PYFUZZ_SHAPE, 0, 0,
			      "%s descriptor %u must hold 1 to %u entries, holds %llu",
			      walk->when, walk->descriptors, t->capacity,
			      (unsigned long long)fill);
			return;
		}
		for (uint32_t i = 0; i < t->capacity; i++)
			if (i < fill)
				entry(walk, entries_of(desc)[i]);
			else if (entries_of(desc)[i])
				found(PYFUZZ_SHAPE, 0, 0,
				      "%s slot %u of descriptor %u must be NULL",
				      walk->when, i, walk->descriptors);
		if (t->tail_count_size &&
		    field(desc, t->tail_count_offset, t->tail_count_size) !=
			    all - walk->entries)
			found(PYFUZZ_SHAPE, 0, 0,
			      "%s tail_count of descriptor %u must be %u, is %llu",
			      walk->when, walk->descriptors, all - walk->entries,
			      (unsigned long long)field(desc,
							t->tail_count_offset,
							t->tail_count_size));
	}
}

/* With no writer inside: the list must hold exactly what it should. */
void list_check(const char *when)
{
	struct walk walk = { .when = when };
	uint64_t val = head_value();
	uint64_t lost;

	if (val & MANY)
		descriptors(&walk, (const uint8_t *)(val & ~MANY));
	else if (val)
		entry(&walk, (const uint64_t *)val);
	lost = threads.members & ~walk.seen;
	if (lost)
		found(PYFUZZ_LOST_ENTRY, 0, 0,
		      "%s the list must hold %d entries, holds %u: s%d is gone",
		      when, __builtin_popcountll(threads.members), walk.entries,
		      __builtin_ctzll(lost));
	for (unsigned int s = 0; s < SPTES; s++) {
		uint64_t bit = 1ULL << s;
		bool present = *sptep_of(s) & PRESENT;

		if (!(threads.ever_touched & ~threads.freed & bit))
			continue;
		if (threads.members & bit && !present)
			found(PYFUZZ_STALE_SPTE, written_at(sptep_of(s)), 0,
			      "%s the list holds s%u, which is cleared", when,
			      s);
		else if (!(threads.members & bit) && present)
			found(PYFUZZ_STALE_SPTE, written_at(sptep_of(s)), 0,
			      "%s s%u is present again, which was cleared",
			      when, s);
	}
}
