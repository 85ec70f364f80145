/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The renaming of a state is found by sorting: each entry of a table has a key
 * made of all that differs between it and its neighbours (the guest's entry, and
 * the SPTE, the recorded gfn and what is known of it in each page that shadows the
 * table).  Lists are sorted (canonical.c), so nothing else depends on an index.
 * The two frames change names if that makes the smaller sum of keys.
 */
#include <string.h>
#include "alike.h"
#include "scope.h"

struct alike alike;

static unsigned int entries_of[PYFUZZ_TABLES]; /* in the scope */
static bool frames_alike;
static uint8_t pair[2];
static uint64_t gfns[2], pfns[2], places[2];
static uint64_t table_gfn[PYFUZZ_TABLES];
static uint32_t states;

void alike_none(void)
{
	for (unsigned int t = 0; t < PYFUZZ_TABLES; t++)
		for (unsigned int i = 0; i < ALIKE_ENTRIES; i++)
			alike.index[t][i] = (uint8_t)i;
	alike.swapped = false;
	states = 1;
}

static unsigned int at_most(uint32_t entries)
{
	return entries < ALIKE_ENTRIES ? entries : ALIKE_ENTRIES;
}

void alike_begin(const struct pyfuzz_scope *scope)
{
	memset(entries_of, 0, sizeof(entries_of));
	frames_alike = false;
	alike_none();
	if (scope->renamed != 1 || !scope->alike ||
	    !pages_target.indices_are_places)
		return;
	for (unsigned int i = 0; i < SCOPE_TABLES; i++)
		entries_of[scope_tables[i]] = at_most(scope->ptes);
	entries_of[SCOPE_PDES] = at_most(scope->pdes);
	frames_alike = scope_pair(scope, pair);
	for (unsigned int t = 0; t < PYFUZZ_TABLES; t++)
		table_gfn[t] = frame_gfn(t);
	for (unsigned int i = 0; frames_alike && i < 2; i++)
		gfns[i] = frame_gfn(pair[i]);
}

/* Whether the two frames can change names: while the host has replaced neither. */
static bool frames_look(void)
{
	const struct slot *slot;
	bool writable;

	if (!frames_alike || !world.vms[0].alive)
		return false;
	slot = slot_at(0, 0, gfns[0], NULL);
	if (!slot || slot != slot_at(0, 0, gfns[1], NULL))
		return false;
	for (unsigned int i = 0; i < 2; i++)
		pfns[i] = pages_host_pfn(0, hva_of(0, 0, gfns[i]), &writable);
	for (unsigned int i = 0; i < 2; i++)
		places[i] = gfns[i] - slot->base_gfn;
	return pfns[0] - gfns[0] == pfns[1] - gfns[1];
}

uint64_t alike_draw(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

void alike_random(uint64_t seed)
{
	alike_none();
	for (unsigned int t = 0; t < PYFUZZ_TABLES; t++) {
		for (unsigned int n = entries_of[t]; n > 1; n--) {
			uint8_t *a = &alike.index[t][n - 1];
			uint8_t *b = &alike.index[t][alike_draw(&seed) % n],
				c = *a;

			*a = *b;
			*b = c;
		}
	}
	alike.swapped = frames_look() && alike_draw(&seed) & 1;
}

int alike_table(const struct pages_page *page)
{
	if (page->direct || page->passthrough || page->smm || page->four_byte ||
	    page->level > 2)
		return -1;
	for (int t = 0; t < PYFUZZ_TABLES; t++)
		if (entries_of[t] && page->gfn == table_gfn[t])
			return (t == SCOPE_PDES) == (page->level == 2) ? t : -1;
	return -1;
}

unsigned int alike_index(int table, unsigned int position)
{
	return table < 0 || position >= ALIKE_ENTRIES ?
		       position :
		       alike.index[table][position];
}

struct guest_word alike_guest_word(unsigned int vm, unsigned int i)
{
	unsigned int table = i / PYFUZZ_USED_ENTRIES;
	unsigned int k = i % PYFUZZ_USED_ENTRIES;

	return guest_word(vm, table * PYFUZZ_USED_ENTRIES +
				      (vm ? k : alike_index((int)table, k)));
}

unsigned int alike_position(int table, unsigned int index)
{
	for (unsigned int i = 0; table >= 0 && i < ALIKE_ENTRIES; i++)
		if (alike.index[table][i] == index)
			return i;
	return index;
}

/* The same field of a word with the other one's number, if it has one's. */
static uint64_t other(uint64_t word, uint64_t mask, unsigned int shift,
		      const uint64_t numbers[2])
{
	uint64_t number = (word & mask) >> shift;

	if (!alike.swapped || (number != numbers[0] && number != numbers[1]))
		return word;
	return word ^ (numbers[0] ^ numbers[1]) << shift;
}

#define ENTRY_FRAME 0x000ffffffffff000ULL
uint64_t alike_entry(uint64_t entry)
{
	return other(entry, ENTRY_FRAME, 12, gfns);
}

uint64_t alike_spte(uint64_t spte)
{
	if (!pages_target.spte_present(spte))
		return spte;
	return other(spte, pages_target.spte_frame_mask, 12, pfns);
}

uint64_t alike_stored(const struct pages_page *page, uint64_t word)
{
	return other(word, ~0ULL << page->stored_shift, page->stored_shift,
		     gfns);
}

uint8_t alike_frame(uint8_t frame)
{
	if (!alike.swapped || (frame != pair[0] && frame != pair[1]))
		return frame;
	return frame == pair[0] ? pair[1] : pair[0];
}

bool alike_pair(uint64_t index[2])
{
	bool has = frames_look();

	memcpy(index, places, sizeof(places));
	return has;
}

const unsigned long *alike_heads(void)
{
	const unsigned long *base;
	uint64_t heads = 0;
	unsigned int n;

	if (!frames_look())
		return NULL;
	slot_at(0, 0, gfns[0], &n);
	base = pages_target.rmaps(0, 0, n, 1, &heads);
	return base && places[0] < heads && places[1] < heads ? base : NULL;
}

/* --- choosing --- */

static uint64_t mix(uint64_t a, uint64_t b)
{
	return hash_fold(a ^ 0x9e3779b97f4a7c15ULL, b ^ 0xd1b54a32d192ed03ULL);
}

/* What an SPTE holds, without the address of a page. */
static uint64_t spte_key(const struct pages_page *page, uint64_t spte)
{
	const uint64_t *table;
	struct pages_page child;
	const void *header;

	if (page->level == 1 || !pages_target.spte_present(spte) ||
	    pages_target.spte_large(spte))
		return alike_spte(spte);
	table = (const uint64_t *)(uintptr_t)(spte &
					      pages_target.spte_frame_mask);
	header = pages_private(table);
	if (!memory_is_live(PAGES_HEADER, header))
		return spte;
	pages_target.page(0, header, &child);
	return mix(mix(child.gfn, child.role),
		   spte & ~pages_target.spte_frame_mask);
}

static uint64_t entry_key(int t, unsigned int i, const struct pages_page *pages,
			  uint32_t n)
{
	struct guest_word word =
		guest_word(0, (unsigned int)t * PYFUZZ_USED_ENTRIES + i);
	uint64_t sum = 0;

	for (uint32_t k = 0; k < n; k++) {
		const struct pages_page *page = &pages[k];
		uint64_t spte, key;

		if (alike_table(page) != t)
			continue;
		spte = page->spt[i];
		key = mix(page->role, spte_key(page, spte));
		if (page->stored && spte_is_recorded(page, spte))
			key = mix(key, alike_stored(page, page->stored[i]));
		sum += mix(key, synced_mask(0, page->spt) >> i & 1);
	}
	return mix(mix(alike_entry(*word.entry), *word.unheard_at != 0), sum);
}

/* Sort the entries of a table by their keys; returns a key of them all. */
static uint64_t sort(int t, const struct pages_page *pages, uint32_t n,
		     uint32_t *ways)
{
	uint64_t keys[ALIKE_ENTRIES], all = (uint64_t)t;
	uint32_t same = 1;

	for (unsigned int i = 0; i < entries_of[t]; i++) {
		uint64_t key = entry_key(t, i, pages, n);
		unsigned int k = i;

		for (; k && keys[k - 1] > key; k--) {
			keys[k] = keys[k - 1];
			alike.index[t][k] = alike.index[t][k - 1];
		}
		keys[k] = key;
		alike.index[t][k] = (uint8_t)i;
	}
	for (unsigned int i = 0; i < entries_of[t]; i++) {
		all = mix(all, keys[i]);
		same = i && keys[i] == keys[i - 1] ? same + 1 : 1;
		*ways = *ways * (i + 1) / same;
	}
	return all;
}

static uint64_t sort_all(const struct pages_page *pages, uint32_t n,
			 const unsigned long *base, uint32_t *ways)
{
	uint64_t all = 0;

	*ways = 1;
	for (int t = 0; t < PYFUZZ_TABLES; t++)
		if (entries_of[t])
			all = mix(all, sort(t, pages, n, ways));
	/* A list of one entry may be in a descriptor, or not. */
	for (unsigned int i = 0; base && i < 2; i++)
		all = mix(all, base[places[i ^ alike.swapped]] & 7);
	return all;
}

void alike_choose(const struct pages_page *pages, uint32_t n)
{
	const unsigned long *heads;
	uint64_t plain, swapped;
	struct alike first;
	uint32_t ways;

	alike_none();
	if (!world.vms[0].alive)
		return;
	heads = alike_heads();
	plain = sort_all(pages, n, heads, &states);
	if (!heads)
		return;
	first = alike;
	alike.swapped = true;
	swapped = sort_all(pages, n, heads, &ways);
	if (swapped > plain)
		alike = first;
	if (swapped != plain)
		states *= 2;
}

uint32_t alike_states(void)
{
	return states;
}
