/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canonical form:
 *
 *	header	once-a-boot places, lines of each place, VMs bugged
 *	VM	the model of it; entries of the guest's tables and which of them KVM
 *		was not told of; the host's page sizes and replaced frames
 *	object	kind, owner, size; of a table its header and which SPTEs were synced
 *		since the guest's entry was changed; its words that are not 0
 *
 * The objects are the target's own data and then every allocated one, in the
 * order in which pointers in the ones before lead to them.  A word that is an
 * address of an object, in a list's head or an SPTE with bits of its own, is
 * written as the number of the object and the rest; one of other data and of
 * functions as its place in this module.  Nothing else is renamed, and
 * nothing is left out: not the order of a VM's shadow pages, nor what the caches
 * hold.  An address of freed memory is only known to be that.
 */
#define _GNU_SOURCE /* dl_iterate_phdr() */
#include <link.h>
#include <string.h>
#include "harness/log.h"
#include "canonical.h"
#include "data.h"

#define MAX_OBJECTS 4096
#define NO_OBJECT UINT16_MAX
#define GUARD_BYTES 64 /* room that a word takes at most, and then some */

/* What a word is. */
enum token {
	WORD_RAW = 0, /* eight bytes */
	WORD_SMALL = 1, /* a byte */
	WORD_AT = 2, /* an address: object, offset of two bytes */
	WORD_SPTE = 3, /* the same with eight bytes of an SPTE's bits */
	WORD_FREED = 4, /* an address of freed memory, the pool, the offset */
	WORD_FREED_SPTE = 5,
	WORD_HERE =
		6, /* an address in this module, which another process has elsewhere */
};

/* Pools of freed memory. */
enum { FREED_DESCRIPTOR = PAGES_DESCRIPTOR };
#define KIND_DATA 255

static struct known {
	uint8_t *address;
	uint32_t size;
	uint8_t kind, owner;
} objects[MAX_OBJECTS];
static uint32_t objects_len;
/* Numbers of the objects in this encoding, by their place. */
static uint16_t of_memory[MEMORY_OBJECTS], of_descriptor[1 << 14];
static uint32_t memory_turn[MEMORY_OBJECTS], descriptor_turn[1 << 14], turn;

bool canonical_can(void)
{
	return pages_target.data[0].size && !pages_target.unsearchable;
}

const char *canonical_cannot(void)
{
	return pages_target.unsearchable;
}

static uint16_t add(uint8_t *address, uint32_t size, uint8_t kind, uint8_t owner)
{
	if (objects_len == MAX_OBJECTS)
		return NO_OBJECT;
	objects[objects_len] = (struct known){ address, size, kind, owner };
	return (uint16_t)objects_len++;
}

static uint16_t number_of(const struct object *object)
{
	uint16_t *number = &of_memory[object->number];

	if (memory_turn[object->number] != turn) {
		memory_turn[object->number] = turn;
		*number = add(object->address, object->size, object->kind,
			      object->owner);
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

static uint8_t *put(uint8_t *p, const void *value, size_t size)
{
	memcpy(p, value, size);
	return p + size;
}

static const uint8_t *get(const uint8_t *p, void *value, size_t size)
{
	memcpy(value, p, size);
	return p + size;
}

/* Could a word be an address at all?  Cheap, as most words are not. */
static inline bool far(uint64_t word)
{
	return word >> 32 && word >> 47 == 0;
}

static uint8_t *encode_at(uint8_t *p, uint64_t word, uint64_t bits, bool spte)
{
	void *address = (void *)(uintptr_t)word;
	struct object object;
	uint16_t number, offset;

	if (descriptors_hold(address)) {
		void *descriptor = (void *)(uintptr_t)(word & ~7ULL);

		offset = (uint16_t)(word & 7);
		if (!descriptor_is_live(descriptor)) {
			*p++ = WORD_FREED;
			*p++ = FREED_DESCRIPTOR;
			return put(p, &offset, sizeof(offset));
		}
		number = number_of_descriptor(descriptor);
	} else if (memory_object_at(address, &object)) {
		offset = (uint16_t)((uint8_t *)address - object.address);
		if (!object.live) {
			*p++ = spte ? WORD_FREED_SPTE : WORD_FREED;
			*p++ = object.kind;
			p = put(p, &offset, sizeof(offset));
			return spte ? put(p, &bits, sizeof(bits)) : p;
		}
		number = number_of(&object);
	} else {
		return NULL;
	}
	*p++ = spte ? WORD_SPTE : WORD_AT;
	p = put(p, &number, sizeof(number));
	p = put(p, &offset, sizeof(offset));
	return spte ? put(p, &bits, sizeof(bits)) : p;
}

/* Where this module is, for addresses of what the pools do not have. */
static uint64_t here, here_end;

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

void canonical_begin(void)
{
	dl_iterate_phdr(find_here, NULL);
	data_begin();
}

static bool is_address(uint64_t word)
{
	void *address = (void *)(uintptr_t)word;
	struct object object;

	return far(word) && (descriptors_hold(address) ||
			     memory_object_at(address, &object));
}

void canonical_first(void)
{
	data_take_base(is_address);
}

static uint8_t *encode_word(uint8_t *p, uint64_t word, bool of_table)
{
	uint64_t mask = pages_target.spte_frame_mask;
	uint8_t *end = NULL;

	if (word < 256) {
		*p++ = WORD_SMALL;
		*p++ = (uint8_t)word;
		return p;
	}
	if (of_table && far(word & mask))
		end = encode_at(p, word & mask, word & ~mask, true);
	else if (far(word))
		end = encode_at(p, word, 0, false);
	if (end)
		return end;
	if (word >= here && word < here_end) {
		*p++ = WORD_HERE;
		word -= here;
	} else {
		*p++ = WORD_RAW;
	}
	return put(p, &word, sizeof(word));
}

/* What a word of an object is that need not be written down. */
static uint64_t usual(const struct known *object)
{
	return object->kind == PAGES_SPT ? pages_target.spte_nothing : 0;
}

/* Whether eight words have nothing that must be written down. */
static bool as_known(const uint64_t *words, const uint64_t *base,
		     uint64_t common)
{
	uint64_t any = 0;

	for (uint32_t k = 0; k < 8; k++)
		any |= words[k] ^ (base ? base[k] : common);
	return !any;
}

/*
 * The words that are not as they usually are.  Of the target's own data (by
 * number) those that are not as in the first state, without what only counts.
 */
static uint8_t *encode_words(uint8_t *p, const uint8_t *end,
			     const struct known *object, uint32_t number)
{
	const uint64_t *words = (const uint64_t *)(const void *)object->address;
	bool of_data = object->kind == KIND_DATA;
	const uint64_t *base = of_data ? data_base(number) : NULL;
	const uint64_t *read = of_data ? data_read(number) : NULL;
	uint64_t common = usual(object);
	uint32_t n = object->size / 8, i = 0;
	bool of_table = object->kind == PAGES_SPT;
	uint16_t index;

	while (i < n) {
		uint64_t word = words[i];

		if (!(i & 7) && i + 8 <= n &&
		    as_known(words + i, of_data ? base + i : NULL, common)) {
			i += 8;
			continue;
		}
		if (of_data ? (word ^ base[i]) & read[i] : word ^ common) {
			if (p + GUARD_BYTES > end)
				return NULL;
			index = (uint16_t)i;
			p = put(p, &index, sizeof(index));
			p = encode_word(p, of_data ? word & read[i] : word,
					of_table);
		}
		i++;
	}
	/* The bytes behind the last word. */
	index = UINT16_MAX;
	p = put(p, &index, sizeof(index));
	return put(p, object->address + (size_t)n * 8, object->size % 8);
}

static uint8_t *encode_object(uint8_t *p, const uint8_t *end, uint32_t i)
{
	const struct known *object = &objects[i];

	if (p + GUARD_BYTES > end || object->size / 8 >= UINT16_MAX)
		return NULL;
	*p++ = object->kind;
	*p++ = object->owner;
	p = put(p, &object->size, sizeof(object->size));
	if (object->kind == PAGES_SPT) {
		const uint64_t *table = (const void *)object->address;

		p = encode_word(p, (uint64_t)(uintptr_t)pages_private(table),
				false);
		*p++ = synced_mask(object->owner, table);
	}
	return encode_words(p, end, object, i);
}

static uint8_t *encode_header(uint8_t *p)
{
	*p++ = (uint8_t)world.bugged_total;
	return once_encode(log_encode(p, 255));
}

static uint8_t *encode_vm(uint8_t *p, unsigned int vm)
{
	uint8_t *sizes, *times;

	*p++ = world.vms[vm].alive;
	if (!world.vms[vm].alive)
		return p;
	p = put(p, &world.vms[vm], sizeof(world.vms[vm]));
	for (unsigned int i = 0; i < GUEST_WORDS; i++) {
		struct guest_word word = guest_word(vm, i);

		if (!*word.entry && !*word.unheard_at)
			continue;
		*p++ = (uint8_t)(i + 1);
		*p++ = *word.unheard_at != 0;
		p = put(p, word.entry, sizeof(*word.entry));
	}
	*p++ = 0;
	host_state(vm, &sizes, &times);
	p = put(p, sizes, HOST_REGIONS);
	return put(p, times, PYFUZZ_FRAMES);
}

/* What no pointer leads to; it matters when its VM ends. */
static void add_others(void)
{
	struct object object;
	void *descriptor;
	uint32_t at = 0;

	while (memory_next(&at, &object))
		number_of(&object);
	for (at = 0; (descriptor = descriptor_next(&at));)
		number_of_descriptor(descriptor);
}

uint32_t canonical_encode(uint8_t *out, bool mapped)
{
	const uint8_t *end = out + SPACE_STATE - GUARD_BYTES;
	uint8_t *p = encode_header(out);
	bool others = false;

	(void)mapped;
	turn++;
	objects_len = 0;
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		p = encode_vm(p, vm);
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
		p = encode_object(p, end, i);
		if (!p || objects_len == MAX_OBJECTS)
			return 0;
	}
	return (uint32_t)(p - out);
}

/* --- and back --- */

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
	for (unsigned int i = 0; i < GUEST_WORDS; i++) {
		struct guest_word word = guest_word(vm, i);

		*word.entry = 0;
		*word.unheard_at = 0;
		if (*p != i + 1)
			continue;
		*word.unheard_at = p[1];
		p = get(p + 2, word.entry, sizeof(*word.entry));
	}
	p++;
	host_state(vm, &sizes, &times);
	p = get(p, sizes, HOST_REGIONS);
	return get(p, times, PYFUZZ_FRAMES);
}

/* Addresses of freed memory, of each kind. */
static uint8_t *freed[PAGES_KINDS];

static const uint8_t *decode_word(const uint8_t *p, uint64_t *word)
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

/* Over an object, or with contents into it. */
static const uint8_t *decode_words(const uint8_t *p, uint32_t i, bool contents)
{
	struct known *object = &objects[i];
	uint64_t *words = (uint64_t *)(void *)object->address;
	uint16_t index;

	if (object->kind == PAGES_SPT) {
		uint64_t header;

		p = decode_word(p, &header);
		if (contents) {
			pages_set_private(object->address,
					  (void *)(uintptr_t)header);
			synced_set_mask(words, *p);
		}
		p++;
	}
	for (p = get(p, &index, sizeof(index)); index != UINT16_MAX;
	     p = get(p, &index, sizeof(index))) {
		uint64_t word, counts = 0;

		p = decode_word(p, &word);
		if (!contents)
			continue;
		if (object->kind == KIND_DATA)
			counts = words[index] & ~data_read(i)[index];
		words[index] = word | counts;
	}
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
		p = get(p, &object->size, sizeof(object->size));
		p = decode_words(p, n++, false);
	}
	return n;
}

static void place(struct known *object)
{
	uint64_t *words, common = usual(object);

	object->address = pages_alloc(object->kind, object->owner, object->size);
	words = (uint64_t *)(void *)object->address;
	for (uint32_t i = 0; common && i < object->size / 8; i++)
		words[i] = common;
}

/* One object of each kind that is allocated and freed again. */
static void place_freed(void)
{
	static const enum pages_kind kinds[] = { PAGES_SPT, PAGES_HEADER,
						 PAGES_DESCRIPTOR, PAGES_ARRAY };

	for (unsigned int i = 0; i < 4; i++) {
		size_t size = kinds[i] == PAGES_HEADER ? 512 : 4096;

		freed[kinds[i]] = pages_alloc(kinds[i], 0, size);
		pages_free(kinds[i], freed[kinds[i]]);
	}
}

void canonical_decode(const uint8_t *in, uint32_t size, uint64_t shuffle)
{
	const uint8_t *end = in + size, *p = decode_header(in);
	uint32_t n, from;

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
		p = decode_words(p + 6, i, true);
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		synced_look(vm);
	world.running_vm = world.running_vcpu = -1;
	sequence.host_dead = sequence.late = sequence.ending = false;
}
