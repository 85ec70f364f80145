/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects of a state: what each is to the world, and their numbers, in the order
 * in which the words before lead to them.
 */
#include "alike.h"
#include "form.h"

#define DESCRIPTORS (1 << 14)

struct known objects[MAX_OBJECTS];
uint32_t objects_len;

/* An object's number in this form, or its turn among the blank ones. */
static struct place {
	uint32_t turn, blank_turn; /* of which form they are */
	uint16_t number, blank;
} of_memory[MEMORY_OBJECTS], of_descriptor[DESCRIPTORS];
static uint32_t turn;
static uint16_t blanks_len;

static struct pages_page pages[MAX_PAGES];
static uint32_t pages_len;
/* What an object is besides its kind, by its place. */
static struct part {
	uint32_t turn;
	uint8_t what; /* enum part_kind */
	uint16_t page;
} parts[MEMORY_OBJECTS];

/* --- what an object is --- */

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

const struct pages_page *objects_collect(uint32_t *len)
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

const struct pages_page *object_page(const struct known *object)
{
	struct object found;

	if (object->part == PART_PLAIN)
		return NULL;
	memory_object_at(object->address, &found);
	return &pages[parts[found.number].page];
}

uint16_t object_position(const struct known *object, uint32_t i)
{
	if (object->table >= 0)
		return (uint16_t)alike_position(object->table, i);
	if (object->part == PART_ALIKE_HEADS && alike.swapped)
		for (unsigned int k = 0; k < 2; k++)
			if (i == pair_index[k])
				return (uint16_t)pair_index[!k];
	return (uint16_t)i;
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
	return (uint16_t)objects_len++;
}

void objects_begin(void)
{
	objects_len = blanks_len = 0;
	for (unsigned int i = 0; i < PAGES_DATA; i++)
		add(pages_target.data[i].address,
		    (uint32_t)pages_target.data[i].size, KIND_DATA, 0);
}

uint16_t object_number(const struct object *object)
{
	struct place *place = &of_memory[object->number];
	const struct part *part = &parts[object->number];
	struct known *known;

	if (place->turn == turn)
		return place->number;
	place->turn = turn;
	place->number =
		add(object->address, object->size, object->kind, object->owner);
	if (part->turn != turn || place->number == NO_OBJECT)
		return place->number;
	known = &objects[place->number];
	known->part = part->what;
	if (part->what == PART_TABLE || part->what == PART_STORED)
		known->table = (int8_t)alike_table(&pages[part->page]);
	return place->number;
}

uint16_t descriptor_object(void *descriptor)
{
	struct place *place = &of_descriptor[descriptor_number(descriptor)];

	if (place->turn != turn) {
		place->turn = turn;
		place->number = add(descriptor,
				    pyfuzz_target_traits.descriptor_size,
				    PAGES_DESCRIPTOR,
				    (uint8_t)descriptor_owner(descriptor));
	}
	return place->number;
}

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

static enum blank take_turn(struct place *place, bool may_be_first,
			    uint16_t *number)
{
	enum blank found = BLANK_AGAIN;

	if (place->blank_turn != turn) {
		if (!may_be_first || blanks_len == MAX_OBJECTS)
			return BLANK_NOT;
		place->blank_turn = turn;
		place->blank = blanks_len++;
		found = BLANK_FIRST;
	}
	*number = place->blank;
	return found;
}

enum blank object_blank(const struct object *object, bool may_be_first,
			uint16_t *number)
{
	struct place *place = &of_memory[object->number];

	if (place->turn == turn)
		return BLANK_NOT;
	return take_turn(place, may_be_first && is_blank(object), number);
}

enum blank descriptor_blank(const void *descriptor, bool may_be_first,
			    uint16_t *number)
{
	struct place *place = &of_descriptor[descriptor_number(descriptor)];

	if (place->turn == turn)
		return BLANK_NOT;
	return take_turn(place,
			 may_be_first && descriptor_is_blank(descriptor,
							     descriptor_owner(
								     descriptor)),
			 number);
}

void objects_add_rest(void)
{
	struct object object;
	void *descriptor;
	uint32_t at = 0;

	while (memory_next(&at, &object))
		if (of_memory[object.number].blank_turn != turn)
			object_number(&object);
	for (at = 0; (descriptor = descriptor_next(&at));)
		if (of_descriptor[descriptor_number(descriptor)].blank_turn !=
		    turn)
			descriptor_object(descriptor);
}

bool object_entry(uint64_t sptep, struct entry *entry)
{
	struct object object;

	if (!memory_object_at((void *)(uintptr_t)sptep, &object) ||
	    of_memory[object.number].turn != turn)
		return false;
	entry->number = of_memory[object.number].number;
	entry->position = object_position(&objects[entry->number],
					  (uint32_t)((uint8_t *)(uintptr_t)sptep -
						     object.address) /
						  8);
	return true;
}
