/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A state of the lists world as bytes, for csrc/exhaust: everything that the
 * target can read, with SPTEs, descriptors and interchangeable heads and VMs
 * renamed.
 */
#ifndef PYFUZZ_LISTS_CANONICAL_H
#define PYFUZZ_LISTS_CANONICAL_H

#include "exhaust/hash.h"
#include "exhaust/space.h"
#include "model.h"

/* The words of the canonical form. */
enum token {
	WORD_ZERO = 0,
	WORD_SPTE = 1, /* the next one: present, of this list, its gfn right */
	WORD_SPTE_GFN = 2, /* the same with another gfn, a byte */
	WORD_MORE = 3, /* the next descriptor; in a head with the tag */
	WORD_RAW = 4, /* eight bytes, not a known address */
	WORD_SMALL = 0x80, /* and seven bits: a number */
};

enum vm_flags { ALIVE = 1, EXPECT = 2, BUGGED = 4, DEAD = 8 };

/* The mapping of positions to numbers, filled by encode() and decode(). */
struct view {
	/* Canonical position to number. */
	uint8_t vm[PYFUZZ_VMS];
	uint8_t head[PYFUZZ_VMS][PYFUZZ_HEADS]; /* of a VM by its number */
	/* By numbers. */
	struct view_list {
		uint16_t count, descriptors;
		uint16_t sptes[PYFUZZ_SPTES]; /* in the order of the walk */
	} lists[PYFUZZ_VMS][PYFUZZ_HEADS];
	bool exact; /* sptes is filled */
};
extern struct view view;
extern struct pyfuzz_scope scope;

/* Numbers of the heads in the scope: frames first. */
static inline unsigned int scope_heads(void)
{
	return scope.frames + scope.parents;
}

static inline unsigned int scope_head(unsigned int i)
{
	return i < scope.frames ? i : PYFUZZ_FRAME_HEADS + i - scope.frames;
}

/* Limit on the SPTEs of a VM that differ from those of a new one. */
extern unsigned int touched;

uint16_t *canonical_names(uint16_t *table);
uint32_t canonical_encode(uint8_t *out, bool mapped);
void canonical_decode(const uint8_t *in, uint32_t size, uint64_t shuffle);
bool canonical_within(void);
/* Looks up the hash of a descriptor, and adds its entries; false: it is not known. */
typedef bool (*descriptor_hasher)(const void *desc, struct hash *hash,
				  unsigned int *entries);
/* The hash of a state; hashed: made of descriptors' hashes.  false: as encode(). */
bool canonical_digest(struct hash *hash, bool hashed, descriptor_hasher hasher);
/* One descriptor of a list; adds its entries. */
bool canonical_hash(unsigned int vm, unsigned int head, const void *desc,
		    struct hash *hash, unsigned int *entries);

void snapshot_save(void);
void snapshot_restore(void);
/* SPTEs that differ from the saved world; more than max: not all are in out. */
unsigned int snapshot_changed(unsigned int vm, uint16_t *out, unsigned int max);

uint32_t moves_list(struct move *out);
uint32_t moves_steps(const struct move *move, void *ops);

#endif
