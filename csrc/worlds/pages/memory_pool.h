/* SPDX-License-Identifier: GPL-2.0-only */
/* The pools of memory.c, which memory_saved.c saves and restores. */
#ifndef PYFUZZ_PAGES_MEMORY_POOL_H
#define PYFUZZ_PAGES_MEMORY_POOL_H

#include "world.h"

enum state { NEVER, LIVE, FREED };

struct pool {
	uint8_t *memory;
	uint32_t stride; /* from one object's start to the next one's */
	uint32_t shift; /* its logarithm; 0: none */
	uint32_t room; /* for an object */
	uint32_t objects;
	uint32_t fresh; /* places handed out in this world */
	uint32_t freed; /* freed places, waiting */
	uint32_t oldest; /* where to start looking for one */
	uint8_t *state;
	uint8_t *owner;
	uint32_t *size;
};

#define SPTS 512
#define HEADERS 512
#define SMALL_ARRAYS 512
#define LARGE_ARRAYS 96
#define HEADER_SIZE 512
#define SMALL_SIZE 4096
#define LARGE_SIZE 61440
/* Arrays of the slot of 1G: most of one is never touched. */
#define HUGE_ARRAYS 12
#define HUGE_SIZE (2U << 20)
#define GUARD 4096

enum { SMALL = PAGES_ARRAY, LARGE = PAGES_KINDS, HUGE, POOLS };
extern struct pool pools[POOLS];
extern void *privates[SPTS];
extern uint32_t lives[SPTS];

/* Objects in the pools before one: its number is this and its place. */
static const uint32_t numbers_before[POOLS] = {
	[PAGES_SPT] = 0,
	[PAGES_HEADER] = SPTS,
	[SMALL] = SPTS + HEADERS,
	[LARGE] = SPTS + HEADERS + SMALL_ARRAYS,
	[HUGE] = SPTS + HEADERS + SMALL_ARRAYS + LARGE_ARRAYS,
};

static inline uint8_t *object_address(const struct pool *pool, uint32_t i)
{
	return pool->memory + (size_t)i * pool->stride;
}

static inline void object_of(unsigned int k, uint32_t i, struct object *out)
{
	const struct pool *pool = &pools[k];

	*out = (struct object){
		.address = object_address(pool, i),
		.size = pool->size[i],
		.number = numbers_before[k] + i,
		.kind = (uint8_t)(k >= LARGE ? PAGES_ARRAY : k),
		.owner = pool->owner[i],
		.live = pool->state[i] == LIVE,
	};
}

/* Another number for each world. */
extern uint32_t memory_world;

#endif
