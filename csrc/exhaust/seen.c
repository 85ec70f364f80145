/* SPDX-License-Identifier: GPL-2.0-only */
/* Open addressing over 128-bit hashes; at most five eighths full. */
#include <stdlib.h>
#include "seen.h"

struct slot {
	struct hash hash;
};

static struct slot *slots;
static uint32_t *numbers; /* of the states in the slots, plus 1 */
static uint64_t size; /* slots, a power of two */
static struct {
	uint32_t parent, move;
} *ways;
static uint64_t ways_size;
static uint32_t len;

static bool table(uint64_t new_size)
{
	struct slot *old_slots = slots;
	uint32_t *old_numbers = numbers;
	uint64_t old_size = size;

	slots = malloc(new_size * sizeof(*slots));
	numbers = calloc(new_size, sizeof(*numbers));
	if (!slots || !numbers) {
		free(slots);
		free(numbers);
		slots = old_slots;
		numbers = old_numbers;
		return false;
	}
	size = new_size;
	for (uint64_t i = 0; i < old_size; i++) {
		uint64_t at;

		if (!old_numbers[i])
			continue;
		at = old_slots[i].hash.low & (size - 1);
		while (numbers[at])
			at = (at + 1) & (size - 1);
		slots[at] = old_slots[i];
		numbers[at] = old_numbers[i];
	}
	free(old_slots);
	free(old_numbers);
	return true;
}

bool seen_begin(void)
{
	seen_end();
	return table(1 << 16);
}

void seen_end(void)
{
	free(slots);
	free(numbers);
	free(ways);
	slots = NULL;
	numbers = NULL;
	ways = NULL;
	size = ways_size = len = 0;
}

/* The slot of a state, or the free one where it belongs. */
static uint64_t slot_of(struct hash hash)
{
	uint64_t at = hash.low & (size - 1);

	while (numbers[at] && (slots[at].hash.low != hash.low ||
			       slots[at].hash.high != hash.high))
		at = (at + 1) & (size - 1);
	return at;
}

uint32_t seen_find(struct hash hash)
{
	uint64_t at = slot_of(hash);

	return numbers[at] ? numbers[at] - 1 : SEEN_NONE;
}

uint32_t seen_add(struct hash hash, uint32_t parent, uint32_t move, bool *is_new)
{
	uint64_t at = slot_of(hash);

	if (numbers[at]) {
		*is_new = false;
		return numbers[at] - 1;
	}
	if (len == ways_size) {
		uint64_t more = ways_size ? ways_size * 2 : 1 << 15;
		void *grown = realloc(ways, more * sizeof(*ways));

		if (!grown || more > UINT32_MAX)
			return SEEN_NONE;
		ways = grown;
		ways_size = more;
	}
	if ((len + 1) * 8ULL > size * 5) {
		if (!table(size * 2))
			return SEEN_NONE;
		at = slot_of(hash);
	}
	ways[len].parent = parent;
	ways[len].move = move;
	slots[at].hash = hash;
	numbers[at] = ++len;
	*is_new = true;
	return len - 1;
}

uint32_t seen_parent(uint32_t state, uint32_t *move)
{
	*move = ways[state].move;
	return ways[state].parent;
}

uint32_t seen_len(void)
{
	return len;
}

uint64_t seen_bytes(void)
{
	return size * (sizeof(*slots) + sizeof(*numbers)) +
	       ways_size * sizeof(*ways);
}
