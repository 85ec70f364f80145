/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All words of a state: the objects get their numbers in the order in which they
 * are met, and each word that says anything becomes a cell.
 */
#define _GNU_SOURCE /* dl_iterate_phdr() */
#include <link.h>
#include <string.h>
#include "harness/list.h"
#include "alike.h"
#include "data.h"
#include "form.h"
#include "scope.h"

struct known objects[MAX_OBJECTS];
uint32_t objects_len;
/* Numbers of the objects in this encoding, by their place. */
static uint16_t of_memory[MEMORY_OBJECTS], of_descriptor[1 << 14];
static uint32_t memory_turn[MEMORY_OBJECTS], descriptor_turn[1 << 14], turn;
/* Entries of a descriptor that are written with its list. */
static uint8_t listed[MAX_OBJECTS];

static struct pages_page pages[MAX_PAGES];
static uint32_t pages_len;
/* What an object is besides its kind, by its place. */
static struct part {
	uint32_t turn;
	uint8_t what; /* enum part_kind */
	uint16_t page;
} parts[MEMORY_OBJECTS];

struct cell cells[MAX_CELLS];
uint32_t cells_of[MAX_OBJECTS + 1];
static uint32_t cells_len;

/* --- this module, and what is searched --- */

uint64_t here, here_end;
uint32_t form_renamed;
bool form_by_age;

static int find_here(struct dl_phdr_info *info, size_t size, void *unused)
{
	const uint64_t inside = (uint64_t)(uintptr_t)&objects;
	uint64_t end = 0;
	bool ours = false;

	(void)size;
	(void)unused;
	for (unsigned int i = 0; i < info->dlpi_phnum; i++) {
		uint64_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uint64_t to = from + info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		ours |= inside >= from && inside < to;
		if (to > end)
			end = to;
	}
	if (!ours)
		return 0;
	here = info->dlpi_addr;
	here_end = end;
	return 1;
}

void cells_begin(const struct pyfuzz_scope *scope)
{
	dl_iterate_phdr(find_here, NULL);
	form_renamed = scope->renamed;
	form_by_age = scope_by_age(scope);
}

/* --- numbers --- */

static uint16_t add(uint8_t *address, uint32_t size, uint8_t kind, uint8_t owner)
{
	if (objects_len == MAX_OBJECTS)
		return NO_OBJECT;
	objects[objects_len] = (struct known){
		.address = address,
		.size = size,
		.kind = kind,
		.owner = owner,
		.table = -1,
	};
	listed[objects_len] = 0;
	return (uint16_t)objects_len++;
}

/* Objects without a number, by their place. */
static uint16_t blank_memory[MEMORY_OBJECTS], blank_descriptor[1 << 14];
static uint32_t blank_memory_turn[MEMORY_OBJECTS];
static uint32_t blank_descriptor_turn[1 << 14];
static uint16_t blanks_len;

static bool is_blank(const struct object *object)
{
	static uint16_t room[MEMORY_WORDS];
	uint32_t len;

	if (parts[object->number].turn == turn || object->size % 8 ||
	    object->size / 8 > MEMORY_WORDS ||
	    (object->kind == PAGES_SPT && pages_private(object->address)))
		return false;
	memory_words(object, &len, room);
	return !len;
}

static uint16_t number_of(const struct object *object)
{
	uint16_t *number = &of_memory[object->number];
	const struct part *part = &parts[object->number];

	if (memory_turn[object->number] == turn)
		return *number;
	memory_turn[object->number] = turn;
	*number =
		add(object->address, object->size, object->kind, object->owner);
	if (part->turn == turn && *number != NO_OBJECT) {
		objects[*number].part = part->what;
		if (part->what == PART_TABLE || part->what == PART_STORED)
			objects[*number].table =
				(int8_t)alike_table(&pages[part->page]);
	}
	return *number;
}

static uint16_t number_of_descriptor(void *descriptor)
{
	uint32_t i = descriptor_number(descriptor);

	if (descriptor_turn[i] != turn) {
		descriptor_turn[i] = turn;
		of_descriptor[i] = add(descriptor,
				       pyfuzz_target_traits.descriptor_size,
				       PAGES_DESCRIPTOR,
				       (uint8_t)descriptor_owner(descriptor));
	}
	return of_descriptor[i];
}

static const struct pages_page *page_of(const struct known *object)
{
	struct object found;

	memory_object_at(object->address, &found);
	return &pages[parts[found.number].page];
}

static void mark(const void *address, enum part_kind what, uint32_t page)
{
	struct object object;

	/* What begins elsewhere is like any other memory. */
	if (!address || !memory_object_at(address, &object) ||
	    object.address != address)
		return;
	parts[object.number] =
		(struct part){ turn, (uint8_t)what, (uint16_t)page };
}

static void mark_heads(const unsigned long *pair, unsigned int as,
		       unsigned int slot)
{
	for (unsigned int level = 1; level <= PAGES_LEVELS; level++) {
		uint64_t heads;
		unsigned long *base =
			pages_target.rmaps(0, as, slot, level, &heads);

		mark(base, base == pair ? PART_ALIKE_HEADS : PART_HEADS, 0);
	}
}

/* The two heads that are alike, if there are. */
static uint64_t pair_index[2];

const struct pages_page *cells_collect(uint32_t *len)
{
	const unsigned long *pair = alike_heads();
	const void *header;
	uint32_t at = 0;

	turn++;
	*len = pages_len = 0;
	if (!form_renamed || !world.vms[0].alive)
		return pages;
	while (pages_len < MAX_PAGES && (header = memory_next_header(0, &at))) {
		struct pages_page *page = &pages[pages_len];

		pages_target.page(0, header, page);
		/* In a cache: not a page yet. */
		if (!page->spt)
			continue;
		mark(header, PART_HEADER, pages_len);
		mark(page->spt, PART_TABLE, pages_len);
		mark(page->stored, PART_STORED, pages_len);
		pages_len++;
	}
	alike_pair(pair_index);
	for (unsigned int as = 0; as < PAGES_SPACES; as++)
		for (unsigned int n = 0; n < PAGES_SLOTS; n++)
			if (world.vms[0].slots[as][n].present)
				mark_heads(pair, as, n);
	*len = pages_len;
	return pages;
}

uint16_t cells_position(const struct known *object, uint32_t i)
{
	if (object->table >= 0)
		return (uint16_t)alike_position(object->table, i);
	if (object->part == PART_ALIKE_HEADS && alike.swapped)
		for (unsigned int k = 0; k < 2; k++)
			if (i == pair_index[k])
				return (uint16_t)pair_index[!k];
	return (uint16_t)i;
}

/* --- words to cells --- */

/* Could a word be an address at all?  Cheap, as most words are not. */
static inline bool far(uint64_t word)
{
	return word >> 32 && word >> 47 == 0;
}

/* An address of an object that has a turn among the blank ones, or gets it now. */
static bool blank_cell(struct cell *cell, uint16_t *number, uint32_t *turn_of,
		       bool may_be_first)
{
	if (*turn_of == turn) {
		cell->token = WORD_BLANK_AGAIN;
		cell->number = *number;
		return true;
	}
	if (!may_be_first || cell->offset || cell->token != WORD_AT ||
	    blanks_len == MAX_OBJECTS)
		return false;
	*turn_of = turn;
	*number = blanks_len++;
	cell->token = WORD_BLANK;
	return true;
}

static void descriptor_cell(struct cell *cell, uint64_t word)
{
	void *descriptor = (void *)(uintptr_t)(word & ~7ULL);
	uint32_t i, size = pyfuzz_target_traits.descriptor_size;

	cell->offset = (uint16_t)(word & 7);
	if (!descriptor_is_live(descriptor)) {
		cell->token = WORD_FREED;
		cell->number = PAGES_DESCRIPTOR;
		return;
	}
	i = descriptor_number(descriptor);
	if (descriptor_turn[i] != turn &&
	    blank_cell(cell, &blank_descriptor[i], &blank_descriptor_turn[i],
		       descriptor_is_blank(descriptor,
					   descriptor_owner(descriptor)))) {
		cell->kind = PAGES_DESCRIPTOR;
		cell->owner = (uint8_t)descriptor_owner(descriptor);
		cell->size = (uint16_t)size;
		return;
	}
	cell->number = number_of_descriptor(descriptor);
}

static bool address_cell(struct cell *cell, uint64_t word, uint64_t bits,
			 bool spte)
{
	void *address = (void *)(uintptr_t)word;
	struct object object;

	cell->word = bits;
	cell->token = spte ? WORD_SPTE : WORD_AT;
	if (descriptors_hold(address)) {
		descriptor_cell(cell, word);
		return true;
	}
	if (!memory_object_at(address, &object))
		return false;
	cell->offset = (uint16_t)((uint8_t *)address - object.address);
	if (!object.live) {
		cell->token = spte ? WORD_FREED_SPTE : WORD_FREED;
		cell->number = object.kind;
	} else if (memory_turn[object.number] != turn &&
		   blank_cell(cell, &blank_memory[object.number],
			      &blank_memory_turn[object.number],
			      is_blank(&object))) {
		cell->kind = object.kind;
		cell->owner = object.owner;
		cell->size = (uint16_t)object.size;
	} else {
		cell->number = number_of(&object);
	}
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

/* A list that is as it must be; otherwise its words are words like others. */
static bool list_cell(struct cell *cell, uint64_t head)
{
	const uint8_t *desc = cells_descriptor(head);
	unsigned int n = 0;
	uint64_t entries = 0;

	cell->word = head;
	cell->token = WORD_LIST;
	cell->number = NO_OBJECT;
	if (!(head & LIST_MANY))
		return far(head);
	for (; desc; desc = list_more(desc)) {
		uint64_t fill;
		uint16_t number;

		if (!descriptor_is_live(desc) || n++ == MAX_LISTED)
			return false;
		fill = list_fill(desc);
		entries += fill;
		if (!fill || fill > pyfuzz_target_traits.capacity ||
		    entries > MAX_ENTRIES)
			return false;
		number = number_of_descriptor((void *)(uintptr_t)desc);
		if (number == NO_OBJECT)
			return false;
		listed[number] = (uint8_t)fill;
		if (cell->number == NO_OBJECT)
			cell->number = number;
	}
	return true;
}

static bool is_entry(uint32_t object, uint32_t i)
{
	uint32_t first = pyfuzz_target_traits.sptes_offset / 8;

	return i >= first && i - first < listed[object];
}

/* Whether a word says anything. */
static bool counts(uint32_t n, const struct pages_page *page, uint32_t i)
{
	if (listed[n] && is_entry(n, i))
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
	uint16_t position = cells_position(object, i);
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

		for (; to && cells_position(object, order[to - 1]) >
				     cells_position(object, at[k]);
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
	const struct pages_page *page =
		object->part == PART_PLAIN ? NULL : page_of(object);
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

/* What no pointer leads to; it matters when its VM ends. */
static void add_others(void)
{
	struct object object;
	void *descriptor;
	uint32_t at = 0;

	while (memory_next(&at, &object))
		if (blank_memory_turn[object.number] != turn)
			number_of(&object);
	for (at = 0; (descriptor = descriptor_next(&at));)
		if (blank_descriptor_turn[descriptor_number(descriptor)] != turn)
			number_of_descriptor(descriptor);
}

bool cells_scan(void)
{
	bool others = false;

	cells_len = objects_len = blanks_len = 0;
	for (unsigned int i = 0; i < PAGES_DATA; i++)
		add(pages_target.data[i].address,
		    (uint32_t)pages_target.data[i].size, KIND_DATA, 0);
	for (uint32_t i = 0; i < objects_len || !others; i++) {
		if (i == objects_len) {
			others = true;
			add_others();
			if (i == objects_len)
				break;
		}
		if (!scan(i) || objects_len == MAX_OBJECTS)
			return false;
	}
	cells_of[objects_len] = cells_len;
	return cells_len < MAX_CELLS;
}

bool cells_entry(uint64_t sptep, struct entry *entry)
{
	struct object object;

	if (!memory_object_at((void *)(uintptr_t)sptep, &object) ||
	    memory_turn[object.number] != turn)
		return false;
	entry->number = of_memory[object.number];
	entry->position = cells_position(&objects[entry->number],
					 (uint32_t)((uint8_t *)(uintptr_t)sptep -
						    object.address) /
						 8);
	return true;
}
