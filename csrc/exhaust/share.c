/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One search in several processes, depth by depth.  Each knows all states by
 * their hashes.  Where a depth has many states, each process expands its share
 * of them; where it has few, each tries its share of the moves of every one.
 * New states are exchanged, and numbered in the order of the moves that lead to
 * them: the order in which one process alone finds them.  So numbers, counts,
 * audits and the shortest sequences do not depend on how many processes there are.
 */
#include <stdlib.h>
#include "queue.h"
#include "search.h"
#include "seen.h"
#include "share.h"

/* With fewer states for each process, moves are shared instead. */
#define FEW 16
#define RECENT (1U << 16)

/* A new state; its bytes follow. */
struct news {
	struct hash hash;
	uint32_t parent, move, size, stands_for;
};

static struct buffer {
	uint8_t *data;
	size_t len, cap;
	size_t read;
} heard[PYFUZZ_PARTS];
static size_t told; /* bytes of its own that were handed out */

static uint32_t part, parts;
static bool by_moves; /* at this depth */
/* Hashes of its last news: most states are found more than once. */
static struct hash recent[RECENT];

void share_begin(uint32_t my_part, uint32_t all_parts)
{
	for (uint32_t i = 0; i < PYFUZZ_PARTS; i++) {
		free(heard[i].data);
		heard[i] = (struct buffer){ 0 };
	}
	told = 0;
	part = my_part;
	parts = all_parts;
	by_moves = true;
	memset(recent, 0, sizeof(recent));
}

bool share_is_split(void)
{
	return parts > 1;
}

bool share_owns(uint32_t state)
{
	return parts <= 1 || state % parts == part;
}

/* Moves that differ in their context only stay with the first of them. */
static uint32_t boundary(const struct plan *plan, uint32_t share)
{
	uint64_t at = (uint64_t)plan->n * share / parts;

	while (at < plan->n && plan->context[at])
		at++;
	return (uint32_t)at;
}

void share_moves(const struct plan *plan, uint32_t *first, uint32_t *end)
{
	bool all = parts <= 1 || !by_moves;

	*first = all ? 0 : boundary(plan, part);
	*end = all ? plan->n : boundary(plan, part + 1);
}

static bool append(struct buffer *buffer, const void *data, size_t size)
{
	if (buffer->len + size > buffer->cap) {
		size_t cap = (buffer->len + size) * 2;
		uint8_t *grown = realloc(buffer->data, cap);

		if (!grown)
			return false;
		buffer->data = grown;
		buffer->cap = cap;
	}
	memcpy(buffer->data + buffer->len, data, size);
	buffer->len += size;
	return true;
}

bool share_has(struct hash hash)
{
	const struct hash *last = &recent[hash.high % RECENT];

	return last->low == hash.low && last->high == hash.high;
}

bool share_put(struct hash hash, uint32_t parent, uint32_t move,
	       uint32_t stands_for, const uint8_t *bytes, uint32_t size)
{
	struct news news = { hash, parent, move, size, stands_for };

	recent[hash.high % RECENT] = hash;
	return append(&heard[part], &news, sizeof(news)) &&
	       append(&heard[part], bytes, size);
}

const uint8_t *pyfuzz_exhaust_news(uint64_t *size)
{
	const uint8_t *news = heard[part].data + told;

	*size = heard[part].len - told;
	told = heard[part].len;
	return news;
}

int pyfuzz_exhaust_hear(uint32_t from, const uint8_t *news, uint64_t size)
{
	return from >= parts || from == part ||
	       !append(&heard[from], news, size);
}

/* The next news of all that were heard, in the order of their moves; NULL: none. */
static const uint8_t *next(struct news *news)
{
	struct buffer *first = NULL;

	for (uint32_t i = 0; i < parts; i++) {
		struct news one;

		if (heard[i].read + sizeof(one) > heard[i].len)
			continue;
		memcpy(&one, heard[i].data + heard[i].read, sizeof(one));
		if (first &&
		    (one.parent > news->parent ||
		     (one.parent == news->parent && one.move > news->move)))
			continue;
		first = &heard[i];
		*news = one;
	}
	if (!first)
		return NULL;
	first->read += sizeof(*news) + news->size;
	return first->data + first->read - news->size;
}

bool share_merge(void)
{
	uint32_t before = seen_len(), n;
	struct buffer fresh = { 0 };
	const uint8_t *bytes;
	struct news news;
	bool whole = true;

	while (whole && (bytes = next(&news))) {
		bool is_new;

		whole = seen_add(news.hash, news.parent, news.move, &is_new) !=
			SEEN_NONE;
		if (whole && is_new)
			search.apart += news.stands_for;
		if (whole && is_new)
			whole = append(&fresh, &bytes, sizeof(bytes));
	}
	n = seen_len() - before;
	by_moves = n < FEW * parts;
	for (uint32_t i = 0; whole && i < n; i++) {
		memcpy(&bytes, fresh.data + i * sizeof(bytes), sizeof(bytes));
		memcpy(&news, bytes - sizeof(news), sizeof(news));
		if (by_moves || share_owns(before + i))
			whole = queue_put(before + i, bytes, news.size);
	}
	free(fresh.data);
	for (uint32_t i = 0; i < parts; i++)
		heard[i].len = heard[i].read = 0;
	told = 0;
	return whole;
}

uint64_t share_bytes(void)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < parts; i++)
		bytes += heard[i].cap;
	return bytes;
}
