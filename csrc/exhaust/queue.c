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

bool queue_put(const uint8_t *data, uint32_t size)
{
	if (!last || last->put + sizeof(size) + size > BLOCK) {
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
	memcpy(last->data + last->put, &size, sizeof(size));
	memcpy(last->data + last->put + sizeof(size), data, size);
	last->put += sizeof(size) + size;
	return true;
}

const uint8_t *queue_take(uint32_t *size)
{
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
	memcpy(size, first->data + first->taken, sizeof(*size));
	data = first->data + first->taken + sizeof(*size);
	first->taken += sizeof(*size) + *size;
	return data;
}

uint64_t queue_bytes(void)
{
	return blocks * sizeof(struct block);
}
