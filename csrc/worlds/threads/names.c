/* SPDX-License-Identifier: GPL-2.0-only */
/* Readable names: of a word in memory, and of the list as it is. */
#include <stdarg.h>
#include <stdio.h>
#include "layout.h"

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
