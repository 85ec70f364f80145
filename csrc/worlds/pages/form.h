/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of a state: what canonical.c writes and canonical_back.c reads. */
#ifndef PYFUZZ_PAGES_FORM_H
#define PYFUZZ_PAGES_FORM_H

#include <string.h>
#include "exhaust/space.h"
#include "world.h"

#define MAX_OBJECTS 4096
#define MAX_PAGES 512
#define MAX_CELLS 32768
#define NO_OBJECT UINT16_MAX
#define NO_WORD UINT16_MAX
#define MAX_LISTS (SPACE_STATE / 12) /* the shortest takes 12 bytes */
#define OBJECT_BYTES 8 /* before an object's words */
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
	/*
	 * A list's head: its low bits; descriptors, the first one's number, how
	 * many entries each has; the entries' tables and positions
	 */
	WORD_LIST = 7,
	/*
	 * The address of an object that is all zero, as most in the caches are:
	 * kind, owner, size of two bytes.  It has no number and is nowhere else in
	 * the form, unless by its turn among these: turn, offset, an SPTE's bits.
	 */
	WORD_BLANK = 8,
	WORD_BLANK_AGAIN = 9,
};

/* What an object is besides its kind. */
enum part_kind {
	PART_PLAIN,
	PART_TABLE, /* the SPTEs of a page */
	PART_STORED, /* and what is stored for them */
	PART_HEADER, /* of a page */
	PART_HEADS, /* a slot's reverse maps */
	PART_ALIKE_HEADS, /* and two of them are alike */
};

#define KIND_DATA 255
/* The most descriptors of a list that is sorted. */
#define MAX_LISTED 128
#define MAX_ENTRIES 2048 /* of it */

struct known {
	uint8_t *address;
	uint32_t size;
	uint8_t kind, owner;
	uint8_t part; /* enum part_kind */
	int8_t table; /* the guest's, for alike.h */
	uint8_t listed; /* entries of a descriptor that are written with its list */
};

static inline uint8_t *put(uint8_t *p, const void *value, size_t size)
{
	memcpy(p, value, size);
	return p + size;
}

static inline const uint8_t *get(const uint8_t *p, void *value, size_t size)
{
	memcpy(value, p, size);
	return p + size;
}

/* A word that is not 0. */
struct cell {
	uint64_t word; /* as it is, without the address; of a list its place */
	uint16_t position;
	uint16_t number, offset; /* of an object */
	uint16_t size;
	uint8_t kind, owner;
	uint8_t token;
};

/* Of a list: the table that the SPTE is in, and its position. */
struct entry {
	uint16_t number, position;
};

/* --- form.c --- */

/* Where this module is, for addresses of what the pools do not have. */
extern uint64_t here, here_end;
extern uint32_t form_renamed; /* scope.renamed */
/* Whether the order of the VM's pages matters. */
extern bool form_by_age;
void form_begin(const struct pyfuzz_scope *scope);

/* --- objects.c --- */

extern struct known objects[MAX_OBJECTS];
extern uint32_t objects_len;
/* The VM's pages, before the words are read. */
const struct pages_page *objects_collect(uint32_t *len);
/* Of a new form: its first objects are the target's data. */
void objects_begin(void);
/* What no pointer leads to; it matters when its VM ends. */
void objects_add_rest(void);
/* The number of an object, which it gets if it has none; NO_OBJECT: no room. */
uint16_t object_number(const struct object *object);
uint16_t descriptor_object(void *descriptor);
/* The page that an object belongs to, or NULL. */
const struct pages_page *object_page(const struct known *object);
/* Where a word of an object is in the form. */
uint16_t object_position(const struct known *object, uint32_t index);
/* False if it is no SPTE of a table in the form. */
bool object_entry(uint64_t sptep, struct entry *entry);

/*
 * Whether an object has a turn among the blank ones in place of a number, or gets
 * one now, which it may at its first address alone.
 */
enum blank { BLANK_NOT, BLANK_FIRST, BLANK_AGAIN };
enum blank object_blank(const struct object *object, bool may_be_first,
			uint16_t *number);
enum blank descriptor_blank(const void *descriptor, bool may_be_first,
			    uint16_t *number);

/* --- cells.c --- */

/* Of all objects, one after the other; the first one of each, by number. */
extern struct cell cells[MAX_CELLS];
extern uint32_t cells_of[MAX_OBJECTS + 1];
/* False if they do not fit. */
bool cells_scan(void);
bool cells_is_address(uint64_t word);
static inline const uint8_t *cells_descriptor(uint64_t head)
{
	return (const uint8_t *)(uintptr_t)(head & ~7ULL);
}

/* --- order.c: whether anything was changed, which must then be put back --- */

bool order_sort(void);
void order_put_back(void);

#endif
