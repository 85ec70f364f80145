/* SPDX-License-Identifier: GPL-2.0-only */
/* Comparing the list in memory with the model, and formatting it. */
#include <stdarg.h>
#include <stdio.h>
#include "core.h"

#define MANY 1UL
#define PRESENT (1ULL << 11)

static const struct pyfuzz_traits *traits(void)
{
	return &pyfuzz_target_traits;
}

static uint64_t field(const uint8_t *desc, uint32_t offset, uint32_t size)
{
	switch (size) {
	case 8:
		return *(const uint64_t *)(desc + offset);
	case 4:
		return *(const uint32_t *)(desc + offset);
	default:
		return desc[offset];
	}
}

static uint64_t *const *entries_of(const uint8_t *desc)
{
	return (uint64_t *const *)(desc + traits()->sptes_offset);
}

static const uint8_t *more_of(const uint8_t *desc)
{
	return *(const uint8_t *const *)(desc + traits()->more_offset);
}

/* Entries in a descriptor: its count field, or the slots before a NULL. */
static uint64_t fill_of(const uint8_t *desc)
{
	uint64_t fill = 0;

	if (traits()->spte_count_size)
		return field(desc, traits()->spte_count_offset,
			     traits()->spte_count_size);
	while (fill < traits()->capacity && entries_of(desc)[fill])
		fill++;
	return fill;
}

static unsigned int spte_of(const uint64_t *sptep)
{
	uintptr_t offset = (uintptr_t)sptep - (uintptr_t)sptep_of(0);

	return offset < SPTES * 8 && !(offset & 7) ? (unsigned int)(offset / 8) :
						     SPTES;
}

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
		found("ghost-entry", 0, 0,
		      "%s the list holds an address that is not an SPTE",
		      walk->when);
	else if (!(threads.members >> s & 1))
		found("ghost-entry", 0, 0,
		      "%s the list holds s%u, which was taken out", walk->when,
		      s);
	else if (walk->seen >> s & 1)
		found("ghost-entry", 0, 0, "%s the list holds s%u twice",
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
			found("shape", 0, 0,
			      "%s descriptor %u is freed or not a descriptor",
			      walk->when, walk->descriptors);
			return;
		}
		fill = fill_of(desc);
		if (!fill || fill > t->capacity) {
			found("shape", 0, 0,
			      "%s descriptor %u must hold 1 to %u entries, holds %llu",
			      walk->when, walk->descriptors, t->capacity,
			      (unsigned long long)fill);
			return;
		}
		for (uint32_t i = 0; i < t->capacity; i++)
			if (i < fill)
				entry(walk, entries_of(desc)[i]);
			else if (entries_of(desc)[i])
				found("shape", 0, 0,
				      "%s slot %u of descriptor %u must be NULL",
				      walk->when, i, walk->descriptors);
		if (t->tail_count_size &&
		    field(desc, t->tail_count_offset, t->tail_count_size) !=
			    all - walk->entries)
			found("shape", 0, 0,
			      "%s tail_count of descriptor %u must be %u, is %llu",
			      walk->when, walk->descriptors, all - walk->entries,
			      (unsigned long long)field(desc,
							t->tail_count_offset,
							t->tail_count_size));
	}
}

static uint64_t head_value(void)
{
	uint64_t val = *pyfuzz_target.heads[0][HEAD_NUMBER];

	return traits()->locked_heads ? val & ~HEAD_LOCKED : val;
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
		found("lost-entry", 0, 0,
		      "%s the list must hold %d entries, holds %u: s%d is gone",
		      when, __builtin_popcountll(threads.members), walk.entries,
		      __builtin_ctzll(lost));
	for (unsigned int s = 0; s < SPTES; s++) {
		uint64_t bit = 1ULL << s;
		bool present = *sptep_of(s) & PRESENT;

		if (!(threads.ever_touched & ~threads.freed & bit))
			continue;
		if (threads.members & bit && !present)
			found("stale-spte", written_at(sptep_of(s)), 0,
			      "%s the list holds s%u, which is cleared", when,
			      s);
		else if (!(threads.members & bit) && present)
			found("stale-spte", written_at(sptep_of(s)), 0,
			      "%s s%u is present again, which was cleared",
			      when, s);
	}
}

struct text {
	char *at, *end;
};

static void __attribute__((format(printf, 2, 3))) say(struct text *text,
						      const char *format, ...)
{
	va_list args;
	int n;

	if (text->at >= text->end)
		return;
	va_start(args, format);
	n = vsnprintf(text->at, (size_t)(text->end - text->at), format, args);
	va_end(args);
	text->at += n;
}

static void descriptor_text(struct text *text, const uint8_t *desc)
{
	uint64_t fill = fill_of(desc);

	say(text, "[%llu:", (unsigned long long)fill);
	for (uint64_t i = 0; i < fill && i < traits()->capacity; i++) {
		unsigned int s = spte_of(entries_of(desc)[i]);

		if (fill > 4 && i == 2)
			say(text, " ..");
		if (fill > 4 && i >= 2 && i + 1 < fill)
			continue;
		if (s == SPTES)
			say(text, " ?");
		else
			say(text, " s%u%s", s,
			    *sptep_of(s) & PRESENT ? "" : "(cleared)");
	}
	say(text, "]");
}

void list_text(char *out, size_t size)
{
	struct text text = { .at = out, .end = out + size };
	uint64_t val = head_value();
	const uint8_t *desc = (const uint8_t *)(val & ~MANY);
	unsigned int n = 0;

	if (traits()->locked_heads &&
	    *pyfuzz_target.heads[0][HEAD_NUMBER] & HEAD_LOCKED)
		say(&text, "locked by %u: ", threads.bit_owner);
	if (!val) {
		say(&text, "empty");
	} else if (!(val & MANY)) {
		unsigned int s = spte_of((const uint64_t *)val);

		if (s == SPTES)
			say(&text, "an address that is not an SPTE");
		else
			say(&text, "s%u%s", s,
			    *sptep_of(s) & PRESENT ? "" : "(cleared)");
	} else {
		for (; desc && n++ < POOL; desc = more_of(desc)) {
			if (n > 1)
				say(&text, " -> ");
			if (!pool_is_live(desc)) {
				say(&text, "[freed]");
				break;
			}
			descriptor_text(&text, desc);
		}
	}
}

static void descriptor_word(uintptr_t address, char *out, size_t size)
{
	const struct pyfuzz_traits *t = traits();
	int i = pool_index((const void *)address);
	uint32_t offset = (uint32_t)(address - (uintptr_t)pool) % STRIDE;

	if (offset - t->sptes_offset < t->capacity * 8)
		snprintf(out, size, "d%d->sptes[%u]", i,
			 (offset - t->sptes_offset) / 8);
	else if (offset == t->more_offset)
		snprintf(out, size, "d%d->more", i);
	else if (t->spte_count_size && offset == t->spte_count_offset)
		snprintf(out, size, "d%d->spte_count", i);
	else if (t->tail_count_size && offset == t->tail_count_offset)
		snprintf(out, size, "d%d->tail_count", i);
	else
		snprintf(out, size, "d%d + %u", i, offset);
}

/* A readable name for the word at an address. */
void word_text(uintptr_t address, char *out, size_t size)
{
	unsigned int s = spte_of((const uint64_t *)(address & ~(uintptr_t)7));

	if (s < SPTES)
		snprintf(out, size, "s%u", s);
	else if (pool_index((const void *)address) >= 0)
		descriptor_word(address, out, size);
	else if (address - (uintptr_t)pyfuzz_target.heads[0][HEAD_NUMBER] < 8)
		snprintf(out, size, "head");
	else if (address == (uintptr_t)pyfuzz_lockless.mmu_lock)
		snprintf(out, size, "mmu_lock");
	else
		snprintf(out, size, "image + 0x%lx",
			 (unsigned long)(address - image_start));
}
