/* SPDX-License-Identifier: GPL-2.0-only */
/* All words of a state: each that says anything becomes a cell. */
#include <string.h>
#include "harness/list.h"
#include "alike.h"
#include "data.h"
#include "form.h"

struct cell cells[MAX_CELLS];
uint32_t cells_of[MAX_OBJECTS + 1];
static uint32_t cells_len;

/* Could a word be an address at all?  Cheap, as most words are not. */
static inline bool far(uint64_t word)
{
	return word >> 32 && word >> 47 == 0;
}

/* The address of an object that has a turn among the blank ones. */
static void blank_cell(struct cell *cell, enum blank blank,
		       const struct object *object)
{
	cell->token = blank == BLANK_FIRST ? WORD_BLANK : WORD_BLANK_AGAIN;
	cell->kind = object->kind;
	cell->owner = object->owner;
	cell->size = (uint16_t)object->size;
}

static void descriptor_cell(struct cell *cell, uint64_t word, bool plain)
{
	void *descriptor = (void *)(uintptr_t)(word & ~7ULL);
	struct object object = {
		.kind = PAGES_DESCRIPTOR,
		.size = pyfuzz_target_traits.descriptor_size,
	};
	enum blank blank;

	cell->offset = (uint16_t)(word & 7);
	if (!descriptor_is_live(descriptor)) {
		cell->token = plain ? WORD_FREED : WORD_FREED_SPTE;
		cell->number = PAGES_DESCRIPTOR;
		return;
	}
	blank = descriptor_blank(descriptor, plain && !cell->offset,
				 &cell->number);
	object.owner = (uint8_t)descriptor_owner(descriptor);
	if (blank == BLANK_NOT)
		cell->number = descriptor_object(descriptor);
	else
		blank_cell(cell, blank, &object);
}

static bool address_cell(struct cell *cell, uint64_t word, uint64_t bits,
			 bool spte)
{
	void *address = (void *)(uintptr_t)word;
	struct object object;
	enum blank blank;

	cell->word = bits;
	cell->token = spte ? WORD_SPTE : WORD_AT;
	if (descriptors_hold(address)) {
		descriptor_cell(cell, word, !spte);
		return true;
	}
	if (!memory_object_at(address, &object))
		return false;
	cell->offset = (uint16_t)((uint8_t *)address - object.address);
	if (!object.live) {
		cell->token = spte ? WORD_FREED_SPTE : WORD_FREED;
		cell->number = object.kind;
		return true;
	}
	blank = object_blank(&object, !spte && !cell->offset, &cell->number);
	if (blank == BLANK_NOT)
		cell->number = object_number(&object);
	else
		blank_cell(cell, blank, &object);
	return true;
}

bool cells_is_address(uint64_t word)
{
	void *address = (void *)(uintptr_t)word;
	struct object object;

	return far(word) && (descriptors_hold(address) ||
			     memory_object_at(address, &object));
}

static void word_cell(struct cell *cell, uint64_t word, bool of_table)
{
	uint64_t mask = pages_target.spte_frame_mask;

	cell->word = word;
	cell->token = WORD_SMALL;
	if (word < 256)
		return;
	if (of_table && far(word & mask) &&
	    address_cell(cell, word & mask, word & ~mask, true))
		return;
	if (!of_table && far(word) && address_cell(cell, word, 0, false))
		return;
	cell->word = word;
	cell->token = WORD_RAW;
	if (word >= here && word < here_end) {
		cell->token = WORD_HERE;
		cell->word -= here;
	}
}

/* Whether a list of descriptors is as it must be, and not too long. */
static bool is_whole(uint64_t head)
{
	unsigned int n = 0;
	uint64_t entries = 0;

	for (const uint8_t *desc = cells_descriptor(head); desc;
	     desc = list_more(desc)) {
		uint64_t fill;

		if (!descriptor_is_live(desc) || n++ == MAX_LISTED)
			return false;
		fill = list_fill(desc);
		entries += fill;
		if (!fill || fill > pyfuzz_target_traits.capacity ||
		    entries > MAX_ENTRIES)
			return false;
	}
	return true;
}

/* False if it is not whole: then its words are words like others. */
static bool list_cell(struct cell *cell, uint64_t head)
{
	cell->word = head;
	cell->token = WORD_LIST;
	cell->number = NO_OBJECT;
	if (!(head & LIST_MANY))
		return far(head);
	if (!is_whole(head))
		return false;
	for (const uint8_t *desc = cells_descriptor(head); desc;
	     desc = list_more(desc)) {
		uint16_t number = descriptor_object((void *)(uintptr_t)desc);

		if (number == NO_OBJECT)
			break; /* too many objects: cells_scan() fails */
		objects[number].listed = (uint8_t)list_fill(desc);
		if (cell->number == NO_OBJECT)
			cell->number = number;
	}
	return true;
}

static bool is_entry(const struct known *object, uint32_t i)
{
	uint32_t first = pyfuzz_target_traits.sptes_offset / 8;

	return i >= first && i - first < object->listed;
}

/* Whether a word says anything. */
static bool counts(uint32_t n, const struct pages_page *page, uint32_t i)
{
	if (is_entry(&objects[n], i))
		return false;
	return objects[n].part != PART_STORED ||
	       spte_is_recorded(page, page->spt[i]);
}

static bool is_head(const struct known *object, const struct pages_page *page,
		    const uint64_t *word)
{
	if (object->part == PART_HEADER)
		return word == (const uint64_t *)page->parents;
	return object->part == PART_HEADS || object->part == PART_ALIKE_HEADS;
}

static void scan_word(uint32_t n, const struct pages_page *page, uint32_t i)
{
	const struct known *object = &objects[n];
	const uint64_t *word = (const uint64_t *)(void *)object->address + i;
	bool of_table = object->kind == PAGES_SPT;
	struct cell *cell = &cells[cells_len];
	uint16_t position = object_position(object, i);
	uint64_t value = *word;

	if (!counts(n, page, i) || cells_len == MAX_CELLS)
		return;
	if (object->kind == KIND_DATA)
		value &= data_read(n)[i];
	if (object->part == PART_TABLE)
		value = alike_spte(value);
	if (object->part == PART_STORED)
		value = alike_stored(page, value);
	if (!is_head(object, page, word) || !list_cell(cell, value))
		word_cell(cell, value, of_table);
	cell->position = position;
	cells_len++;
}

/* Words whose positions are others are the first ones, or two heads. */
static void scan_in_order(uint32_t n, const struct pages_page *page,
			  const uint16_t *at, uint32_t len)
{
	static uint16_t order[UINT16_MAX];
	const struct known *object = &objects[n];

	for (uint32_t k = 0; k < len; k++) {
		uint32_t to = k;

		for (; to && object_position(object, order[to - 1]) >
				     object_position(object, at[k]);
		     to--)
			order[to] = order[to - 1];
		order[to] = at[k];
	}
	for (uint32_t k = 0; k < len; k++)
		scan_word(n, page, order[k]);
}

/* The words of a descriptor, or (by number) of data. */
static const uint16_t *find_words(uint32_t n, uint32_t *len)
{
	static uint16_t at[UINT16_MAX];
	const struct known *object = &objects[n];
	const uint64_t *words = (const uint64_t *)(void *)object->address;
	bool of_data = object->kind == KIND_DATA;
	const uint64_t *base = of_data ? data_base(n) : NULL;
	const uint64_t *read = of_data ? data_read(n) : NULL;

	*len = 0;
	for (uint32_t i = 0; i < object->size / 8; i++)
		if (of_data ? (words[i] ^ base[i]) & read[i] : words[i])
			at[(*len)++] = (uint16_t)i;
	return at;
}

static bool scan(uint32_t n)
{
	static uint16_t room[MEMORY_WORDS];
	const struct known *object = &objects[n];
	const struct pages_page *page = object_page(object);
	const uint16_t *at;
	struct object found;
	uint32_t len;

	cells_of[n] = cells_len;
	if (object->size / 8 >= NO_WORD || cells_len == MAX_CELLS)
		return false;
	if (object->kind == PAGES_SPT)
		word_cell(&cells[cells_len++],
			  (uint64_t)(uintptr_t)pages_private(object->address),
			  false);
	at = object->kind != KIND_DATA &&
			     memory_object_at(object->address, &found) ?
		     memory_words(&found, &len, room) :
		     find_words(n, &len);
	if (object->table >= 0 || object->part == PART_ALIKE_HEADS) {
		scan_in_order(n, page, at, len);
	} else {
		for (uint32_t k = 0; k < len; k++)
			scan_word(n, page, at[k]);
	}
	return true;
}

bool cells_scan(void)
{
	bool others = false;

	cells_len = 0;
	objects_begin();
	for (uint32_t i = 0; i < objects_len || !others; i++) {
		if (i == objects_len) {
			others = true;
			objects_add_rest();
			if (i == objects_len)
				break;
		}
		if (!scan(i) || objects_len == MAX_OBJECTS)
			return false;
	}
	cells_of[objects_len] = cells_len;
	return cells_len < MAX_CELLS;
}
