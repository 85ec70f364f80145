/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the canonical form to a world.  With a shuffle it is another world of the
 * same form: other addresses, other names for what is alike, other orders of the
 * entries of lists, and other words where the form leaves some out.
 */
#include "harness/list.h"
#include "harness/log.h"
#include "alike.h"
#include "canonical.h"
#include "data.h"
#include "form.h"

static uint64_t seed;

static uint64_t draw(void)
{
	return alike_draw(&seed);
}

static const uint8_t *decode_header(const uint8_t *p)
{
	world.bugged_total = *p++;
	return once_decode(log_decode(p));
}

static const uint8_t *decode_vm(const uint8_t *p, unsigned int vm)
{
	uint8_t *sizes, *times;

	memset(&world.vms[vm], 0, sizeof(world.vms[vm]));
	if (!*p++)
		return p;
	p = get(p, &world.vms[vm], sizeof(world.vms[vm]));
	host_state(vm, &sizes, &times);
	p = get(p, sizes, HOST_REGIONS);
	p = get(p, times, PYFUZZ_FRAMES);
	/* What is alike depends on the slots and on the host. */
	if (!vm && seed)
		alike_random(draw());
	for (unsigned int i = 0; i < GUEST_WORDS; i++) {
		struct guest_word word = alike_guest_word(vm, i);

		*word.entry = 0;
		*word.unheard_at = 0;
		if (*p != i + 1)
			continue;
		*word.unheard_at = p[1];
		p = get(p + 2, word.entry, sizeof(*word.entry));
		if (!vm)
			*word.entry = alike_entry(*word.entry);
	}
	return p + 1;
}

/* Addresses of freed memory, of each kind. */
static uint8_t *freed[PAGES_KINDS];

/* What a word of an object is that is not written down. */
static void place(struct known *object)
{
	uint64_t common = memory_usual(object->kind), *words;

	object->address = pages_alloc(object->kind, object->owner, object->size);
	words = (uint64_t *)(void *)object->address;
	for (uint32_t i = 0; common && i < object->size / 8; i++)
		words[i] = common;
}

static uint8_t *blanks[MAX_OBJECTS];
static uint32_t blanks_len;

/* Shuffled: not always the next one. */
static uint8_t *place_blank(uint8_t what, uint16_t size)
{
	struct known object = { .kind = what & 15,
				.owner = what >> 4,
				.size = size };
	uint8_t *first;

	place(&object);
	first = object.address;
	if (!seed || !(draw() & 1))
		return first;
	place(&object);
	pages_free(object.kind, first);
	return object.address;
}

static const uint8_t *decode_blank(const uint8_t *p, uint64_t *word,
				   bool contents)
{
	uint16_t size;

	get(p + 1, &size, sizeof(size));
	if (contents) {
		blanks[blanks_len] = place_blank(*p, size);
		*word = (uintptr_t)blanks[blanks_len++];
	}
	return p + 1 + sizeof(size);
}

/* contents: put the blank objects there that are met. */
static const uint8_t *decode_word(const uint8_t *p, uint64_t *word,
				  bool contents)
{
	uint64_t bits = 0;
	uint16_t number, offset;
	uint8_t token = *p++;

	switch (token) {
	case WORD_SMALL:
		*word = *p++;
		return p;
	case WORD_AT:
	case WORD_SPTE:
		p = get(p, &number, sizeof(number));
		p = get(p, &offset, sizeof(offset));
		*word = (uint64_t)(uintptr_t)objects[number].address + offset;
		break;
	case WORD_FREED:
	case WORD_FREED_SPTE:
		number = *p++;
		p = get(p, &offset, sizeof(offset));
		*word = (uint64_t)(uintptr_t)freed[number] + offset % 512;
		break;
	case WORD_BLANK:
		return decode_blank(p, word, contents);
	case WORD_BLANK_AGAIN:
		p = get(p, &number, sizeof(number));
		p = get(p, &offset, sizeof(offset));
		p = get(p, &bits, sizeof(bits));
		*word = ((uint64_t)(uintptr_t)blanks[number] + offset) | bits;
		return p;
	case WORD_HERE:
		p = get(p, word, sizeof(*word));
		*word += here;
		return p;
	default:
		return get(p, word, sizeof(*word));
	}
	if (token == WORD_SPTE || token == WORD_FREED_SPTE)
		p = get(p, &bits, sizeof(bits));
	*word |= bits;
	return p;
}

/* Lists, to be filled when every descriptor has its contents. */
static struct pending {
	uint64_t *head;
	const uint8_t *list;
} lists[MAX_LISTS];
static uint32_t lists_len;

/* Where the word at a position of the form is. */
static uint32_t index_of(const struct known *object, uint32_t position)
{
	uint64_t pair[2];

	if (object->table >= 0)
		return alike_index(object->table, position);
	if (object->part == PART_ALIKE_HEADS && alike.swapped && alike_pair(pair))
		for (unsigned int i = 0; i < 2; i++)
			if (position == pair[i])
				return (uint32_t)pair[!i];
	return position;
}

static const uint8_t *skip_list(const uint8_t *p)
{
	uint16_t n;

	p += 4 + p[1];
	p = get(p, &n, sizeof(n));
	return p + n * sizeof(struct entry);
}

static uint64_t *at_entry(const struct entry *entry)
{
	const struct known *object = &objects[entry->number];

	return (uint64_t *)(void *)object->address +
	       index_of(object, entry->position);
}

/* In any order. */
static void fill_list(const struct pending *list)
{
	const uint8_t *p = list->list, *fills = p + 4;
	struct entry entries[MAX_ENTRIES];
	unsigned int descriptors = p[1], k = 0;
	uint64_t bits = p[0];
	uint16_t n, number;
	uint8_t *desc;

	get(p + 2, &number, sizeof(number));
	p = get(fills + descriptors, &n, sizeof(n));
	get(p, entries, n * sizeof(*entries));
	for (uint32_t i = n; seed && i > 1; i--) {
		uint32_t other = (uint32_t)(draw() % i);
		struct entry entry = entries[i - 1];

		entries[i - 1] = entries[other];
		entries[other] = entry;
	}
	if (!descriptors) {
		*list->head = (uintptr_t)at_entry(&entries[0]) | bits;
		return;
	}
	desc = objects[number].address;
	*list->head = (uintptr_t)desc | bits;
	for (unsigned int d = 0; d < descriptors; d++) {
		uint64_t **slots =
			(uint64_t **)(void *)(uintptr_t)list_slots(desc);

		for (unsigned int i = 0; i < fills[d]; i++)
			slots[i] = at_entry(&entries[k++]);
		desc = (uint8_t *)(uintptr_t)list_more(desc);
	}
}

/* A word of an object, or with contents into it. */
static const uint8_t *place_word(const uint8_t *p, uint32_t number,
				 uint32_t index, bool contents)
{
	uint64_t *words = (uint64_t *)(void *)objects[number].address;
	uint64_t word, counts = 0;

	if (*p == WORD_LIST) {
		if (contents)
			lists[lists_len++] =
				(struct pending){ words + index, p + 1 };
		return skip_list(p + 1);
	}
	p = decode_word(p, &word, contents);
	if (!contents)
		return p;
	if (objects[number].kind == KIND_DATA)
		counts = words[index] & ~data_read(number)[index];
	words[index] = word | counts;
	return p;
}

static uint8_t mask_of(const struct known *object, uint8_t mask)
{
	uint8_t out = 0;

	for (unsigned int i = 0; mask && i < PYFUZZ_USED_ENTRIES; i++)
		if (mask >> i & 1)
			out |= (uint8_t)(1U << alike_index(object->table, i));
	return out;
}

/* Over an object, or with contents into it. */
static const uint8_t *decode_words(const uint8_t *p, uint32_t i, bool contents)
{
	struct known *object = &objects[i];
	uint64_t *words = (uint64_t *)(void *)object->address;
	uint16_t position;

	if (object->kind == PAGES_SPT) {
		uint64_t header;

		p = decode_word(p, &header, contents);
		if (contents) {
			pages_set_private(object->address,
					  (void *)(uintptr_t)header);
			synced_set_mask(words, mask_of(object, *p));
		}
		p++;
	}
	for (p = get(p, &position, sizeof(position)); position != NO_WORD;
	     p = get(p, &position, sizeof(position)))
		p = place_word(p, i, index_of(object, position), contents);
	if (contents)
		memcpy(words + object->size / 8, p, object->size % 8);
	return p + object->size % 8;
}

static uint32_t read_objects(const uint8_t *p, const uint8_t *end)
{
	uint32_t n = 0;

	while (p < end) {
		struct known *object = &objects[n];

		object->kind = *p++;
		object->owner = *p++;
		object->part = *p++;
		object->table = (int8_t)*p++;
		object->address = NULL;
		p = get(p, &object->size, sizeof(object->size));
		p = decode_words(p, n++, false);
	}
	return n;
}

/*
 * One object of each kind that is allocated and freed again.  Shuffled: a few, so
 * that the next new object has another address, too.
 */
static void place_freed(void)
{
	static const enum pages_kind kinds[] = { PAGES_SPT, PAGES_HEADER,
						 PAGES_DESCRIPTOR, PAGES_ARRAY };

	for (unsigned int i = 0; i < 4; i++) {
		size_t size = kinds[i] == PAGES_HEADER ? 512 : 4096;

		for (uint64_t n = 1 + (seed ? draw() % 4 : 0); n; n--) {
			freed[kinds[i]] = pages_alloc(kinds[i], 0, size);
			pages_free(kinds[i], freed[kinds[i]]);
		}
	}
}

/* The frames' other names, and words in place of what the form leaves out. */
static void rename_page(struct pages_page *page)
{
	uint64_t *stored = (uint64_t *)(uintptr_t)page->stored;

	for (unsigned int i = 0; i < TABLE_WORDS; i++) {
		page->spt[i] = alike_spte(page->spt[i]);
		if (!stored)
			continue;
		if (!spte_is_recorded(page, page->spt[i]))
			stored[i] = frame_gfn((unsigned int)draw())
					    << page->stored_shift |
				    (draw() & 7);
		else
			stored[i] = alike_stored(page, stored[i]);
	}
}

static void rename_pages(void)
{
	struct pages_page page;
	const void *header;
	uint32_t at = 0;

	if (!seed || !form_renamed || !world.vms[0].alive)
		return;
	while ((header = memory_next_header(0, &at))) {
		pages_target.page(0, header, &page);
		if (page.spt)
			rename_page(&page);
	}
}

static void shuffle_pages(void)
{
	static const void *headers[MAX_PAGES];
	uint32_t n;

	if (!seed || !form_renamed || form_by_age || !pages_target.order ||
	    !world.vms[0].alive)
		return;
	n = pages_target.order(0, headers, MAX_PAGES);
	if (n == MAX_PAGES)
		return;
	for (uint32_t i = n; i > 1; i--) {
		uint32_t other = (uint32_t)(draw() % i);
		const void *header = headers[i - 1];

		headers[i - 1] = headers[other];
		headers[other] = header;
	}
	pages_target.reorder(0, headers, n);
}

void canonical_decode(const uint8_t *in, uint32_t size, uint64_t shuffle)
{
	const uint8_t *end = in + size, *p = decode_header(in);
	uint32_t n, from;

	seed = shuffle;
	lists_len = blanks_len = 0;
	alike_none();
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		p = decode_vm(p, vm);
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		check_forget(vm);
	memory_reset();
	place_freed();
	n = read_objects(p, end);
	for (unsigned int i = 0; i < PAGES_DATA; i++)
		objects[i].address = pages_target.data[i].address;
	data_set_base(shuffle);
	/* Shuffled: from somewhere in the middle, and backwards. */
	from = shuffle ? (uint32_t)(shuffle >> 8) % n : 0;
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = shuffle & 1 ? (from + n - k) % n : (from + k) % n;

		if (objects[i].kind != KIND_DATA)
			place(&objects[i]);
	}
	for (uint32_t i = 0; i < n; i++)
		p = decode_words(p + OBJECT_BYTES, i, true);
	for (uint32_t i = 0; i < lists_len; i++)
		fill_list(&lists[i]);
	rename_pages();
	shuffle_pages();
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		synced_look(vm);
	world.running_vm = world.running_vcpu = -1;
	sequence.host_dead = sequence.late = sequence.ending = false;
}
