/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocators' objects as they were saved, for csrc/exhaust.  A step changes few
 * of them: each is compared once after a step, for its form and for what is to
 * be copied back.  Of those that it left alone, the words that are not as usual are
 * known.  No move creates the slot of 1G, so its arrays are not saved.
 */
#include <string.h>
#include "memory_pool.h"

static struct {
	uint32_t fresh, freed, oldest;
	uint8_t state[SPTS], owner[SPTS];
	uint32_t size[SPTS];
} saved[HUGE];
static uint8_t memory[16U << 20];
static void *saved_privates[SPTS];
static uint32_t saved_lives[SPTS];
_Static_assert(SPTS >= HEADERS && SPTS >= SMALL_ARRAYS && SPTS >= LARGE_ARRAYS,
	       "there is room to save a pool");

_Static_assert(LARGE_SIZE / 8 <= MEMORY_WORDS, "there is room for all words");
#define MAX_WORDS 65536
static uint16_t words[MAX_WORDS]; /* that are not as usual, of all objects */

/* An object, by its number: its copy, and its words. */
static struct copy {
	const uint8_t *from;
	uint32_t first, len;
	uint32_t looked; /* after which step it was compared */
	bool known; /* its words are */
	bool same;
} copies[MEMORY_OBJECTS];
static uint32_t steps;
static uint32_t saved_world;

/* As usual, to compare with: of a table, and of all others. */
#define USUAL_BYTES 4096
static uint64_t usual_table[USUAL_BYTES / 8], zeroes[USUAL_BYTES / 8];

static bool is_usual(unsigned int kind, const void *address, uint32_t size)
{
	return !memcmp(address, kind == PAGES_SPT ? usual_table : zeroes, size);
}

/* The indices of the words that are not as usual. */
static uint32_t find_words(unsigned int kind, const uint8_t *object,
			   uint32_t size, uint16_t *out)
{
	uint64_t common = memory_usual(kind);
	const uint64_t *at = (const uint64_t *)(const void *)object;
	uint32_t n = size / 8, len = 0, i = 0;

	while (i < n) {
		uint64_t any = 0;

		if (!(i & 63) && i + 64 <= n && is_usual(kind, at + i, 512)) {
			i += 64;
			continue;
		}
		if (!(i & 7) && i + 8 <= n) {
			for (uint32_t k = 0; k < 8; k++)
				any |= at[i + k] ^ common;
			if (!any) {
				i += 8;
				continue;
			}
		}
		if (at[i] != common)
			out[len++] = (uint16_t)i;
		i++;
	}
	return len;
}

static bool compare(struct copy *copy, unsigned int k, uint32_t i)
{
	const struct pool *pool = &pools[k];

	if (copy->looked == steps)
		return copy->same;
	copy->looked = steps;
	if (pool->size[i] != saved[k].size[i])
		copy->same = false;
	else if (copy->known && !copy->len && pool->size[i] % 8 == 0 &&
		 pool->size[i] <= USUAL_BYTES)
		copy->same = is_usual(k, object_address(pool, i), pool->size[i]);
	else
		copy->same = !memcmp(object_address(pool, i), copy->from,
				     pool->size[i]);
	return copy->same;
}

static unsigned int pool_of(const struct object *object)
{
	if (object->kind != PAGES_ARRAY ||
	    object->number < numbers_before[LARGE])
		return object->kind;
	return object->number < numbers_before[HUGE] ? LARGE : HUGE;
}

const uint16_t *memory_words(const struct object *object, uint32_t *len,
			     uint16_t *room)
{
	struct copy *copy = &copies[object->number];
	unsigned int k = pool_of(object);
	uint32_t i = object->number - numbers_before[k];

	if (saved_world == memory_world && k < HUGE && i < saved[k].fresh &&
	    saved[k].state[i] != NEVER && copy->known && compare(copy, k, i)) {
		*len = copy->len;
		return words + copy->first;
	}
	*len = find_words(object->kind, object->address, object->size, room);
	return room;
}

void memory_step(void)
{
	steps++;
}

void memory_touch(const void *address)
{
	struct object object;

	if (memory_object_at(address, &object))
		copies[object.number].looked = 0;
}

void memory_save(void)
{
	uint8_t *to = memory;
	uint32_t words_len = 0;

	descriptors_save();
	for (uint32_t i = 0; i < USUAL_BYTES / 8; i++)
		usual_table[i] = memory_usual(PAGES_SPT);
	steps++;
	saved_world = memory_world;
	for (unsigned int k = 0; k < HUGE; k++) {
		const struct pool *pool = &pools[k];

		saved[k].fresh = pool->fresh;
		saved[k].freed = pool->freed;
		saved[k].oldest = pool->oldest;
		if (!pool->fresh)
			continue;
		memcpy(saved[k].state, pool->state, pool->fresh);
		memcpy(saved[k].owner, pool->owner, pool->fresh);
		memcpy(saved[k].size, pool->size,
		       pool->fresh * sizeof(*pool->size));
		for (uint32_t i = 0; i < pool->fresh; i++) {
			struct copy *copy = &copies[numbers_before[k] + i];

			if (pool->state[i] == NEVER)
				continue;
			memcpy(to, object_address(pool, i), pool->size[i]);
			*copy = (struct copy){ .from = to, .first = words_len };
			copy->known = pool->state[i] == LIVE &&
				      words_len + pool->size[i] / 8 <= MAX_WORDS;
			if (copy->known)
				copy->len = find_words(k, to, pool->size[i],
						       words + words_len);
			words_len += copy->len;
			to += (pool->size[i] + 7) / 8 * 8;
		}
	}
	memcpy(saved_privates, privates,
	       pools[PAGES_SPT].fresh * sizeof(*privates));
	memcpy(saved_lives, lives, pools[PAGES_SPT].fresh * sizeof(*lives));
}

void memory_restore(void)
{
	descriptors_restore();
	for (unsigned int k = 0; k < HUGE; k++) {
		struct pool *pool = &pools[k];

		if (pool->fresh > saved[k].fresh)
			memset(pool->state + saved[k].fresh, NEVER,
			       pool->fresh - saved[k].fresh);
		pool->fresh = saved[k].fresh;
		pool->freed = saved[k].freed;
		pool->oldest = saved[k].oldest;
		if (!pool->fresh)
			continue;
		for (uint32_t i = 0; i < pool->fresh; i++) {
			struct copy *copy = &copies[numbers_before[k] + i];

			if (saved[k].state[i] != NEVER && !compare(copy, k, i))
				memcpy(object_address(pool, i), copy->from,
				       saved[k].size[i]);
		}
		memcpy(pool->state, saved[k].state, pool->fresh);
		memcpy(pool->owner, saved[k].owner, pool->fresh);
		memcpy(pool->size, saved[k].size,
		       pool->fresh * sizeof(*pool->size));
	}
	memcpy(privates, saved_privates,
	       pools[PAGES_SPT].fresh * sizeof(*privates));
	memcpy(lives, saved_lives, pools[PAGES_SPT].fresh * sizeof(*lives));
	steps++;
	/* births goes on: no two lives of a table may look the same. */
}
