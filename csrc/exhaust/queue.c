/* SPDX-License-Identifier: GPL-2.0-only */
/* A chain of blocks, freed one by one when all of a block was taken. */
#include <stdlib.h>
#include <string.h>
#include "queue.h"

#define BLOCK (4U << 20)

struct block {
	struct block *next;
	uint32_t put, taken;
	uint8_t data[BLOCK];
};

static struct block *first, *last;
static uint64_t blocks;

void queue_begin(void)
{
	while (first) {
		struct block *next = first->next;

		free(first);
		first = next;
	}
	last = NULL;
	blocks = 0;
}

struct entry {
	uint32_t number, size;
};

bool queue_put(uint32_t number, const uint8_t *data, uint32_t size)
{
	struct entry entry = { number, size };

	if (!last || last->put + sizeof(entry) + size > BLOCK) {
		struct block *block = malloc(sizeof(*block));

		if (!block)
			return false;
		block->next = NULL;
		block->put = block->taken = 0;
		if (last)
			last->next = block;
		else
			first = block;
		last = block;
		blocks++;
	}
	memcpy(last->data + last->put, &entry, sizeof(entry));
	memcpy(last->data + last->put + sizeof(entry), data, size);
	last->put += sizeof(entry) + size;
	return true;
}

const uint8_t *queue_take(uint32_t *number, uint32_t *size)
{
	struct entry entry;
	const uint8_t *data;

	while (first && first->taken == first->put) {
		struct block *done = first;

		if (first == last) {
			first->taken = first->put = 0;
			return NULL;
		}
		first = first->next;
		free(done);
		blocks--;
	}
	if (!first)
		return NULL;
	memcpy(&entry, first->data + first->taken, sizeof(entry));
	data = first->data + first->taken + sizeof(entry);
	first->taken += sizeof(entry) + entry.size;
	*number = entry.number;
	*size = entry.size;
	return data;
}

uint64_t queue_bytes(void)
{
	return blocks * sizeof(struct block);
}
