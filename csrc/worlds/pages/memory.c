/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocators of the world "pages", which know for every object whether it is
 * live or freed, its kind and the VM that it belongs to.
 *
 * Objects are handed out zeroed, as by the kernel's caches.  A freed one is
 * filled with a pattern and is handed out again only when nothing else is left,
 * so that stale pointers to it are detected.  Before each array is a page that
 * nobody may touch: an index below 0 faults.  Descriptors come from
 * harness/descriptors.c.
 */
#include <string.h>
#include <sys/mman.h>
#include "memory_pool.h"

#define FREED_BYTE 0x6b

#define POOL(name, number, bytes)                                  \
	static uint8_t name##_memory[(size_t)(number) * (bytes)]   \
		__attribute__((aligned(4096)));                    \
	static uint8_t name##_state[number], name##_owner[number]; \
	static uint32_t name##_size[number];
POOL(spt, SPTS, 4096)
POOL(header, HEADERS, HEADER_SIZE)
POOL(small, SMALL_ARRAYS, GUARD + SMALL_SIZE)
POOL(large, LARGE_ARRAYS, GUARD + LARGE_SIZE)
POOL(huge, HUGE_ARRAYS, GUARD + HUGE_SIZE)

#define IN(name, number, bytes, guard)                             \
	{ .memory = name##_memory + (guard),                       \
	  .stride = (guard) + (bytes),                             \
	  .shift = ((guard) + (bytes)) & ((guard) + (bytes) - 1) ? \
			   0 :                                     \
			   __builtin_ctz((guard) + (bytes)),       \
	  .room = (bytes),                                         \
	  .objects = (number),                                     \
	  .state = name##_state,                                   \
	  .owner = name##_owner,                                   \
	  .size = name##_size }
struct pool pools[POOLS] = {
	[PAGES_SPT] = IN(spt, SPTS, 4096, 0),
	[PAGES_HEADER] = IN(header, HEADERS, HEADER_SIZE, 0),
	[SMALL] = IN(small, SMALL_ARRAYS, SMALL_SIZE, GUARD),
	[LARGE] = IN(large, LARGE_ARRAYS, LARGE_SIZE, GUARD),
	[HUGE] = IN(huge, HUGE_ARRAYS, HUGE_SIZE, GUARD),
};

static void __attribute__((constructor)) arrays_guard(void)
{
	for (unsigned int k = 0; k < POOLS; k++)
		for (uint32_t i = 0;
		     pools[k].stride > pools[k].room && i < pools[k].objects;
		     i++)
			mprotect(pools[k].memory + (size_t)i * pools[k].stride -
					 GUARD,
				 GUARD, PROT_NONE);
}

void *privates[SPTS];
uint32_t lives[SPTS], memory_world;
static uint32_t births;

static const char *const kind_names[POOLS] = {
	[PAGES_SPT] = "shadow page table",
	[PAGES_HEADER] = "shadow page's header",
	[PAGES_DESCRIPTOR] = "descriptor",
	[SMALL] = "array",
	[LARGE] = "array",
	[HUGE] = "array",
};

void memory_reset(void)
{
	memory_world++;
	descriptors_reset();
	for (unsigned int k = 0; k < POOLS; k++) {
		memset(pools[k].state, NEVER, pools[k].fresh);
		pools[k].fresh = pools[k].freed = pools[k].oldest = 0;
	}
}

static uint32_t index_in(const struct pool *pool, const void *address)
{
	size_t offset = (size_t)((const uint8_t *)address - pool->memory);

	if ((const uint8_t *)address < pool->memory ||
	    offset >= (size_t)pool->fresh * pool->stride)
		return NOWHERE;
	return (uint32_t)(pool->shift ? offset >> pool->shift :
					offset / pool->stride);
}

/* Only an object's own address, not one inside it. */
static uint32_t start_in(const struct pool *pool, const void *address)
{
	uint32_t i = index_in(pool, address);

	if (i == NOWHERE || address != pool->memory + (size_t)i * pool->stride)
		return NOWHERE;
	return i;
}

static void check_pattern(unsigned int k, uint32_t i)
{
	const struct pool *pool = &pools[k];
	const uint8_t *object = pool->memory + (size_t)i * pool->stride;

	/* All bytes are the same, so each must be as the one before. */
	if (object[0] == FREED_BYTE &&
	    !memcmp(object, object + 1, pool->size[i] - 1))
		return;
	for (uint32_t n = 0; n < pool->size[i]; n++) {
		if (object[n] == FREED_BYTE)
			continue;
		finding(PYFUZZ_USE_AFTER_FREE, sequence.function, 0,
			"a freed %s of vm%u was written to at byte %u",
			kind_names[k], pool->owner[i], n);
		return;
	}
}

/* Zero pages, given to it as they are touched; nobody may touch a freed one. */
static void huge_array(void *object, bool live)
{
	madvise(object, HUGE_SIZE, MADV_DONTNEED);
	mprotect(object, HUGE_SIZE, live ? PROT_READ | PROT_WRITE : PROT_NONE);
}

void *pages_alloc(enum pages_kind kind, unsigned int vm, size_t size)
{
	unsigned int k = kind != PAGES_ARRAY || size <= SMALL_SIZE ? kind :
			 size <= LARGE_SIZE			   ? LARGE :
								     HUGE;
	struct pool *pool = &pools[k];
	uint32_t i;
	void *object;

	if (kind == PAGES_DESCRIPTOR)
		return pyfuzz_descriptor_alloc(vm);
	if (size > pool->room)
		pyfuzz_on_bug(__FILE__, __LINE__, __func__, "object too large");
	if (pool->fresh < pool->objects) {
		i = pool->fresh++;
	} else {
		/* In this order, the one freed first comes first. */
		for (i = pool->oldest; pool->freed && pool->state[i] != FREED;)
			i = (i + 1) % pool->objects;
		if (!pool->freed)
			pyfuzz_on_bug(__FILE__, __LINE__, __func__,
				      "out of memory");
		if (k != HUGE)
			check_pattern(k, i);
		pool->freed--;
		pool->oldest = (i + 1) % pool->objects;
	}
	object = pool->memory + (size_t)i * pool->stride;
	pool->state[i] = LIVE;
	pool->owner[i] = (uint8_t)vm;
	pool->size[i] = (uint32_t)size;
	if (k == PAGES_SPT) {
		privates[i] = NULL;
		lives[i] = ++births;
	}
	if (k == HUGE)
		huge_array(object, true);
	else
		memset(object, 0, size);
	return object;
}

void pages_free(enum pages_kind kind, void *object)
{
	unsigned int k = kind;
	uint32_t i;

	if (kind == PAGES_DESCRIPTOR) {
		pyfuzz_descriptor_free(object);
		return;
	}
	i = start_in(&pools[k], object);
	while (i == NOWHERE && kind == PAGES_ARRAY && k < HUGE) {
		k = k == SMALL ? LARGE : HUGE;
		i = start_in(&pools[k], object);
	}
	if (i == NOWHERE || pools[k].state[i] != LIVE) {
		finding(PYFUZZ_DOUBLE_FREE, sequence.function, 0,
			i == NOWHERE ? "freed an address that is not a %s" :
				       "freed a %s that is already free",
			kind_names[k]);
		return;
	}
	pools[k].state[i] = FREED;
	pools[k].freed++;
	if (k == HUGE)
		huge_array(object, false);
	else
		memset(object, FREED_BYTE, pools[k].size[i]);
}

enum pages_kind pages_kind_of(const void *object)
{
	if (descriptor_is_live(object))
		return PAGES_DESCRIPTOR;
	for (unsigned int k = 0; k < POOLS; k++)
		if (pools[k].memory && start_in(&pools[k], object) != NOWHERE)
			return k >= LARGE ? PAGES_ARRAY : k;
	return PAGES_KINDS;
}

void pages_set_private(const void *table, void *value)
{
	uint32_t i = index_in(&pools[PAGES_SPT], table);

	if (i != NOWHERE)
		privates[i] = value;
}

void *pages_private(const void *table)
{
	uint32_t i = index_in(&pools[PAGES_SPT], table);

	/* Anything else has no struct page here: as fatal as in the kernel. */
	return i == NOWHERE ? NULL : privates[i];
}

void *pages_virtual(uint64_t physical)
{
	void *address = (void *)(uintptr_t)physical;

	return index_in(&pools[PAGES_SPT], address) == NOWHERE ? NULL : address;
}

bool pages_in_live_table(const void *address)
{
	uint32_t i = index_in(&pools[PAGES_SPT], address);

	return i != NOWHERE && pools[PAGES_SPT].state[i] == LIVE;
}

/* --- for the harness --- */

bool memory_is_live(enum pages_kind kind, const void *address)
{
	uint32_t i = start_in(&pools[kind], address);

	return i != NOWHERE && pools[kind].state[i] == LIVE;
}

uint32_t memory_tables(void)
{
	return pools[PAGES_SPT].fresh;
}

/* The number of the table that holds an SPTE, freed or not; or NOWHERE. */
uint32_t memory_table_of(const void *sptep)
{
	return (uintptr_t)sptep % 8 ? NOWHERE :
				      index_in(&pools[PAGES_SPT], sptep);
}

bool memory_table_live(uint32_t i)
{
	return pools[PAGES_SPT].state[i] == LIVE;
}

unsigned int memory_table_vm(uint32_t i)
{
	return pools[PAGES_SPT].owner[i];
}

uint32_t memory_table_life(uint32_t i)
{
	return lives[i];
}

const uint8_t *memory_touched(const void *array)
{
	static uint8_t touched[HUGE_SIZE / MEMORY_PAGE];
	uint32_t i = start_in(&pools[HUGE], array);

	if (i == NOWHERE || pools[HUGE].state[i] != LIVE ||
	    mincore(pools[HUGE].memory + (size_t)i * pools[HUGE].stride,
		    HUGE_SIZE, touched))
		return NULL;
	return touched;
}

/* The next live header of a VM from number *at on, NULL past the last. */
const void *memory_next_header(unsigned int vm, uint32_t *at)
{
	const struct pool *pool = &pools[PAGES_HEADER];

	for (; *at < pool->fresh; ++*at)
		if (pool->state[*at] == LIVE && pool->owner[*at] == vm)
			return pool->memory + (size_t)(*at)++ * pool->stride;
	return NULL;
}

uint32_t memory_live(unsigned int vm, enum pages_kind *kind)
{
	uint32_t n = descriptors_of(vm);

	*kind = PAGES_DESCRIPTOR;
	for (unsigned int k = 0; k < POOLS; k++)
		for (uint32_t i = 0; i < pools[k].fresh; i++)
			if (pools[k].state[i] == LIVE &&
			    pools[k].owner[i] == vm) {
				*kind = k >= LARGE ? PAGES_ARRAY : k;
				n++;
			}
	return n;
}

const char *memory_kind_name(enum pages_kind kind)
{
	return kind_names[kind];
}

/* Whether a freed object was written to. */
void memory_check_freed(void)
{
	descriptors_check_freed();
	for (unsigned int k = 0; k < HUGE; k++)
		for (uint32_t i = 0; pools[k].freed && i < pools[k].fresh; i++)
			if (pools[k].state[i] == FREED)
				check_pattern(k, i);
}

/* --- for canonical.c --- */

bool memory_object_at(const void *address, struct object *out)
{
	for (unsigned int k = 0; k < POOLS; k++) {
		uint32_t i;

		if (k == PAGES_DESCRIPTOR)
			continue;
		i = index_in(&pools[k], address);
		if (i == NOWHERE)
			continue;
		object_of(k, i, out);
		return true;
	}
	return false;
}

bool memory_next(uint32_t *at, struct object *out)
{
	for (unsigned int k = 0; k < POOLS; k++) {
		uint32_t before = numbers_before[k];

		if (k == PAGES_DESCRIPTOR || *at >= before + pools[k].objects)
			continue;
		while (*at < before + pools[k].fresh) {
			uint32_t i = (*at)++ - before;

			if (pools[k].state[i] != LIVE)
				continue;
			object_of(k, i, out);
			return true;
		}
		*at = before + pools[k].objects;
	}
	return false;
}
